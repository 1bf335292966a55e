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
})
