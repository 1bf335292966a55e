package main

import (
	"context"
	"crypto/rand"
	"flag"
	"fmt"
	"os"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/botcluster"
	"github.com/generalbots/botcluster-operator/controllers/provider/caddy"
	"github.com/generalbots/botcluster-operator/controllers/provider/incus"
)

func main() {
	if err := run(ctrl.SetupSignalHandler(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "manager:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, arguments []string) error {
	flags := flag.NewFlagSet("manager", flag.ContinueOnError)
	settings, logging := bindFlags(flags)
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	ctrl.SetLogger(zap.New(zap.UseFlagOptions(logging)))
	config, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("find the Kubernetes cluster: %w", err)
	}
	config.QPS, config.Burst = settings.kubeQPS, int(2*settings.kubeQPS)
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(v1alpha1.AddToScheme(scheme))
	mgr, err := ctrl.NewManager(config, settings.managerOptions(scheme))
	if err != nil {
		return fmt.Errorf("set up the manager: %w", err)
	}
	if err := wire(ctx, mgr, settings); err != nil {
		return err
	}
	return mgr.Start(ctx)
}

// wire puts the providers into the reconcilers and the reconcilers into the manager.
func wire(ctx context.Context, mgr ctrl.Manager, settings *settings) error {
	manager, err := identity(ctx, mgr)
	if err != nil {
		return err
	}
	incusEvents := botcluster.NewEvents()
	hosts := incus.NewHosts(ctx, incus.Options{
		Notify: incusEvents.Notify, Clock: clock.RealClock{}, AllowedSockets: settings.unixSockets,
		Logger: mgr.GetLogger().WithName("incus"),
	})
	told, err := botcluster.NewMetrics(metrics.Registry)
	if err != nil {
		return err
	}
	reconciler := botcluster.NewReconciler(botcluster.Options{
		Client: mgr.GetClient(), Reader: mgr.GetAPIReader(), Recorder: mgr.GetEventRecorder("botcluster-operator"),
		Clock: clock.RealClock{}, Random: rand.Reader, Hosts: hosts, Edges: caddy.New(), Manager: manager,
		Metrics: told,
	})
	if err := reconciler.SetupWithManager(mgr, incusEvents, settings.concurrency); err != nil {
		return fmt.Errorf("set up the BotCluster controller: %w", err)
	}
	if err := mgr.Add(&botcluster.Orphans{Reconciler: reconciler}); err != nil {
		return fmt.Errorf("set up the collection of orphans: %w", err)
	}
	if err := mgr.AddHealthzCheck("healthz", healthz.Ping); err != nil {
		return fmt.Errorf("set up the liveness probe: %w", err)
	}
	if err := mgr.AddReadyzCheck("readyz", healthz.Ping); err != nil {
		return fmt.Errorf("set up the readiness probe: %w", err)
	}
	return nil
}

// identity is what this Kubernetes cluster is known by on the Incus servers: the UID of kube-system, which lives as long
// as the cluster does.
func identity(ctx context.Context, mgr ctrl.Manager) (string, error) {
	var namespace corev1.Namespace
	if err := mgr.GetAPIReader().Get(ctx, types.NamespacedName{Name: "kube-system"}, &namespace); err != nil {
		return "", fmt.Errorf("read namespace kube-system, whose UID marks what this cluster owns on Incus: %w", err)
	}
	return string(namespace.UID), nil
}
