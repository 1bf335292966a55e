package botcluster

import (
	"time"

	"golang.org/x/time/rate"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/model"
)

const (
	// retryBase and retryMax bound the delay after errors that pass by themselves. A server that comes back is noticed
	// within retryMax.
	retryBase = 100 * time.Millisecond
	retryMax  = 15 * time.Second
	// retriesPerSecond bounds the retries of all BotClusters together.
	retriesPerSecond = 100
	// eventBuffer is how many Incus events may wait for the queue: those of a few hundred instances that start at once.
	eventBuffer = 4096
)

// Events carries what the Incus servers tell to the reconciler's queue.
type Events chan event.TypedGenericEvent[*v1alpha1.BotCluster]

// NewEvents returns Events with room for a burst.
func NewEvents() Events { return make(Events, eventBuffer) }

// Notify makes a pass begin for the owner of something that changed. It does not wait: with a full buffer the change is
// found by the next look, which no BotCluster goes without.
func (e Events) Notify(owner model.Owner) {
	changed := &v1alpha1.BotCluster{ObjectMeta: metav1.ObjectMeta{Namespace: owner.Namespace, Name: owner.Name}}
	select {
	case e <- event.TypedGenericEvent[*v1alpha1.BotCluster]{Object: changed}:
	default:
	}
}

// SetupWithManager makes passes begin when a BotCluster's spec, annotations or deletion change, and when Incus tells
// that something of it changed.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, events Events, concurrency int) error {
	limiter := workqueue.NewTypedMaxOfRateLimiter(
		workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](retryBase, retryMax),
		&workqueue.TypedBucketRateLimiter[reconcile.Request]{Limiter: rate.NewLimiter(retriesPerSecond, retriesPerSecond)},
	)
	return ctrl.NewControllerManagedBy(mgr).
		Named("botcluster").
		For(&v1alpha1.BotCluster{}, builder.WithPredicates(predicate.Or(
			predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{}))).
		WatchesRawSource(source.Channel(events, &handler.TypedEnqueueRequestForObject[*v1alpha1.BotCluster]{})).
		WithOptions(controller.Options{MaxConcurrentReconciles: concurrency, RateLimiter: limiter}).
		Complete(r)
}
