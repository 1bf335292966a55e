package story_test

import (
	"context"
	"path/filepath"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/client-go/tools/clientcmd"
)

// kubectl is the binary under that name, used by somebody.
type kubectl struct {
	program string
	login   []string
}

// admin is the administrator of the control plane.
func (p *plane) admin() kubectl {
	return kubectl{program: filepath.Join(p.assets, "kubectl"), login: []string{"--kubeconfig", p.kubeconfig()}}
}

// withToken is whoever has the token.
func (p *plane) withToken(token string) kubectl {
	GinkgoHelper()
	config, err := clientcmd.BuildConfigFromFlags("", p.kubeconfig())
	Expect(err).NotTo(HaveOccurred())
	return kubectl{program: filepath.Join(p.assets, "kubectl"), login: []string{
		"--kubeconfig", "/dev/null", "--server", config.Host, "--token", token,
		"--certificate-authority", filepath.Join(p.dir, "pki", "authority.crt"),
	}}
}

// try returns what was printed.
func (k kubectl) try(ctx context.Context, line ...string) (string, error) {
	return run(ctx, "", k.program, slices.Concat(k.login, line)...)
}

// must is try that fails the spec when kubectl fails.
func (k kubectl) must(ctx context.Context, line ...string) string {
	GinkgoHelper()
	output, err := k.try(ctx, line...)
	Expect(err).NotTo(HaveOccurred())
	return output
}

// apply applies a manifest.
func (k kubectl) apply(ctx context.Context, manifest string) {
	GinkgoHelper()
	_, err := run(ctx, manifest, k.program, slices.Concat(k.login, []string{"apply", "--filename", "-"})...)
	Expect(err).NotTo(HaveOccurred())
}

// user is who the API server takes the caller for.
func (k kubectl) user(ctx context.Context) string {
	GinkgoHelper()
	return k.must(ctx, "auth", "whoami", "--output", "jsonpath={.status.userInfo.username}")
}

// find returns the name of an object, or nothing when there is none.
func (k kubectl) find(ctx context.Context, kind, name string) string {
	GinkgoHelper()
	return k.must(ctx, "get", kind, name, "--ignore-not-found", "--output", "name")
}
