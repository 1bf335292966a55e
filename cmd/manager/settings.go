package main

import (
	"flag"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client/config"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/metrics/filters"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

// leaderElectionID names the Lease that the leader holds.
const leaderElectionID = "botcluster-operator.scaling.generalbots.dev"

// settings are the flags of the operator.
type settings struct {
	metricsAddress  string
	metricsInsecure bool
	probeAddress    string
	leaderElection  bool
	leaderNamespace string
	concurrency     int
	kubeQPS         float32
	unixSockets     paths
}

// paths is a flag that may be given several times.
type paths []string

func (p *paths) String() string { return strings.Join(*p, ",") }

func (p *paths) Set(value string) error {
	*p = append(*p, value)
	return nil
}

func bindFlags(flags *flag.FlagSet) (*settings, *zap.Options) {
	settings := &settings{kubeQPS: 100}
	flags.StringVar(&settings.metricsAddress, "metrics-bind-address", "0",
		"address of the metrics endpoint, for example :8443; 0 turns it off")
	flags.BoolVar(&settings.metricsInsecure, "metrics-insecure", false,
		"serve metrics over plain HTTP to everybody, instead of HTTPS to those whom the API server lets")
	flags.StringVar(&settings.probeAddress, "health-probe-bind-address", ":8081",
		"address of the liveness and readiness probes; 0 turns them off")
	flags.BoolVar(&settings.leaderElection, "leader-elect", false,
		"act only while holding the leader's Lease, so that several operators can stand by")
	flags.StringVar(&settings.leaderNamespace, "leader-election-namespace", "",
		"namespace of the Lease; the operator's own when it runs in the cluster")
	flags.IntVar(&settings.concurrency, "concurrency", 16, "how many BotClusters are worked on at the same time")
	flags.Var(&settings.unixSockets, "incus-unix-socket",
		"path of a local Incus daemon's socket that BotClusters may name; may be given several times")
	config.RegisterFlags(flags)
	logging := &zap.Options{}
	logging.BindFlags(flags)
	return settings, logging
}

func (s *settings) managerOptions(scheme *runtime.Scheme) ctrl.Options {
	metrics := server.Options{BindAddress: s.metricsAddress}
	if !s.metricsInsecure {
		metrics.SecureServing = true
		metrics.FilterProvider = filters.WithAuthenticationAndAuthorization
	}
	return ctrl.Options{
		Scheme: scheme, Metrics: metrics, HealthProbeBindAddress: s.probeAddress,
		LeaderElection: s.leaderElection, LeaderElectionID: leaderElectionID, LeaderElectionNamespace: s.leaderNamespace,
		// A leader that stops by signal hands over at once; the manager ends right after.
		LeaderElectionReleaseOnCancel: true,
	}
}
