package botcluster

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

// Reasons of the events that the operator records for a BotCluster. They are API: dashboards and scripts match on them.
const (
	EventVolumeCreated    = "VolumeCreated"
	EventVolumeDeleted    = "VolumeDeleted"
	EventInstanceCreating = "InstanceCreating"
	EventInstanceStarting = "InstanceStarting"
	EventInstanceChanged  = "InstanceChanged"
	EventDrainStarted     = "DrainStarted"
	EventDrainCancelled   = "DrainCancelled"
	EventInstanceStopping = "InstanceStopping"
	EventInstanceDeleting = "InstanceDeleting"
	EventRoutesApplied    = "RoutesApplied"
	EventReady            = "Ready"
	EventProgressing      = "Progressing"
	EventNotReady         = "NotReady"
	EventStalled          = "Stalled"
	EventAbandoned        = "Abandoned"
	EventDeleted          = "Deleted"
)

// stepEvents says which steps are told as events. Writing files and pushing pools are details of a transition that is
// told already.
var stepEvents = map[plan.Verb]string{
	plan.VerbCreateVolume: EventVolumeCreated,
	plan.VerbDeleteVolume: EventVolumeDeleted,
	plan.VerbCreate:       EventInstanceCreating,
	plan.VerbStart:        EventInstanceStarting,
	plan.VerbChange:       EventInstanceChanged,
	plan.VerbMark:         EventDrainStarted,
	plan.VerbUnmark:       EventDrainCancelled,
	plan.VerbStop:         EventInstanceStopping,
	plan.VerbDelete:       EventInstanceDeleting,
	plan.VerbSetRoutes:    EventRoutesApplied,
}

func (r *Reconciler) announceStep(bc *v1alpha1.BotCluster, step plan.Step) {
	if reason, told := stepEvents[step.Verb]; told {
		r.Recorder.Eventf(bc, related(bc, step), corev1.EventTypeNormal, reason, string(step.Verb), "%s: %s", step.Target, step.Why)
	}
}

// related names what the step is about. Without it, the events of several instances would be folded into one.
func related(bc *v1alpha1.BotCluster, step plan.Step) *corev1.ObjectReference {
	return &corev1.ObjectReference{APIVersion: "incus/1.0", Kind: "Instance", Namespace: bc.Namespace, Name: step.Target}
}

// announceReadiness tells when the BotCluster became ready, ceased to be, or stalled.
func (r *Reconciler) announceReadiness(before, after *v1alpha1.BotCluster) {
	was := meta.IsStatusConditionTrue(before.Status.Conditions, v1alpha1.ConditionReady)
	ready := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionReady)
	switch {
	case ready == nil:
	case !was && ready.Status == metav1.ConditionTrue:
		r.Recorder.Eventf(after, nil, corev1.EventTypeNormal, EventReady, "Reconcile", "%s", ready.Message)
	case was && ready.Status != metav1.ConditionTrue && before.Status.ObservedGeneration != after.Status.ObservedGeneration:
		r.Recorder.Eventf(after, nil, corev1.EventTypeNormal, EventProgressing, "Reconcile", "the spec changed: %s", ready.Message)
	case was && ready.Status != metav1.ConditionTrue:
		r.Recorder.Eventf(after, nil, corev1.EventTypeWarning, EventNotReady, "Reconcile", "%s", ready.Message)
	}
	stalled := meta.FindStatusCondition(after.Status.Conditions, v1alpha1.ConditionStalled)
	earlier := meta.FindStatusCondition(before.Status.Conditions, v1alpha1.ConditionStalled)
	if stalled != nil && (earlier == nil || earlier.Reason != stalled.Reason) {
		r.Recorder.Eventf(after, nil, corev1.EventTypeWarning, EventStalled, "Reconcile", "%s: %s", stalled.Reason, stalled.Message)
	}
}
