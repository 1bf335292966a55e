package botcluster

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

// Reasons of the events that the operator records for a BotCluster. They are API: dashboards and scripts match on them.
const (
	EventKeyCreated       = "KeyCreated"
	EventVolumeCreated    = "VolumeCreated"
	EventVolumeDeleted    = "VolumeDeleted"
	EventInstanceCreating = "InstanceCreating"
	EventInstanceStarting = "InstanceStarting"
	EventInstanceChanged  = "InstanceChanged"
	EventDrainStarted     = "DrainStarted"
	EventDrainCancelled   = "DrainCancelled"
	EventDrained          = "Drained"
	EventRestarting       = "InstanceRestarting"
	EventStandbyPromoted  = "StandbyPromoted"
	EventStandbyWaits     = "StandbyWaits"
	EventInstanceStopping = "InstanceStopping"
	EventInstanceDeleting = "InstanceDeleting"
	EventRoutesApplied    = "RoutesApplied"
	EventSecretsApplied   = "SecretsApplied"
	EventScaledUp         = "ScaledUp"
	EventScaledDown       = "ScaledDown"
	EventCircuitOpened    = "CircuitOpened"
	EventCircuitClosed    = "CircuitClosed"
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
	plan.VerbCreateKey:    EventKeyCreated,
	plan.VerbCreateVolume: EventVolumeCreated,
	plan.VerbDeleteVolume: EventVolumeDeleted,
	plan.VerbCreate:       EventInstanceCreating,
	plan.VerbStart:        EventInstanceStarting,
	plan.VerbChange:       EventInstanceChanged,
	plan.VerbMark:         EventDrainStarted,
	plan.VerbUnmark:       EventDrainCancelled,
	plan.VerbRestart:      EventRestarting,
	plan.VerbPromote:      EventStandbyPromoted,
	plan.VerbFreeze:       EventStandbyWaits,
	plan.VerbStop:         EventInstanceStopping,
	plan.VerbDelete:       EventInstanceDeleting,
	plan.VerbSetSecrets:   EventSecretsApplied,
	plan.VerbSetRoutes:    EventRoutesApplied,
}

func (r *Reconciler) announceStep(bc *v1alpha1.BotCluster, step plan.Step) {
	if reason, told := stepEvents[step.Verb]; told {
		about := instance(bc, step.Target)
		if step.Verb == plan.VerbCreateKey {
			about.APIVersion, about.Kind = "v1", "Secret"
		}
		r.Recorder.Eventf(bc, about, corev1.EventTypeNormal, reason, string(step.Verb), "%s: %s", step.Target, step.Why)
	}
}

// instance names what an event is about. Without it, the events of several instances would be folded into one.
func instance(bc *v1alpha1.BotCluster, name string) *corev1.ObjectReference {
	return &corev1.ObjectReference{APIVersion: "incus/1.0", Kind: "Instance", Namespace: bc.Namespace, Name: name}
}

// announceBots tells what changed for a bot by itself or by hand, and not by a step: drains by hand, and circuit breakers.
// It compares two statuses, so it tells each change once, whatever the operator forgets. What is not in both is new or
// gone, and told by the steps.
func (r *Reconciler) announceBots(before, after *v1alpha1.BotCluster) {
	earlier := make(map[string]v1alpha1.InstanceStatus, len(before.Status.Instances))
	for _, was := range before.Status.Instances {
		earlier[was.Name] = was
	}
	for _, is := range after.Status.Instances {
		was, known := earlier[is.Name]
		if !known {
			was = v1alpha1.InstanceStatus{Name: is.Name}
		}
		r.announceDrain(after, was, is)
		r.announceCircuits(after, was, is)
	}
}

func (r *Reconciler) announceDrain(bc *v1alpha1.BotCluster, was, is v1alpha1.InstanceStatus) {
	tell := func(reason, format string, args ...any) {
		r.Recorder.Eventf(bc, instance(bc, is.Name), corev1.EventTypeNormal, reason, "Drain", is.Name+": "+format, args...)
	}
	if is.DrainedByHand && !was.DrainedByHand {
		tell(EventDrainStarted, "the annotation %s names it", v1alpha1.AnnotationDrain)
	}
	if was.DrainedByHand && !is.DrainedByHand {
		tell(EventDrainCancelled, "the annotation %s names it no more", v1alpha1.AnnotationDrain)
	}
	if drained := string(plan.PhaseDrained); is.Phase == drained && was.Phase != drained {
		tell(EventDrained, "nothing is in flight any more")
	}
}

func (r *Reconciler) announceCircuits(bc *v1alpha1.BotCluster, was, is v1alpha1.InstanceStatus) {
	for _, route := range is.OpenCircuits {
		if !slices.Contains(was.OpenCircuits, route) {
			r.Recorder.Eventf(bc, instance(bc, is.Name), corev1.EventTypeWarning, EventCircuitOpened, "Serve",
				"%s: too many requests of the route %s failed, so it gets none of them for now", is.Name, route)
		}
	}
	for _, route := range was.OpenCircuits {
		if !slices.Contains(is.OpenCircuits, route) {
			r.Recorder.Eventf(bc, instance(bc, is.Name), corev1.EventTypeNormal, EventCircuitClosed, "Serve",
				"%s: it gets requests of the route %s again", is.Name, route)
		}
	}
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
