package arguments

import "strings"

// controllers that run; all others concern pods, nodes and volumes, and this control plane has none of them.
var controllers = []string{
	"garbage-collector-controller",       // what an owner reference points from goes with its owner
	"namespace-controller",               // a deleted namespace empties itself and goes
	"serviceaccount-controller",          // every namespace has its "default" service account
	"clusterrole-aggregation-controller", // fills the roles admin, edit and view, which are empty without it
}

// ForControllerManager lists the arguments of kube-controller-manager.
func ForControllerManager(s Settings) []string {
	return []string{
		"--kubeconfig=" + s.ControllerManagerLogin,
		"--controllers=" + strings.Join(controllers, ","),
		"--use-service-account-credentials=true", // each controller has its own role only, instead of the sum of all
		"--leader-elect=false",                   // there is one, and the lock on the data directory keeps it so
		"--secure-port=0",                        // no port: its life is watched by its parent
		"--profiling=false",
	}
}
