package ground

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
)

// OperatorNamespace is where config/ puts the operator.
const OperatorNamespace = "botcluster-system"

// startTimeout allows for a machine that builds and boots containers at the same time.
const startTimeout = 2 * time.Minute

// Kubernetes is a real API server with the shipped CRDs and RBAC.
type Kubernetes struct {
	// Client has all rights.
	Client client.WithWatch
	Config *rest.Config
	// Kubeconfig is a file for the administrator; Assets the folder with kubectl.
	Kubeconfig string
	Assets     string

	environment *envtest.Environment
	folder      string
}

// Scheme knows the kinds that suites use.
func Scheme() *runtime.Scheme {
	scheme := runtime.NewScheme()
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(v1alpha1.AddToScheme(scheme))
	return scheme
}

// StartKubernetes starts an API server from cmd/controlplane and applies config/crd and config/rbac to it.
func StartKubernetes(ctx context.Context) (*Kubernetes, error) {
	assets, err := controlPlane(ctx)
	if err != nil {
		return nil, err
	}
	k := &Kubernetes{Assets: assets}
	if k.folder, err = os.MkdirTemp("", "botcluster-kubernetes-"); err != nil {
		return nil, fmt.Errorf("make a folder for the kubeconfigs: %w", err)
	}
	k.environment = &envtest.Environment{
		BinaryAssetsDirectory: assets, Scheme: Scheme(),
		CRDDirectoryPaths: []string{filepath.Join(Root(), "config", "crd")}, ErrorIfCRDPathMissing: true,
		ControlPlaneStartTimeout: startTimeout, ControlPlaneStopTimeout: startTimeout,
	}
	// Nobody needs these data after a power cut, and a suite writes many small things.
	k.environment.ControlPlane.Etcd = &envtest.Etcd{}
	k.environment.ControlPlane.Etcd.Configure().Enable("unsafe-no-fsync")
	if k.Config, err = k.environment.Start(); err != nil {
		return nil, fmt.Errorf("start the API server: %w", err)
	}
	k.Config.QPS, k.Config.Burst = 1000, 2000 // suites measure the operator, not their own client
	if err := k.prepare(ctx); err != nil {
		return nil, fmt.Errorf("%w (stopping: %w)", err, k.Stop())
	}
	return k, nil
}

// controlPlane is the folder that KUBEBUILDER_ASSETS names, as for any envtest, else our own build.
func controlPlane(ctx context.Context) (string, error) {
	if assets := os.Getenv("KUBEBUILDER_ASSETS"); assets != "" {
		return assets, nil
	}
	return Script(ctx, "setup/controlplane.sh")
}

func (k *Kubernetes) prepare(ctx context.Context) (err error) {
	if k.Client, err = client.NewWithWatch(k.Config, client.Options{Scheme: Scheme()}); err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	k.Kubeconfig = filepath.Join(k.folder, "admin.kubeconfig")
	if err := os.WriteFile(k.Kubeconfig, k.environment.KubeConfig, 0o600); err != nil {
		return fmt.Errorf("write the kubeconfig: %w", err)
	}
	config := filepath.Join(Root(), "config")
	for _, arguments := range [][]string{
		{"apply", "--server-side", "-f", filepath.Join(config, "manager", "namespace.yaml")},
		{"apply", "--server-side", "-k", filepath.Join(config, "rbac"), "--namespace", OperatorNamespace},
	} {
		if out, err := k.Kubectl(ctx, arguments...); err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
	}
	return nil
}

// Kubectl runs kubectl as the administrator and returns all that it printed.
func (k *Kubernetes) Kubectl(ctx context.Context, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, filepath.Join(k.Assets, "kubectl"),
		append([]string{"--kubeconfig", k.Kubeconfig}, arguments...)...)
	out, err := command.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("kubectl %v: %w", arguments, err)
	}
	return string(out), nil
}

// OperatorKubeconfig writes a kubeconfig of the operator's ServiceAccount, with the shipped rights and no others.
func (k *Kubernetes) OperatorKubeconfig(ctx context.Context) (string, error) {
	token, err := k.Kubectl(ctx, "create", "token", "botcluster-operator", "--namespace", OperatorNamespace, "--duration", "12h")
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, token)
	}
	config, err := clientcmd.Load(k.environment.KubeConfig)
	if err != nil {
		return "", fmt.Errorf("read the kubeconfig: %w", err)
	}
	for _, user := range config.AuthInfos {
		user.ClientCertificateData, user.ClientKeyData, user.Token = nil, nil, token
	}
	path := filepath.Join(k.folder, "operator.kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		return "", fmt.Errorf("write the operator's kubeconfig: %w", err)
	}
	return path, nil
}

// Stop ends the API server and removes its files.
func (k *Kubernetes) Stop() error {
	if err := k.environment.Stop(); err != nil {
		return fmt.Errorf("stop the API server: %w", err)
	}
	return os.RemoveAll(k.folder)
}
