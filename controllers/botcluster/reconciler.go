package botcluster

import (
	"context"
	"errors"
	"io"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/conditions"
	"github.com/generalbots/botcluster-operator/controllers/plan"
	"github.com/generalbots/botcluster-operator/controllers/provider"
)

const (
	// steadyInterval is how often a BotCluster with nothing to do is looked at; events bring it sooner.
	steadyInterval = 10 * time.Second
	// stalledInterval is how often a BotCluster that waits for somebody is looked at: the outside sends no event when
	// an image, a network or a right appears.
	stalledInterval = 5 * time.Second
	// appliedRecheck is when to look again after a pass that changed something, in case its event is lost.
	appliedRecheck = time.Second
	// conflictDelay is how long the cache is given to show what another writer changed.
	conflictDelay = 10 * time.Millisecond
	// defaultParallel is how many steps of one BotCluster are carried out at a time.
	defaultParallel = 8
)

// Options are what a Reconciler works with.
type Options struct {
	// Client reads BotClusters, writes their status, and makes the Secrets of their edges; Reader reads Secrets live.
	Client client.Client
	Reader client.Reader
	// Random draws keys; it must be fit for that, as crypto/rand is.
	Random io.Reader
	// Recorder records events.
	Recorder events.EventRecorder
	Clock    clock.PassiveClock
	Hosts    provider.Hosts
	Edges    provider.Edges
	// Manager identifies the Kubernetes cluster: the UID of its kube-system namespace.
	Manager string
	// Policy holds the limits of time and number; the zero value takes plan.DefaultPolicy.
	Policy plan.Policy
	// Metrics take in what passes see and do; nil stands for some that nobody reads.
	Metrics *Metrics
	// Parallel is how many steps of one BotCluster are carried out at a time; zero takes the default.
	Parallel int
}

// Reconciler brings the instances of a BotCluster to what its spec says.
type Reconciler struct {
	Options
	secrets *secrets
	scalers scalers
	askings askings
}

// NewReconciler returns a Reconciler.
func NewReconciler(options Options) *Reconciler {
	if options.Policy == (plan.Policy{}) {
		options.Policy = plan.DefaultPolicy()
	}
	if options.Parallel == 0 {
		options.Parallel = defaultParallel
	}
	if options.Metrics == nil {
		options.Metrics = newMetrics()
	}
	return &Reconciler{
		Options: options, secrets: newSecrets(options.Reader, options.Clock), askings: askings{clock: options.Clock},
	}
}

// +kubebuilder:rbac:groups=scaling.generalbots.dev,resources=botclusters,verbs=get;list;watch;patch
// +kubebuilder:rbac:groups=scaling.generalbots.dev,resources=botclusters/status,verbs=patch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;create
// +kubebuilder:rbac:groups="",resources=namespaces,resourceNames=kube-system,verbs=get
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// Reconcile makes one pass over a BotCluster: observe, plan, apply, status.
func (r *Reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	var bc v1alpha1.BotCluster
	if err := r.Client.Get(ctx, request.NamespacedName, &bc); err != nil {
		if apierrors.IsNotFound(err) {
			r.Metrics.forget(request.NamespacedName)
		}
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	pass := r.converge
	if !bc.DeletionTimestamp.IsZero() {
		pass = r.tearDown
	} else if err := r.welcome(ctx, &bc); err != nil {
		return retryConflict(ctrl.Result{}, err)
	}
	before := bc.DeepCopy()
	result, err := pass(ctx, before, &bc)
	if saveErr := r.saveStatus(ctx, before, &bc); err == nil {
		err = saveErr
	}
	return retryConflict(result, err)
}

// welcome gives a new BotCluster its first status, which says that nothing is known yet, and its finalizer, before
// anything is made for it.
func (r *Reconciler) welcome(ctx context.Context, bc *v1alpha1.BotCluster) error {
	before := bc.DeepCopy()
	if bc.Status.ObservedGeneration == 0 {
		greet(bc)
		if err := r.saveStatus(ctx, before, bc); err != nil {
			return err
		}
		before = bc.DeepCopy()
	}
	if !controllerutil.AddFinalizer(bc, v1alpha1.Finalizer) {
		return nil
	}
	return r.saveFinalizers(ctx, before, bc)
}

// converge makes one pass for a BotCluster that is to exist. before is as it was last saved.
func (r *Reconciler) converge(ctx context.Context, before, bc *v1alpha1.BotCluster) (ctrl.Result, error) {
	seen := r.observe(ctx, bc)
	switch err := r.scale(ctx, before, bc, &seen); {
	case errors.Is(err, errStatusStale):
		return ctrl.Result{RequeueAfter: conflictDelay}, nil
	case err != nil:
		return ctrl.Result{}, err
	}
	next := plan.BotCluster(seen.blueprint, seen.Observed, r.Clock.Now())
	if bc.Spec.Suspend {
		next.Steps, next.Recheck = nil, 0
	}
	results := r.apply(ctx, bc, seen, next.Steps)
	report := report{seen: seen, plan: next, results: results}
	report.fill(bc)
	report.figures = figuresOf(report, bc)
	r.Metrics.observe(bc, report, r.Clock.Now())
	return report.result()
}

// saveStatus is the one place that writes the status; it writes only what changed, and before is then as it was saved. A status
// computed from an old read is refused by the API server, and the next pass computes it anew.
func (r *Reconciler) saveStatus(ctx context.Context, before, bc *v1alpha1.BotCluster) error {
	wrote, err := conditions.Patch(ctx, r.Client, before, bc)
	if wrote {
		r.announceReadiness(before, bc)
		r.announceBots(before, bc)
		bc.DeepCopyInto(before)
	}
	return client.IgnoreNotFound(err)
}

// saveFinalizers writes the finalizers.
func (r *Reconciler) saveFinalizers(ctx context.Context, before, bc *v1alpha1.BotCluster) error {
	status := bc.Status.DeepCopy()
	patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
	if err := r.Client.Patch(ctx, bc, patch); err != nil {
		return client.IgnoreNotFound(err)
	}
	bc.Status = *status
	return nil
}

// retryConflict looks again at once when the BotCluster changed during the pass: the cache will show it.
func retryConflict(result ctrl.Result, err error) (ctrl.Result, error) {
	if apierrors.IsConflict(err) {
		return ctrl.Result{RequeueAfter: conflictDelay}, nil
	}
	return result, err
}
