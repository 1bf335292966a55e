package botcluster

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/conditions"
	"github.com/generalbots/botcluster-operator/controllers/plan"
	"github.com/generalbots/botcluster-operator/controllers/provider"
	"github.com/generalbots/botcluster-operator/controllers/render"
)

// abandonHint is told whenever a deletion cannot go on by itself.
var abandonHint = fmt.Sprintf("to delete the BotCluster and leave its instances behind, annotate it: "+
	"kubectl annotate botcluster <name> %s=true", v1alpha1.AnnotationAbandon)

// tearDown makes one pass for a BotCluster that is being deleted.
func (r *Reconciler) tearDown(ctx context.Context, _, bc *v1alpha1.BotCluster) (ctrl.Result, error) {
	r.scalers.forget(bc.UID)
	if !controllerutil.ContainsFinalizer(bc, v1alpha1.Finalizer) {
		return ctrl.Result{}, nil
	}
	if bc.Annotations[v1alpha1.AnnotationAbandon] == "true" {
		r.Recorder.Eventf(bc, nil, corev1.EventTypeWarning, EventAbandoned, "Delete",
			"the annotation %s is set: what the BotCluster had on Incus is left behind", v1alpha1.AnnotationAbandon)
		return ctrl.Result{}, r.release(ctx, bc)
	}
	seen := observation{blueprint: render.Remains(r.owner(bc), r.Policy)}
	seen.host, seen.hostErr = r.host(ctx, bc)
	if seen.InventoryErr = seen.hostErr; seen.hostErr == nil {
		// A host behind a restricted certificate learns from this in which pool to look for volumes. What is missing there
		// is of no interest any more.
		_, _ = seen.host.Facts(ctx, render.Requirements(bc.Spec))
		seen.Inventory, seen.InventoryErr = seen.host.Inventory(ctx, seen.blueprint.Owner)
	}
	next := plan.Teardown(seen.blueprint, seen.Observed, bc.Spec.DeletionPolicy == v1alpha1.DeletionPolicyDelete, r.Clock.Now())
	if next.Done {
		r.Recorder.Eventf(bc, nil, corev1.EventTypeNormal, EventDeleted, "Delete", "all that the BotCluster had on Incus is gone")
		return ctrl.Result{}, r.release(ctx, bc)
	}
	report := report{seen: seen, plan: next, results: r.apply(ctx, bc, seen, next.Steps)}
	report.fillDeleting(bc)
	r.Metrics.observe(bc, report, r.Clock.Now())
	return report.result()
}

// release lets the object go.
func (r *Reconciler) release(ctx context.Context, bc *v1alpha1.BotCluster) error {
	before := bc.DeepCopy()
	controllerutil.RemoveFinalizer(bc, v1alpha1.Finalizer)
	return r.saveFinalizers(ctx, before, bc)
}

// fillDeleting writes the status of a BotCluster that is being deleted.
func (r report) fillDeleting(bc *v1alpha1.BotCluster) {
	status := &bc.Status
	status.ObservedGeneration = bc.Generation
	message := "waiting for the instances to go"
	if r.seen.InventoryErr == nil {
		r.fillCounts(status)
		status.URLs = nil
		message = r.remaining(bc.Spec.DeletionPolicy == v1alpha1.DeletionPolicyDelete)
	}
	facts := []conditions.Fact{
		r.incusReady(),
		isFalse(v1alpha1.ConditionBotsReady, v1alpha1.ReasonDeleting, message),
		isFalse(v1alpha1.ConditionEdgeReady, v1alpha1.ReasonDeleting, message),
		r.degraded(bc.Status.Instances), suspended(bc),
	}
	fact := isTrue(v1alpha1.ConditionReconciling, v1alpha1.ReasonDeleting, message)
	if err := r.blocked(); err != nil {
		fact = conditions.Fact{
			Type: v1alpha1.ConditionStalled, Status: metav1.ConditionTrue, Reason: provider.ReasonOf(err, v1alpha1.ReasonRetrying),
			Message: provider.MessageOf(err, "the Incus server does not answer") + "; " + abandonHint,
		}
	}
	Conditions.Compute(&status.Conditions, bc.Generation, append(facts, fact))
}

// remaining says what is still to go, and what to do about an instance that will not go by itself.
func (r report) remaining(volumes bool) string {
	count := r.leaving()
	message := fmt.Sprintf("%d %s", count, plural(count, "instance"))
	if volumes {
		message += " and the data volumes"
	}
	message += " to go"
	for _, a := range r.plan.Assessments {
		if a.Phase == plan.PhaseUnknown {
			return message + "; " + a.Name + ": " + a.Message + "; " + abandonHint
		}
	}
	return message
}

// blocked returns the error that keeps the deletion from going on.
func (r report) blocked() error {
	if err := r.stalled(); err != nil {
		return err
	}
	return r.seen.InventoryErr
}
