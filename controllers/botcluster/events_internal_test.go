package botcluster

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

// recorder remembers events as "type reason action about whom: note".
type recorder struct{ events []string }

func (r *recorder) Eventf(_, related runtime.Object, kind, reason, action, note string, args ...any) {
	about := "itself"
	if instance, ok := related.(*corev1.ObjectReference); ok {
		about = instance.Kind + " " + instance.Namespace + "/" + instance.Name
	}
	r.events = append(r.events, fmt.Sprintf("%s %s %s about %s: %s", kind, reason, action, about, fmt.Sprintf(note, args...)))
}

var _ = Describe("Events", func() {
	DescribeTable("tell of a step", func(verb plan.Verb, events ...string) {
		recorder := &recorder{}
		reconciler := &Reconciler{Options: Options{Recorder: recorder}}
		reconciler.announceStep(crew(), plan.Step{Verb: verb, Target: "crew-bot-1", Why: "100% of it is time"})
		Expect(recorder.events).To(HaveExactElements(events))
	},
		Entry(nil, plan.VerbCreateVolume, "Normal VolumeCreated CreateVolume about Instance chat/crew-bot-1: crew-bot-1: 100% of it is time"),
		Entry(nil, plan.VerbDeleteVolume, "Normal VolumeDeleted DeleteVolume about Instance chat/crew-bot-1: crew-bot-1: 100% of it is time"),
		Entry(nil, plan.VerbCreate, "Normal InstanceCreating Create about Instance chat/crew-bot-1: crew-bot-1: 100% of it is time"),
		Entry(nil, plan.VerbStart, "Normal InstanceStarting Start about Instance chat/crew-bot-1: crew-bot-1: 100% of it is time"),
		Entry(nil, plan.VerbChange, "Normal InstanceChanged Change about Instance chat/crew-bot-1: crew-bot-1: 100% of it is time"),
		Entry(nil, plan.VerbMark, "Normal DrainStarted Mark about Instance chat/crew-bot-1: crew-bot-1: 100% of it is time"),
		Entry(nil, plan.VerbUnmark, "Normal DrainCancelled Unmark about Instance chat/crew-bot-1: crew-bot-1: 100% of it is time"),
		Entry(nil, plan.VerbStop, "Normal InstanceStopping Stop about Instance chat/crew-bot-1: crew-bot-1: 100% of it is time"),
		Entry(nil, plan.VerbDelete, "Normal InstanceDeleting Delete about Instance chat/crew-bot-1: crew-bot-1: 100% of it is time"),
		Entry(nil, plan.VerbCreateKey, "Normal KeyCreated CreateKey about Secret chat/crew-bot-1: crew-bot-1: 100% of it is time"),
		Entry(nil, plan.VerbSetSecrets, "Normal SecretsApplied SetSecrets about Instance chat/crew-bot-1: crew-bot-1: 100% of it is time"),
		Entry(nil, plan.VerbSetRoutes, "Normal RoutesApplied SetRoutes about Instance chat/crew-bot-1: crew-bot-1: 100% of it is time"),
		Entry("files are a detail of a creation", plan.VerbConfigure),
		Entry("pools are a detail of what changes them", plan.VerbSetPool),
	)

	// status has Ready and Stalled as given, "" for absent.
	status := func(observed int64, ready metav1.ConditionStatus, stalled string) *v1alpha1.BotCluster {
		bc := crew()
		bc.Status.ObservedGeneration = observed
		if ready != "" {
			meta.SetStatusCondition(&bc.Status.Conditions, metav1.Condition{
				Type: v1alpha1.ConditionReady, Status: ready, Reason: "Any", Message: "so it is"})
		}
		if stalled != "" {
			meta.SetStatusCondition(&bc.Status.Conditions, metav1.Condition{
				Type: v1alpha1.ConditionStalled, Status: metav1.ConditionTrue, Reason: stalled, Message: "help"})
		}
		return bc
	}

	DescribeTable("tell of transitions only", func(before, after *v1alpha1.BotCluster, events ...string) {
		recorder := &recorder{}
		reconciler := &Reconciler{Options: Options{Recorder: recorder}}
		reconciler.announceReadiness(before, after)
		Expect(recorder.events).To(HaveExactElements(events))
	},
		Entry("new", status(0, "", ""), status(1, metav1.ConditionUnknown, "")),
		Entry("became ready", status(1, metav1.ConditionFalse, ""), status(1, metav1.ConditionTrue, ""),
			"Normal Ready Reconcile about itself: so it is"),
		Entry("stays ready", status(1, metav1.ConditionTrue, ""), status(1, metav1.ConditionTrue, "")),
		Entry("stays unready", status(1, metav1.ConditionFalse, ""), status(1, metav1.ConditionUnknown, "")),
		Entry("is not ready any more", status(1, metav1.ConditionTrue, ""), status(1, metav1.ConditionFalse, ""),
			"Warning NotReady Reconcile about itself: so it is"),
		Entry("is not known to be ready any more", status(1, metav1.ConditionTrue, ""), status(1, metav1.ConditionUnknown, ""),
			"Warning NotReady Reconcile about itself: so it is"),
		Entry("is not ready because somebody wants something else", status(1, metav1.ConditionTrue, ""), status(2, metav1.ConditionFalse, ""),
			"Normal Progressing Reconcile about itself: the spec changed: so it is"),
		Entry("stalled", status(1, metav1.ConditionFalse, ""), status(1, metav1.ConditionFalse, "ImageNotFound"),
			"Warning Stalled Reconcile about itself: ImageNotFound: help"),
		Entry("stays stalled", status(1, metav1.ConditionFalse, "ImageNotFound"), status(1, metav1.ConditionFalse, "ImageNotFound")),
		Entry("stalls for another reason", status(1, metav1.ConditionFalse, "ImageNotFound"), status(1, metav1.ConditionFalse, "NotAuthorized"),
			"Warning Stalled Reconcile about itself: NotAuthorized: help"),
		Entry("goes on", status(1, metav1.ConditionFalse, "ImageNotFound"), status(1, metav1.ConditionTrue, ""),
			"Normal Ready Reconcile about itself: so it is"),
	)

	// bot is a status of one bot.
	bot := func(phase plan.Phase, byHand bool, circuits ...string) *v1alpha1.BotCluster {
		bc := crew()
		bc.Status.Instances = []v1alpha1.InstanceStatus{
			{Name: "crew-bot-1", Tier: "bot", Ordinal: 1, Phase: string(phase), DrainedByHand: byHand, OpenCircuits: circuits},
		}
		return bc
	}

	DescribeTable("tell what changed for a bot, by comparing two statuses", func(before, after *v1alpha1.BotCluster, events ...string) {
		recorder := &recorder{}
		reconciler := &Reconciler{Options: Options{Recorder: recorder}}
		reconciler.announceBots(before, after)
		Expect(recorder.events).To(HaveExactElements(events))
	},
		Entry("nothing", bot(plan.PhaseReady, false), bot(plan.PhaseReady, false)),
		Entry("it leaves: the step tells that", bot(plan.PhaseReady, false), bot(plan.PhaseDraining, false)),
		Entry("drained by hand", bot(plan.PhaseReady, false), bot(plan.PhaseDraining, true),
			"Normal DrainStarted Drain about Instance chat/crew-bot-1: crew-bot-1: the annotation scaling.generalbots.dev/drain names it"),
		Entry("still drained by hand", bot(plan.PhaseDraining, true), bot(plan.PhaseDraining, true)),
		Entry("nothing left", bot(plan.PhaseDraining, true), bot(plan.PhaseDrained, true),
			"Normal Drained Drain about Instance chat/crew-bot-1: crew-bot-1: nothing is in flight any more"),
		Entry("still nothing left", bot(plan.PhaseDrained, true), bot(plan.PhaseDrained, true)),
		Entry("drained by hand no more", bot(plan.PhaseDrained, true), bot(plan.PhaseReady, false),
			"Normal DrainCancelled Drain about Instance chat/crew-bot-1: crew-bot-1: the annotation scaling.generalbots.dev/drain names it no more"),
		Entry("made anew while it is named", crew(), bot(plan.PhaseBooting, true),
			"Normal DrainStarted Drain about Instance chat/crew-bot-1: crew-bot-1: the annotation scaling.generalbots.dev/drain names it"),
		Entry("gone", bot(plan.PhaseDrained, true, "api"), crew()),
		Entry("circuits open and close", bot(plan.PhaseReady, false, "api", "chat"), bot(plan.PhaseReady, false, "chat", "files"),
			"Warning CircuitOpened Serve about Instance chat/crew-bot-1: crew-bot-1: too many requests of the route files failed, so it gets none of them for now",
			"Normal CircuitClosed Serve about Instance chat/crew-bot-1: crew-bot-1: it gets requests of the route api again"),
		Entry("circuits stay open", bot(plan.PhaseReady, false, "api"), bot(plan.PhaseReady, false, "api")),
	)
})
