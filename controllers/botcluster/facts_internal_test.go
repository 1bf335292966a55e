package botcluster

import (
	"errors"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
	"github.com/generalbots/botcluster-operator/controllers/provider"
)

var errOdd = errors.New("read tcp 10.0.0.1:43210: odd")

// change is what an entry does to a calm pass over three bots and two edges.
type change = func(*report, *v1alpha1.BotCluster)

func unchanged(*report, *v1alpha1.BotCluster) {}

// expectFact makes the body of a table about one condition.
func expectFact(kind string) func(change, string) {
	return func(alter change, expected string) {
		r, bc := served(3, 2), crew()
		alter(r, bc)
		Expect(saidOf(r.facts(bc), kind)).To(Equal(expected))
	}
}

var _ = Describe("What is said", func() {
	DescribeTable("of the Incus server", expectFact(v1alpha1.ConditionIncusReady),
		Entry("all is there", unchanged, "True Ready: the Incus server has what the spec names"),
		Entry("no identity", func(r *report, _ *v1alpha1.BotCluster) {
			r.seen.hostErr = failure(provider.Terminal, v1alpha1.ReasonIdentityInvalid)
			unseen(r, r.seen.hostErr)
			r.seen.FactsErr = r.seen.hostErr
		}, "False IdentityInvalid: a sentence about IdentityInvalid"),
		Entry("something that the spec names is missing", func(r *report, _ *v1alpha1.BotCluster) {
			r.seen.FactsErr = failure(provider.Terminal, v1alpha1.ReasonImageNotFound)
		}, "False ImageNotFound: a sentence about ImageNotFound"),
		Entry("it does not answer", func(r *report, _ *v1alpha1.BotCluster) {
			unseen(r, failure(provider.Transient, v1alpha1.ReasonServerUnreachable))
		}, "False ServerUnreachable: a sentence about ServerUnreachable"),
		Entry("it answers oddly: the text of an error that is not ours is not told", func(r *report, _ *v1alpha1.BotCluster) {
			r.seen.FactsErr = errOdd
		}, "False Retrying: the Incus server gave an answer that was not understood; it is asked again"),
		Entry("the Secrets of the bots are none of its business", func(r *report, _ *v1alpha1.BotCluster) {
			r.seen.SecretsErr = failure(provider.Terminal, v1alpha1.ReasonSecretNotFound)
		}, "True Ready: the Incus server has what the spec names"),
	)

	DescribeTable("of the bots", expectFact(v1alpha1.ConditionBotsReady),
		Entry("all serve", unchanged, "True Ready: 3 of 3 bots serve"),
		Entry("a single one", func(r *report, _ *v1alpha1.BotCluster) { *r = *served(1, 1) }, "True Ready: 1 of 1 bot serves"),
		Entry("none are wanted", func(r *report, _ *v1alpha1.BotCluster) { *r = *served(0, 1) }, "True Ready: 0 of 0 bots serve"),
		Entry("surplus ones do not count", func(r *report, _ *v1alpha1.BotCluster) {
			r.botIs(3, plan.PhaseDraining, "").Wanted = false
		}, "True Ready: 2 of 2 bots serve"),
		Entry("one boots", func(r *report, _ *v1alpha1.BotCluster) { r.botIs(2, plan.PhaseBooting, "") },
			"False Progressing: 2 of 3 bots serve; crew-bot-2 is booting"),
		Entry("one is made that will take the place of another", func(r *report, _ *v1alpha1.BotCluster) {
			newcomer := ready(model.TierBot, 4)
			newcomer.Phase = plan.PhaseBooting
			r.plan.Assessments = append(r.plan.Assessments, newcomer)
		}, "False Progressing: 3 of 3 bots serve; crew-bot-4 is booting"),
		Entry("one serves that will take the place of another", func(r *report, _ *v1alpha1.BotCluster) {
			r.plan.Assessments = append(r.plan.Assessments, ready(model.TierBot, 4))
			r.bot(1).Outdated = true
		}, "False Progressing: 3 of 3 bots serve; 3 up to date"),
		Entry("one waits frozen, which is nothing to wait for", func(r *report, _ *v1alpha1.BotCluster) {
			standby := ready(model.TierBot, 4)
			standby.Phase, standby.Standby = plan.PhaseStandby, true
			r.plan.Assessments = append(r.plan.Assessments, standby)
		}, "True Ready: 3 of 3 bots serve"),
		Entry("one is of an older template", func(r *report, _ *v1alpha1.BotCluster) { r.bot(2).Outdated = true },
			"False Progressing: 3 of 3 bots serve; 2 up to date"),
		Entry("a name is taken", func(r *report, _ *v1alpha1.BotCluster) { r.botIs(2, plan.PhaseConflict, "it is not ours") },
			"False NameConflict: 2 of 3 bots serve; crew-bot-2 is conflict (it is not ours)"),
		Entry("an operation failed", func(r *report, _ *v1alpha1.BotCluster) {
			bot := r.botIs(2, plan.PhaseAbsent, "create failed: no room")
			bot.Instance, bot.Failure = nil, model.Failure{Operation: "create", Count: 2}
		}, "False OperationFailed: 2 of 3 bots serve; crew-bot-2 is absent (create failed: no room)"),
		Entry("an operation failed once upon a time, and all serve", func(r *report, _ *v1alpha1.BotCluster) {
			r.bot(2).Failure = model.Failure{Operation: "update", Count: 1}
		}, "True Ready: 3 of 3 bots serve"),
		Entry("one has no address", func(r *report, _ *v1alpha1.BotCluster) { r.botIs(2, plan.PhaseBooting, "no lease").NoAddress = true },
			"False NoAddress: 2 of 3 bots serve; crew-bot-2 is booting (no lease)"),
		Entry("one is unhealthy", func(r *report, _ *v1alpha1.BotCluster) { r.botIs(2, plan.PhaseUnhealthy, "answered 500") },
			"False BotsUnhealthy: 2 of 3 bots serve; crew-bot-2 is unhealthy (answered 500)"),
		Entry("one is degraded", func(r *report, _ *v1alpha1.BotCluster) { r.botIs(2, plan.PhaseDegraded, "no database") },
			"False BotsDegraded: 2 of 3 bots serve; crew-bot-2 is degraded (no database)"),
		Entry("one cannot be read", func(r *report, _ *v1alpha1.BotCluster) { r.botIs(2, plan.PhaseUnknown, "away") },
			"Unknown NotObserved: 2 of 3 bots serve; crew-bot-2 is unknown (away)"),
		Entry("what is wrong comes before what is unknown, the gravest first", func(r *report, _ *v1alpha1.BotCluster) {
			r.botIs(1, plan.PhaseUnknown, "")
			r.botIs(2, plan.PhaseDegraded, "")
			r.botIs(3, plan.PhaseUnhealthy, "")
		}, "False BotsUnhealthy: 0 of 3 bots serve; crew-bot-1 is unknown, crew-bot-2 is degraded, crew-bot-3 is unhealthy"),
		Entry("many are missing: some are named", func(r *report, _ *v1alpha1.BotCluster) {
			*r = *served(5, 1)
			for bot := 1; bot <= 5; bot++ {
				r.botIs(bot, plan.PhaseStopped, "")
			}
		}, "False Progressing: 0 of 5 bots serve; crew-bot-1 is stopped, crew-bot-2 is stopped, crew-bot-3 is stopped, 2 more"),
		Entry("one is drained by hand: that is as declared", func(r *report, _ *v1alpha1.BotCluster) {
			r.drainByHand(2, plan.PhaseDraining)
		}, "True Ready: 2 of 3 bots serve, 1 drained by hand"),
		Entry("one is drained by hand and another is missing", func(r *report, _ *v1alpha1.BotCluster) {
			r.drainByHand(2, plan.PhaseDrained)
			r.botIs(3, plan.PhaseBooting, "")
		}, "False Progressing: 1 of 3 bots serve, 1 drained by hand; crew-bot-3 is booting"),
		Entry("one is drained by hand and does not even run", func(r *report, _ *v1alpha1.BotCluster) {
			r.drainByHand(2, plan.PhaseStopped)
		}, "False Progressing: 2 of 3 bots serve; crew-bot-2 is stopped"),
		Entry("one is drained by hand and a roll waits for it", func(r *report, _ *v1alpha1.BotCluster) {
			r.drainByHand(2, plan.PhaseDrained)
			r.bot(3).Outdated = true
		}, "False Progressing: 2 of 3 bots serve, 1 drained by hand; 2 up to date; "+
			"those drained by hand count as missing, so the others may have to wait for them"),
		Entry("the annotation names what is no bot", func(r *report, _ *v1alpha1.BotCluster) {
			r.seen.strangers = plan.Strangers{Words: []string{"9", "crew-edge-1", strings.Repeat("é", 64)}, Count: 5}
		}, `True Ready: 3 of 3 bots serve; the annotation scaling.generalbots.dev/drain names what is no bot here: "9", "crew-edge-1", "`+
			strings.Repeat("é", 63)+`…", 2 more`),
		Entry("the annotation names one thing that is no bot", func(r *report, _ *v1alpha1.BotCluster) {
			r.seen.strangers = plan.Strangers{Words: []string{"9"}, Count: 1}
		}, `True Ready: 3 of 3 bots serve; the annotation scaling.generalbots.dev/drain names what is no bot here: "9"`),
		Entry("the annotation is too long", func(r *report, _ *v1alpha1.BotCluster) {
			r.seen.strangers = plan.Strangers{TooLong: true}
		}, "True Ready: 3 of 3 bots serve; the annotation scaling.generalbots.dev/drain is longer than 65536 bytes, so it drains nobody: "+
			"name fewer bots"),
		Entry("they cannot be seen", func(r *report, _ *v1alpha1.BotCluster) {
			unseen(r, failure(provider.Transient, v1alpha1.ReasonServerUnreachable))
		}, "Unknown WaitingForIncus: the instances cannot be seen: a sentence about ServerUnreachable"),
		Entry("they cannot be seen, nobody knows why", func(r *report, _ *v1alpha1.BotCluster) { unseen(r, errOdd) },
			"Unknown WaitingForIncus: the instances cannot be seen: the Incus server does not answer"),
		Entry("a Secret is missing", func(r *report, _ *v1alpha1.BotCluster) {
			r.seen.SecretsErr = failure(provider.Terminal, v1alpha1.ReasonSecretNotFound)
		}, "False SecretNotFound: 3 of 3 bots serve; a sentence about SecretNotFound"),
		Entry("a Secret could not be read", func(r *report, _ *v1alpha1.BotCluster) {
			r.seen.SecretsErr = failure(provider.Transient, v1alpha1.ReasonRetrying)
		}, "Unknown Retrying: 3 of 3 bots serve; a sentence about Retrying"),
		Entry("neither Secrets nor instances: the instances matter more", func(r *report, _ *v1alpha1.BotCluster) {
			r.seen.SecretsErr = failure(provider.Terminal, v1alpha1.ReasonSecretNotFound)
			unseen(r, errOdd)
		}, "Unknown WaitingForIncus: the instances cannot be seen: the Incus server does not answer"),
	)

	DescribeTable("of the edges", expectFact(v1alpha1.ConditionEdgeReady),
		Entry("all serve", unchanged, "True Ready: 2 of 2 edges serve"),
		Entry("one is still booting", func(r *report, _ *v1alpha1.BotCluster) {
			r.edgeSays(2, failure(provider.Waiting, v1alpha1.ReasonEdgeUnreachable))
		}, "False Progressing: 1 of 2 edges serve; crew-edge-2 is probing"),
		Entry("one does not answer", func(r *report, _ *v1alpha1.BotCluster) {
			r.edgeSays(2, failure(provider.Transient, v1alpha1.ReasonEdgeUnreachable))
		}, "False EdgeUnreachable: 1 of 2 edges serve; crew-edge-2 is probing; a sentence about EdgeUnreachable"),
		Entry("one does not answer, nobody knows why", func(r *report, _ *v1alpha1.BotCluster) { r.edgeSays(2, errOdd) },
			"False EdgeUnreachable: 1 of 2 edges serve; crew-edge-2 is probing; an edge does not answer"),
		Entry("one that is surplus does not answer", func(r *report, _ *v1alpha1.BotCluster) {
			r.edgeSays(2, errOdd)
			r.assessment("crew-edge-2").Wanted = false
		}, "True Ready: 1 of 1 edge serves"),
		Entry("one does not answer and another is worse", func(r *report, _ *v1alpha1.BotCluster) {
			r.edgeSays(2, errOdd)
			r.assessment("crew-edge-1").Phase = plan.PhaseConflict
		}, "False NameConflict: 0 of 2 edges serve; crew-edge-1 is conflict, crew-edge-2 is probing"),
		Entry("one refuses its routes", func(r *report, _ *v1alpha1.BotCluster) {
			took(r, plan.VerbSetRoutes, "crew-edge-1", nil)
			took(r, plan.VerbSetRoutes, "crew-edge-2", failure(provider.Terminal, v1alpha1.ReasonEdgeRejectedRoutes))
		}, "False EdgeRejectedRoutes: crew-edge-2: a sentence about EdgeRejectedRoutes; correct spec.edge"),
		Entry("one refuses its secrets", func(r *report, _ *v1alpha1.BotCluster) {
			took(r, plan.VerbSetSecrets, "crew-edge-2", failure(provider.Terminal, v1alpha1.ReasonEdgeRejectedSecrets))
		}, "False EdgeRejectedSecrets: crew-edge-2: a sentence about EdgeRejectedSecrets; correct the Secrets that spec.edge.tls names"),
		Entry("one holds older secrets and is suspended", func(r *report, _ *v1alpha1.BotCluster) {
			r.assessment("crew-edge-2").Behind = true
		}, "False Progressing: crew-edge-2 does not hold the current secrets yet"),
		Entry("one held older secrets until now", func(r *report, _ *v1alpha1.BotCluster) {
			r.assessment("crew-edge-2").Behind = true
			took(r, plan.VerbSetSecrets, "crew-edge-2", nil)
		}, "True Ready: 2 of 2 edges serve"),
		Entry("their Secrets are missing", func(r *report, _ *v1alpha1.BotCluster) {
			r.seen.EdgeSecretsErr = failure(provider.Terminal, v1alpha1.ReasonSecretNotFound)
		}, "False SecretNotFound: 2 of 2 edges serve; a sentence about SecretNotFound"),
		Entry("their Secrets could not be read", func(r *report, _ *v1alpha1.BotCluster) {
			r.seen.EdgeSecretsErr = errOdd
		}, "Unknown Retrying: 2 of 2 edges serve; the Secrets of the edges could not be read"),
		Entry("the key of their cookies was made just now", func(r *report, _ *v1alpha1.BotCluster) {
			r.seen.EdgeSecretsErr, r.seen.blueprint.KeySecret = failure(provider.Waiting, v1alpha1.ReasonProgressing), "crew-edge"
			took(r, plan.VerbCreateKey, "crew-edge", nil)
		}, "True Ready: 2 of 2 edges serve"),
		Entry("one could not be told of its pool", func(r *report, _ *v1alpha1.BotCluster) {
			took(r, plan.VerbSetPool, "crew-edge-2", errOdd)
		}, "False Retrying: crew-edge-2: what it should serve could not be told to it"),
		Entry("another step failed", func(r *report, _ *v1alpha1.BotCluster) { took(r, plan.VerbStart, "crew-bot-1", errOdd) },
			"True Ready: 2 of 2 edges serve"),
		Entry("they cannot be seen", func(r *report, _ *v1alpha1.BotCluster) { unseen(r, errOdd) },
			"Unknown WaitingForIncus: the instances cannot be seen: the Incus server does not answer"),
	)

	DescribeTable("of impairment", expectFact(v1alpha1.ConditionDegraded),
		Entry("none", unchanged, "False AsDeclared: nothing that exists is impaired"),
		Entry("something is merely not there yet", func(r *report, _ *v1alpha1.BotCluster) {
			r.botIs(1, plan.PhaseAbsent, "").Instance = nil
			r.botIs(2, plan.PhaseBooting, "")
		}, "False AsDeclared: nothing that exists is impaired"),
		Entry("a bot is degraded and another cannot be read", func(r *report, _ *v1alpha1.BotCluster) {
			r.botIs(1, plan.PhaseUnknown, "away")
			r.botIs(2, plan.PhaseDegraded, "no database")
		}, "True BotsDegraded: crew-bot-1 is unknown (away), crew-bot-2 is degraded (no database)"),
		Entry("an instance that should not be there cannot be read", func(r *report, _ *v1alpha1.BotCluster) {
			r.botIs(3, plan.PhaseUnknown, "away").Wanted = false
		}, "True NotObserved: crew-bot-3 is unknown (away)"),
		Entry("nothing can be seen", func(r *report, _ *v1alpha1.BotCluster) { unseen(r, errOdd) },
			"Unknown WaitingForIncus: the instances cannot be seen"),
		Entry("some are drained by hand: that is no impairment", func(r *report, _ *v1alpha1.BotCluster) {
			r.drainByHand(1, plan.PhaseDrained)
			r.drainByHand(2, plan.PhaseDraining)
		}, "False AsDeclared: nothing that exists is impaired"),
		Entry("all are drained by hand", func(r *report, _ *v1alpha1.BotCluster) {
			for bot := 1; bot <= 3; bot++ {
				r.drainByHand(bot, plan.PhaseDrained)
			}
		}, "True AllDrained: nobody takes new requests, because the annotation scaling.generalbots.dev/drain names all bots: "+
			"take one out of it"),
		Entry("all are drained by hand, and surplus stays for that", func(r *report, _ *v1alpha1.BotCluster) {
			r.drainByHand(1, plan.PhaseDrained)
			r.drainByHand(2, plan.PhaseDrained)
			r.bot(3).Wanted, r.bot(3).Waits = false, true
		}, "True AllDrained: only surplus bots take new requests, because the annotation scaling.generalbots.dev/drain names all bots: "+
			"take one out of it"),
		Entry("there are no bots that could be drained", func(r *report, _ *v1alpha1.BotCluster) { *r = *served(0, 1) },
			"False AsDeclared: nothing that exists is impaired"),
		Entry("a circuit is open", func(r *report, _ *v1alpha1.BotCluster) {
			r.bot(2).Circuits = []plan.Circuit{{Route: "api", Edge: "crew-edge-2"}}
		}, "True CircuitOpen: too many requests failed, so their circuit is open: crew-bot-2 for the route api at crew-edge-2"),
		Entry("many circuits are open and a bot is worse", func(r *report, _ *v1alpha1.BotCluster) {
			r.botIs(3, plan.PhaseUnhealthy, "answered 500")
			for bot := 1; bot <= 2; bot++ {
				r.bot(bot).Circuits = []plan.Circuit{{Route: "api", Edge: "crew-edge-1"}, {Route: "chat", Edge: "crew-edge-2"}}
			}
		}, "True BotsUnhealthy: crew-bot-3 is unhealthy (answered 500); too many requests failed, so their circuit is open: "+
			"crew-bot-1 for the route api at crew-edge-1, crew-bot-1 for the route chat at crew-edge-2, "+
			"crew-bot-2 for the route api at crew-edge-1, 1 more"),
	)

	DescribeTable("of suspension", expectFact(v1alpha1.ConditionSuspended),
		Entry("no", unchanged, "False NotSuspended: the operator acts on the spec"),
		Entry("yes", func(_ *report, bc *v1alpha1.BotCluster) { bc.Spec.Suspend = true },
			"True Suspended: spec.suspend is set: the operator watches and changes nothing"),
	)
})

var _ = Describe("Whether it goes on", func() {
	DescribeTable("says Stalled when somebody has to act", expectFact(v1alpha1.ConditionStalled),
		Entry("nobody", unchanged, "absent"),
		Entry("the identity", func(r *report, _ *v1alpha1.BotCluster) {
			r.seen.hostErr = failure(provider.Terminal, v1alpha1.ReasonSecretNotFound)
			unseen(r, r.seen.hostErr)
		}, "True SecretNotFound: a sentence about SecretNotFound"),
		Entry("the image", func(r *report, _ *v1alpha1.BotCluster) {
			r.seen.FactsErr = failure(provider.Terminal, v1alpha1.ReasonImageNotFound)
		}, "True ImageNotFound: a sentence about ImageNotFound"),
		Entry("a right", func(r *report, _ *v1alpha1.BotCluster) {
			unseen(r, failure(provider.Terminal, v1alpha1.ReasonNotAuthorized))
		}, "True NotAuthorized: a sentence about NotAuthorized"),
		Entry("a Secret", func(r *report, _ *v1alpha1.BotCluster) {
			r.seen.SecretsErr = failure(provider.Terminal, v1alpha1.ReasonSecretNotFound)
		}, "True SecretNotFound: a sentence about SecretNotFound"),
		Entry("a step that was refused", func(r *report, _ *v1alpha1.BotCluster) {
			took(r, plan.VerbChange, "crew-bot-1", failure(provider.Terminal, ""))
		}, "True InvalidRequest: a sentence about "),
		Entry("a name that is taken", func(r *report, _ *v1alpha1.BotCluster) { r.botIs(2, plan.PhaseConflict, "rename it") },
			"True NameConflict: crew-bot-2: rename it"),
		Entry("not a name that is taken and not needed", func(r *report, _ *v1alpha1.BotCluster) {
			r.botIs(2, plan.PhaseConflict, "rename it").Wanted = false
		}, "absent"),
		Entry("an edge of another image", func(r *report, _ *v1alpha1.BotCluster) {
			r.edgeSays(1, failure(provider.Terminal, v1alpha1.ReasonEdgeUnreachable))
		}, "True EdgeUnreachable: a sentence about EdgeUnreachable"),
		Entry("not an edge that is silent", func(r *report, _ *v1alpha1.BotCluster) {
			r.edgeSays(1, failure(provider.Transient, v1alpha1.ReasonEdgeUnreachable))
		}, "absent"),
		Entry("not what passes by itself", func(r *report, _ *v1alpha1.BotCluster) { unseen(r, errOdd) }, "absent"),
		Entry("the first thing that a pass meets speaks", func(r *report, _ *v1alpha1.BotCluster) {
			took(r, plan.VerbChange, "crew-bot-1", failure(provider.Terminal, v1alpha1.ReasonInvalidRequest))
			r.seen.FactsErr = failure(provider.Terminal, v1alpha1.ReasonImageNotFound)
			r.botIs(2, plan.PhaseConflict, "rename it")
		}, "True ImageNotFound: a sentence about ImageNotFound"),
	)

	DescribeTable("says Reconciling while something is being done", expectFact(v1alpha1.ConditionReconciling),
		Entry("nothing", unchanged, "absent"),
		Entry("nothing while it is suspended", func(r *report, bc *v1alpha1.BotCluster) {
			bc.Spec.Suspend = true
			r.botIs(2, plan.PhaseStopped, "")
		}, "absent"),
		Entry("nothing while it is stalled", func(r *report, _ *v1alpha1.BotCluster) {
			r.seen.FactsErr = failure(provider.Terminal, v1alpha1.ReasonImageNotFound)
			r.botIs(2, plan.PhaseStopped, "")
		}, "absent"),
		Entry("a bot is on its way up", func(r *report, _ *v1alpha1.BotCluster) { r.botIs(2, plan.PhaseStarting, "") },
			"True Progressing: 2 of 3 bots serve; crew-bot-2 is starting"),
		Entry("an edge is on its way up", func(r *report, _ *v1alpha1.BotCluster) { r.assessment("crew-edge-2").Phase = plan.PhaseBooting },
			"True Progressing: 1 of 2 edges serve; crew-edge-2 is booting"),
		Entry("surplus leaves", func(r *report, _ *v1alpha1.BotCluster) {
			r.botIs(3, plan.PhaseDraining, "").Wanted = false
			took(r, plan.VerbSetPool, "crew-edge-1", nil)
		}, "True Progressing: 1 instance on the way out"),
		Entry("surplus waits for an edge", func(r *report, _ *v1alpha1.BotCluster) {
			r.botIs(3, plan.PhaseDraining, "it waits for crew-edge-2").Wanted = false
		}, "True Progressing: 1 instance on the way out; crew-bot-3: it waits for crew-edge-2"),
		Entry("surplus stays because nobody else serves", func(r *report, _ *v1alpha1.BotCluster) {
			surplus := r.botIs(3, plan.PhaseReady, "it stays for now")
			surplus.Wanted, surplus.Waits = false, true
		}, "True Progressing: 1 instance on the way out; crew-bot-3: it stays for now"),
		Entry("a limit is changed", func(r *report, _ *v1alpha1.BotCluster) { took(r, plan.VerbChange, "crew-bot-1", nil) },
			"True Progressing: Change crew-bot-1 because it is time"),
		Entry("something failed and is tried again", func(r *report, _ *v1alpha1.BotCluster) {
			took(r, plan.VerbChange, "crew-bot-1", failure(provider.Transient, v1alpha1.ReasonServerUnreachable))
		}, "True Retrying: a sentence about ServerUnreachable"),
		Entry("something odd failed and is tried again", func(r *report, _ *v1alpha1.BotCluster) { unseen(r, errOdd) },
			"True Retrying: something outside failed and is tried again"),
	)
})
