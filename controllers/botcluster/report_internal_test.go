package botcluster

import (
	"errors"
	"net/netip"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/apply"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
	"github.com/generalbots/botcluster-operator/controllers/provider"
)

// told is a condition of a status as "status reason: message", or "absent".
func told(bc *v1alpha1.BotCluster, kind string) string {
	condition := meta.FindStatusCondition(bc.Status.Conditions, kind)
	if condition == nil {
		return "absent"
	}
	return string(condition.Status) + " " + condition.Reason + ": " + condition.Message
}

// expectCoherent asserts that people, kubectl and kstatus read one story.
func expectCoherent(bc *v1alpha1.BotCluster) {
	GinkgoHelper()
	Expect(Conditions.Lint(bc.Status.Conditions, bc.Generation, bc.Status.ObservedGeneration)).To(BeEmpty())
}

var _ = Describe("The status", func() {
	It("says first that nothing is known", func() {
		bc := crew()
		greet(bc)
		Expect(bc.Status.ObservedGeneration).To(Equal(int64(generation)))
		Expect(bc.Status.Selector).To(Equal("scaling.generalbots.dev/botcluster=crew,scaling.generalbots.dev/tier=bot"))
		Expect(told(bc, v1alpha1.ConditionReady)).To(Equal("Unknown NotObserved: it was not looked at yet"))
		Expect(told(bc, v1alpha1.ConditionReconciling)).To(Equal("True Progressing: the operator has seen it and begins"))
		expectCoherent(bc)
	})

	It("is ready when all serves, and says so in a sentence", func() {
		bc := crew()
		served(3, 2).fill(bc)
		Expect(told(bc, v1alpha1.ConditionReady)).To(Equal("True Ready: 3 of 3 bots serve"))
		Expect(bc.Status.ObservedGeneration).To(Equal(int64(generation)))
		expectCoherent(bc)
	})

	DescribeTable("is not ready", func(alter change, expected string) {
		r, bc := served(3, 2), crew()
		alter(r, bc)
		r.fill(bc)
		Expect(told(bc, v1alpha1.ConditionReady)).To(Equal(expected))
		expectCoherent(bc)
	},
		Entry("while a bot is missing", func(r *report, _ *v1alpha1.BotCluster) { r.botIs(1, plan.PhaseAbsent, "").Instance = nil },
			"False Progressing: 2 of 3 bots serve; crew-bot-1 is absent"),
		Entry("while an edge is missing", func(r *report, _ *v1alpha1.BotCluster) { r.assessment("crew-edge-1").Phase = plan.PhaseBooting },
			"False Progressing: 1 of 2 edges serve; crew-edge-1 is booting"),
		Entry("while the server is away", func(r *report, _ *v1alpha1.BotCluster) {
			unseen(r, failure(provider.Transient, v1alpha1.ReasonServerUnreachable))
		}, "False ServerUnreachable: a sentence about ServerUnreachable"),
		Entry("while Incus refuses a limit, though all serve", func(r *report, _ *v1alpha1.BotCluster) {
			took(r, plan.VerbChange, "crew-bot-1", failure(provider.Terminal, v1alpha1.ReasonInvalidRequest))
		}, "False InvalidRequest: a sentence about InvalidRequest"),
		Entry("while a bot cannot be read", func(r *report, _ *v1alpha1.BotCluster) { r.botIs(1, plan.PhaseUnknown, "away") },
			"Unknown NotObserved: 2 of 3 bots serve; crew-bot-1 is unknown (away)"),
	)

	It("is ready while it is changed and while surplus leaves: it serves all that is asked for", func() {
		r, bc := served(3, 2), crew()
		r.botIs(3, plan.PhaseDraining, "").Wanted = false
		r.fill(bc)
		Expect(told(bc, v1alpha1.ConditionReady)).To(Equal("True Ready: 2 of 2 bots serve"))
		Expect(told(bc, v1alpha1.ConditionReconciling)).To(Equal("True Progressing: 1 instance on the way out"))
		expectCoherent(bc)
	})

	It("counts each tier", func() {
		r, bc := served(5, 1), crew()
		r.seen.blueprint.Tiers[1].Replicas = 4
		r.botIs(1, plan.PhaseAbsent, "").Instance = nil
		r.botIs(2, plan.PhaseConflict, "")
		r.bot(3).Outdated = true
		r.botIs(4, plan.PhaseUnknown, "")
		surplus := r.botIs(5, plan.PhaseDraining, "")
		surplus.Wanted, surplus.Instance.DrainingSince = false, time.Unix(1, 0)
		r.fill(bc)
		Expect(bc.Status.Tiers).To(Equal([]v1alpha1.TierStatus{
			{Name: "edge", Desired: 1, Current: 1, Ready: 1, Updated: 1},
			{Name: "bot", Desired: 4, Current: 3, Ready: 1, Updated: 1, Draining: 1},
		}))
		Expect(bc.Status.Replicas).To(Equal(int32(3)))
		Expect(bc.Status.ReadyReplicas).To(Equal(int32(1)))
	})

	It("lists the instances that are there", func() {
		r, bc := served(2, 1), crew()
		r.botIs(1, plan.PhaseAbsent, "").Instance = nil
		r.botIs(2, plan.PhaseUnhealthy, "answered 500").Instance.Location = "north"
		r.assessment("crew-edge-1").Instance.Address = netip.Addr{}
		r.fill(bc)
		Expect(bc.Status.Instances).To(Equal([]v1alpha1.InstanceStatus{
			{Name: "crew-edge-1", Tier: "edge", Ordinal: 1, Phase: "Ready"},
			{Name: "crew-bot-2", Tier: "bot", Ordinal: 2, Phase: "Unhealthy", Message: "answered 500", Address: "10.0.0.2", Location: "north"},
		}))
	})

	It("tells since when bots drain and what they have left, and which circuits are open", func() {
		r, bc := served(4, 1), crew()
		since := time.Date(2026, time.March, 1, 12, 0, 0, 999, time.UTC)
		r.botIs(1, plan.PhaseDraining, "").Drain = &plan.Drain{Since: since, InFlight: 3, Known: true}
		r.bot(1).Wanted, r.bot(1).Instance.DrainingSince = false, since
		r.drainByHand(2, plan.PhaseDrained)
		r.drainByHand(3, plan.PhaseDraining).Drain = &plan.Drain{ByHand: true, Since: since}
		r.bot(4).Circuits = []plan.Circuit{{Route: "api", Edge: "a"}, {Route: "api", Edge: "b"}, {Route: "chat", Edge: "a"}}
		r.fill(bc)
		second := metav1.NewTime(since.Truncate(time.Second))
		Expect(bc.Status.Instances[1:]).To(Equal([]v1alpha1.InstanceStatus{
			{Name: "crew-bot-1", Tier: "bot", Ordinal: 1, Phase: "Draining", Address: "10.0.0.1", DrainingSince: &second, InFlight: new(int64(3))},
			{Name: "crew-bot-2", Tier: "bot", Ordinal: 2, Phase: "Drained", Address: "10.0.0.2", DrainedByHand: true, InFlight: new(int64(0))},
			{Name: "crew-bot-3", Tier: "bot", Ordinal: 3, Phase: "Draining", Address: "10.0.0.3", DrainedByHand: true, DrainingSince: &second},
			{Name: "crew-bot-4", Tier: "bot", Ordinal: 4, Phase: "Ready", Address: "10.0.0.4", OpenCircuits: []string{"api", "chat"}},
		}))
		Expect(bc.Status.Tiers[1]).To(Equal(v1alpha1.TierStatus{Name: "bot", Desired: 4, Current: 4, Ready: 1, Updated: 4, Draining: 3}))
		Expect(told(bc, v1alpha1.ConditionReady)).To(Equal("True Ready: 1 of 3 bots serve, 2 drained by hand"))
	})

	DescribeTable("says that the annotation names a bot, whatever becomes of the bot", func(alter func(*plan.Assessment)) {
		r, bc := served(2, 1), crew()
		r.drainByHand(1, plan.PhaseDrained)
		r.fill(bc)
		before, recorder := bc.DeepCopy(), &recorder{}
		alter(r.bot(1))
		r.fill(bc)
		Expect(bc.Status.Instances[1].DrainedByHand).To(BeTrue())
		(&Reconciler{Options: Options{Recorder: recorder}}).announceBots(before, bc)
		Expect(recorder.events).To(BeEmpty())
	},
		Entry("it leaves to be replaced", func(a *plan.Assessment) {
			a.Phase, a.Instance.DrainingSince = plan.PhaseDraining, time.Unix(1, 0)
		}),
		Entry("it cannot be read", func(a *plan.Assessment) { a.Phase, a.Drain = plan.PhaseUnknown, nil }),
		Entry("it stops", func(a *plan.Assessment) { a.Phase = plan.PhaseStopped }),
	)

	Describe("of a bot that was drained by hand", func() {
		var (
			r     *report
			bc    *v1alpha1.BotCluster
			since = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
		)
		BeforeEach(func() {
			r, bc = served(2, 2), crew()
			r.drainByHand(1, plan.PhaseDrained).Drain.Since = since
			r.fill(bc)
		})

		DescribeTable("stays the same while it is, so that nothing is written or told", func(alter func(*plan.Drain)) {
			before, recorder := bc.DeepCopy(), &recorder{}
			for range 3 {
				r.bot(1).Phase = plan.PhaseDraining
				alter(r.bot(1).Drain)
				r.fill(bc)
				Expect(bc.Status).To(Equal(before.Status))
				r.bot(1).Phase = plan.PhaseDrained
				r.fill(bc)
				Expect(bc.Status).To(Equal(before.Status))
			}
			(&Reconciler{Options: Options{Recorder: recorder}}).announceBots(before, bc)
			Expect(recorder.events).To(BeEmpty())
		},
			Entry("clients come with its cookie", func(d *plan.Drain) { d.InFlight = 1 }),
			Entry("the clock of the edges is finer than the status", func(d *plan.Drain) { d.Since = since.Add(time.Millisecond) }),
		)

		It("keeps its last figures while an edge cannot be asked", func() {
			r.edgeSays(2, errOdd)
			bot := r.botIs(1, plan.PhaseDraining, "")
			bot.Drain.Known, bot.Drain.Since = false, time.Time{}
			r.fill(bc)
			Expect(bc.Status.Instances[2]).To(And(
				HaveField("Phase", "Drained"), HaveField("DrainingSince", HaveValue(Equal(metav1.NewTime(since)))), HaveField("InFlight", BeNil())))
		})

		DescribeTable("is told anew when it is another drain", func(alter func()) {
			r.botIs(1, plan.PhaseDraining, "").Drain.InFlight = 2
			alter()
			r.fill(bc)
			Expect(bc.Status.Instances[2]).To(And(HaveField("Phase", string(r.bot(1).Phase)), HaveField("InFlight", HaveValue(Equal(int64(2))))))
		},
			Entry("an edge gave it something new", func() { r.bot(1).Drain.Quiet = false }),
			Entry("it began later", func() { r.bot(1).Drain.Since = since.Add(time.Second) }),
			Entry("it leaves now", func() { r.bot(1).Instance.DrainingSince = since }),
			Entry("it was not over before", func() { bc.Status.Instances[2].Phase = "Draining" }),
			Entry("it was made anew", func() { bc.Status.Instances = nil }),
		)
	})

	It("keeps open circuits while an edge cannot be asked, and only then", func() {
		bc := crew()
		open := func(route string) *report {
			r := served(1, 2)
			r.bot(1).Circuits = []plan.Circuit{{Route: route, Edge: "crew-edge-1"}}
			return r
		}
		open("chat").fill(bc)
		silent := open("api")
		silent.edgeSays(2, errOdd)
		silent.fill(bc)
		Expect(bc.Status.Instances[2].OpenCircuits).To(Equal([]string{"api", "chat"}))
		Expect(told(bc, v1alpha1.ConditionDegraded)).To(Equal("True CircuitOpen: too many requests failed, so their circuit is open: " +
			"crew-bot-1 for the route api at crew-edge-1; " +
			"an edge cannot be asked, so it is not known whether circuits are still open: crew-bot-1 for the route chat"))
		served(1, 2).fill(bc)
		Expect(bc.Status.Instances[2].OpenCircuits).To(BeEmpty())
		Expect(told(bc, v1alpha1.ConditionDegraded)).To(Equal("False AsDeclared: nothing that exists is impaired"))
	})

	DescribeTable("does not say that nothing is impaired while an edge that may keep a circuit open is unheard", func(hide func(*report)) {
		open, bc := served(5, 2), crew()
		for bot := 1; bot <= 5; bot++ {
			open.bot(bot).Circuits = []plan.Circuit{{Route: "api", Edge: "crew-edge-2"}}
		}
		open.fill(bc)
		before, recorder := bc.DeepCopy(), &recorder{}
		unheard := served(5, 2)
		hide(unheard)
		for range 2 {
			unheard.fill(bc)
			Expect(told(bc, v1alpha1.ConditionDegraded)).To(Equal("Unknown NotObserved: an edge cannot be asked, so it is not known whether " +
				"circuits are still open: crew-bot-1 for the route api, crew-bot-2 for the route api, crew-bot-3 for the route api, 2 more"))
			expectCoherent(bc)
		}
		(&Reconciler{Options: Options{Recorder: recorder}}).announceBots(before, bc)
		Expect(recorder.events).To(BeEmpty())
	},
		Entry("it does not answer", func(r *report) { r.edgeSays(2, errOdd) }),
		Entry("it cannot be read", func(r *report) {
			delete(r.seen.Edges, "crew-edge-2")
			r.seen.Inventory.Instances = []model.Instance{{Name: "crew-edge-2", Tier: model.TierEdge, State: model.StateUnknown}}
		}),
	)

	It("lists no more instances than fit, and counts them all", func() {
		r, bc := served(v1alpha1.MaxStatusInstances+10, 1), crew()
		r.fill(bc)
		Expect(bc.Status.Instances).To(HaveLen(v1alpha1.MaxStatusInstances))
		Expect(bc.Status.ReadyReplicas).To(Equal(int32(v1alpha1.MaxStatusInstances + 10)))
	})

	It("keeps the last figures while nothing can be seen", func() {
		bc := crew()
		served(3, 1).fill(bc)
		before := bc.Status.DeepCopy()
		r := served(3, 1)
		unseen(r, failure(provider.Transient, v1alpha1.ReasonServerUnreachable))
		r.fill(bc)
		Expect(bc.Status.Tiers).To(Equal(before.Tiers))
		Expect(bc.Status.Instances).To(Equal(before.Instances))
		Expect(bc.Status.URLs).To(Equal(before.URLs))
		Expect(bc.Status.ReadyReplicas).To(Equal(int32(3)))
		Expect(told(bc, v1alpha1.ConditionBotsReady)).To(HavePrefix("Unknown WaitingForIncus"))
		expectCoherent(bc)
	})

	It("says where the edges answer that have an address", func() {
		r, bc := served(1, 3), crew()
		bc.Spec.Edge.Instances = 2
		r.assessment("crew-edge-2").Instance.Address = netip.Addr{}
		r.assessment("crew-edge-3").Wanted = false
		r.fill(bc)
		Expect(bc.Status.URLs).To(Equal([]string{"http://10.0.0.101"}))
	})

	It("is the same for the same observation", func() {
		first, second := crew(), crew()
		r := served(3, 2)
		r.botIs(2, plan.PhaseUnhealthy, "answered 500")
		r.fill(first)
		second.Status.Conditions = append(second.Status.Conditions, first.Status.Conditions...)
		r.fill(second)
		Expect(second.Status).To(Equal(first.Status))
	})
})

var _ = Describe("The next pass", func() {
	DescribeTable("is made", func(alter change, after time.Duration) {
		r, bc := served(3, 2), crew()
		alter(r, bc)
		result, err := r.result()
		Expect(err).NotTo(HaveOccurred())
		Expect(result.RequeueAfter).To(Equal(after))
	},
		Entry("now and then, when there is nothing to do", unchanged, 10*time.Second),
		Entry("sooner, when somebody has to act", func(r *report, _ *v1alpha1.BotCluster) {
			r.seen.FactsErr = failure(provider.Terminal, v1alpha1.ReasonImageNotFound)
		}, 5*time.Second),
		Entry("sooner, when a name is taken", func(r *report, _ *v1alpha1.BotCluster) { r.botIs(1, plan.PhaseConflict, "") }, 5*time.Second),
		Entry("soon, when something was begun", func(r *report, _ *v1alpha1.BotCluster) { took(r, plan.VerbStart, "crew-bot-1", nil) },
			time.Second),
		Entry("not soon, when all that was tried was refused", func(r *report, _ *v1alpha1.BotCluster) {
			took(r, plan.VerbChange, "crew-bot-1", failure(provider.Terminal, v1alpha1.ReasonInvalidRequest))
			r.results = append(r.results, apply.Result{Skipped: true})
		}, 5*time.Second),
		Entry("soon, when one thing was begun and another refused", func(r *report, _ *v1alpha1.BotCluster) {
			took(r, plan.VerbStart, "crew-bot-2", nil)
			took(r, plan.VerbChange, "crew-bot-1", failure(provider.Terminal, v1alpha1.ReasonInvalidRequest))
		}, time.Second),
		Entry("soon, when Incus asked to wait", func(r *report, _ *v1alpha1.BotCluster) {
			took(r, plan.VerbStart, "crew-bot-1", failure(provider.Waiting, ""))
		}, time.Second),
		Entry("not soon, when only the key of the cookies is missing and may not be made", func(r *report, _ *v1alpha1.BotCluster) {
			r.seen.EdgeSecretsErr, r.seen.KeyMissing = failure(provider.Waiting, ""), true
		}, 10*time.Second),
		Entry("sooner, when somebody has to act on a Secret of the edges", func(r *report, _ *v1alpha1.BotCluster) {
			r.seen.EdgeSecretsErr = failure(provider.Terminal, v1alpha1.ReasonSecretNotFound)
		}, 5*time.Second),
		Entry("soon, when something changed meanwhile", func(r *report, _ *v1alpha1.BotCluster) {
			took(r, plan.VerbChange, "crew-bot-1", failure(provider.Conflict, ""))
		}, time.Second),
		Entry("soon, when the instances are still being read", func(r *report, _ *v1alpha1.BotCluster) {
			unseen(r, failure(provider.Waiting, ""))
		}, time.Second),
		Entry("when the plan asks for it", func(r *report, _ *v1alpha1.BotCluster) { r.plan.Recheck = 150 * time.Millisecond },
			150*time.Millisecond),
		Entry("when the plan asks for it, also when something was begun", func(r *report, _ *v1alpha1.BotCluster) {
			took(r, plan.VerbStart, "crew-bot-1", nil)
			r.plan.Recheck = 150 * time.Millisecond
		}, 150*time.Millisecond),
		Entry("not later than now and then, whatever the plan asks for", func(r *report, _ *v1alpha1.BotCluster) { r.plan.Recheck = time.Hour },
			10*time.Second),
	)

	DescribeTable("is left to the queue's back-off after an error that passes by itself", func(alter change) {
		r, bc := served(3, 2), crew()
		r.plan.Recheck = time.Millisecond
		alter(r, bc)
		result, err := r.result()
		Expect(err).To(MatchError(errOdd))
		Expect(result).To(BeZero())
	},
		Entry("of the identity", func(r *report, _ *v1alpha1.BotCluster) { r.seen.hostErr = errOdd }),
		Entry("of the facts", func(r *report, _ *v1alpha1.BotCluster) { r.seen.FactsErr = errOdd }),
		Entry("of the inventory", func(r *report, _ *v1alpha1.BotCluster) { unseen(r, errOdd) }),
		Entry("of the Secrets", func(r *report, _ *v1alpha1.BotCluster) { r.seen.SecretsErr = errOdd }),
		Entry("of a step", func(r *report, _ *v1alpha1.BotCluster) { took(r, plan.VerbStart, "crew-bot-1", errOdd) }),
		Entry("also when somebody has to act as well", func(r *report, _ *v1alpha1.BotCluster) {
			r.seen.FactsErr = failure(provider.Terminal, v1alpha1.ReasonImageNotFound)
			took(r, plan.VerbStart, "crew-bot-1", errOdd)
		}),
	)

	It("does not wait for the queue because an edge is silent: that is looked at as the plan says", func() {
		r := served(1, 1)
		r.edgeSays(1, errors.New("silent"))
		r.plan.Recheck = 150 * time.Millisecond
		result, err := r.result()
		Expect(err).NotTo(HaveOccurred())
		Expect(result.RequeueAfter).To(Equal(150 * time.Millisecond))
	})
})

// parting is a report in which all are to go.
func parting(bots, edges int) *report {
	r := served(bots, edges)
	for i := range r.plan.Assessments {
		r.plan.Assessments[i].Wanted = false
	}
	for i := range r.seen.blueprint.Tiers {
		r.seen.blueprint.Tiers[i].Replicas = 0
	}
	return r
}

var _ = Describe("The status of a deletion", func() {
	DescribeTable("says what is left", func(alter change, reconciling, stalled string) {
		r, bc := parting(2, 1), crew()
		bc.Spec.DeletionPolicy = v1alpha1.DeletionPolicyRetain
		alter(r, bc)
		r.fillDeleting(bc)
		Expect(told(bc, v1alpha1.ConditionReconciling)).To(Equal(reconciling))
		Expect(told(bc, v1alpha1.ConditionStalled)).To(Equal(stalled))
		Expect(told(bc, v1alpha1.ConditionReady)).To(HavePrefix("False "))
		expectCoherent(bc)
	},
		Entry("instances", unchanged, "True Deleting: 3 instances to go", "absent"),
		Entry("one instance", func(r *report, _ *v1alpha1.BotCluster) { *r = *parting(1, 0) }, "True Deleting: 1 instance to go", "absent"),
		Entry("more instances than are listed", func(r *report, _ *v1alpha1.BotCluster) { *r = *parting(300, 1) },
			"True Deleting: 301 instances to go", "absent"),
		Entry("data volumes", func(r *report, bc *v1alpha1.BotCluster) {
			*r, bc.Spec.DeletionPolicy = *parting(0, 0), v1alpha1.DeletionPolicyDelete
		}, "True Deleting: 0 instances and the data volumes to go", "absent"),
		Entry("an instance that cannot be read, and what to do", func(r *report, _ *v1alpha1.BotCluster) {
			r.botIs(2, plan.PhaseUnknown, "its member is away")
		}, "True Deleting: 3 instances to go; crew-bot-2: its member is away; "+abandonHint, "absent"),
		Entry("the server does not answer, and what to do", func(r *report, _ *v1alpha1.BotCluster) {
			unseen(r, failure(provider.Transient, v1alpha1.ReasonServerUnreachable))
		}, "absent", "True ServerUnreachable: a sentence about ServerUnreachable; "+abandonHint),
		Entry("the server answers oddly, and what to do", func(r *report, _ *v1alpha1.BotCluster) { unseen(r, errOdd) },
			"absent", "True Retrying: the Incus server does not answer; "+abandonHint),
		Entry("the Secret is missing, and what to do", func(r *report, _ *v1alpha1.BotCluster) {
			r.seen.hostErr = failure(provider.Terminal, v1alpha1.ReasonSecretNotFound)
			unseen(r, r.seen.hostErr)
		}, "absent", "True SecretNotFound: a sentence about SecretNotFound; "+abandonHint),
		Entry("a step was refused, and what to do", func(r *report, _ *v1alpha1.BotCluster) {
			took(r, plan.VerbDelete, "crew-bot-1", failure(provider.Terminal, v1alpha1.ReasonNotAuthorized))
		}, "absent", "True NotAuthorized: a sentence about NotAuthorized; "+abandonHint),
		Entry("instances, also while suspended", func(_ *report, bc *v1alpha1.BotCluster) { bc.Spec.Suspend = true },
			"True Deleting: 3 instances to go", "absent"),
	)

	It("counts what is left, and names no address any more", func() {
		r, bc := parting(2, 1), crew()
		bc.Status.URLs = []string{"http://10.0.0.101"}
		r.fillDeleting(bc)
		Expect(bc.Status.URLs).To(BeEmpty())
		Expect(bc.Status.Replicas).To(Equal(int32(2)))
		Expect(bc.Status.ReadyReplicas).To(BeZero())
		Expect(bc.Status.Instances).To(HaveLen(3))
	})

	It("names the annotation that breaks the glass", func() {
		Expect(abandonHint).To(And(ContainSubstring("kubectl annotate"), ContainSubstring(v1alpha1.AnnotationAbandon+"=true")))
	})
})

var _ = Describe("The status of anything whatever", func() {
	It("is coherent, steady, and tells no time and no text of an error that is not ours", func() {
		for seed := range uint64(400) {
			bc, again := crew(), crew()
			randomReport(seed, bc).fill(bc)
			expectCoherent(bc)
			randomReport(seed, again).fill(again)
			Expect(sentences(again)).To(Equal(sentences(bc)))
			for _, sentence := range sentences(bc) {
				Expect(sentence).NotTo(Or(ContainSubstring("2026"), ContainSubstring("43210"), BeEmpty()))
			}
			randomReport(seed, bc).fillDeleting(bc)
			expectCoherent(bc)
		}
	})
})

// sentences are the messages of the conditions.
func sentences(bc *v1alpha1.BotCluster) []string {
	var out []string
	for _, condition := range bc.Status.Conditions {
		out = append(out, condition.Message)
	}
	return out
}

var _ = Describe("The conditions", func() {
	It("are declared once each, and what blocks is abnormal", func() {
		all := append([]string{Conditions.Ready}, append(append(Conditions.Parts, Conditions.Abnormal...), Conditions.Others...)...)
		seen := map[string]bool{}
		for _, kind := range all {
			Expect(seen).NotTo(HaveKey(kind))
			seen[kind] = true
		}
		Expect(Conditions.Abnormal).To(ContainElements(Conditions.Blocking))
	})

	It("keep the time of a transition when only the message changes", func() {
		bc := crew()
		r := served(3, 1)
		r.botIs(1, plan.PhaseStarting, "")
		r.fill(bc)
		for i := range bc.Status.Conditions {
			bc.Status.Conditions[i].LastTransitionTime = metav1.NewTime(time.Unix(1, 0))
		}
		r.botIs(1, plan.PhaseBooting, "")
		r.fill(bc)
		ready := meta.FindStatusCondition(bc.Status.Conditions, v1alpha1.ConditionReady)
		Expect(ready.Message).To(ContainSubstring("booting"))
		Expect(ready.LastTransitionTime.Unix()).To(Equal(int64(1)))
	})
})
