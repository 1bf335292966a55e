package component

import (
	"fmt"
	"os"

	etcdversion "go.etcd.io/etcd/api/v3/version"
	"go.etcd.io/etcd/server/v3/etcdmain"
	_ "k8s.io/client-go/plugin/pkg/client/auth" // kubectl: the credential plugins that a kubeconfig may name
	"k8s.io/component-base/cli"
	"k8s.io/component-base/logs"
	_ "k8s.io/component-base/logs/json/register"          // --logging-format=json
	_ "k8s.io/component-base/metrics/prometheus/clientgo" // metrics of the servers' own API clients
	_ "k8s.io/component-base/metrics/prometheus/version"  // metric kubernetes_build_info
	"k8s.io/component-base/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	kubectlutil "k8s.io/kubectl/pkg/cmd/util"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"

	"github.com/generalbots/botcluster-operator/cmd/controlplane/arguments"
)

// Main is a program: it reads os.Args and returns the exit code.
type Main func() int

var programs = map[string]Main{
	arguments.Etcd:              etcd,
	arguments.APIServer:         func() int { return cli.Run(apiserver.NewAPIServerCommand()) },
	arguments.ControllerManager: func() int { return cli.Run(controllermanager.NewControllerManagerCommand()) },
	arguments.Kubectl:           runKubectl,
}

// Lookup finds the program of a name, such as "kube-apiserver".
func Lookup(name string) (Main, bool) {
	program, found := programs[name]
	return program, found
}

// Version says which Kubernetes and which etcd are linked, for example "v1.37.2 (etcd 3.7.3)".
func Version() string {
	return fmt.Sprintf("%s (etcd %s)", version.Get().GitVersion, etcdversion.Version)
}

func etcd() int {
	etcdmain.Main(os.Args)
	return 0
}

func runKubectl() int {
	// As in Kubernetes' own main: plugins and .kuberc are read while the command is built, before cobra parses the verbosity.
	logs.GlogSetter(kubectl.GetLogVerbosity(os.Args)) //nolint:errcheck // an unreadable verbosity is refused by cobra a moment later
	if err := cli.RunNoErrOutput(kubectl.NewDefaultKubectlCommand()); err != nil {
		kubectlutil.CheckErr(err)
	}
	return 0
}
