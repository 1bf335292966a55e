package story_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"github.com/onsi/gomega/gexec"
	"k8s.io/client-go/tools/clientcmd"
)

// answer is the command that prints what was kept.
var answer = []string{"get", "configmap", "kept", "--output", "jsonpath={.data.answer}"}

// A family: when the parent is deleted, the child goes by its owner reference.
const child = `
apiVersion: v1
kind: ConfigMap
metadata:
  name: child
  ownerReferences: [{apiVersion: v1, kind: ConfigMap, name: parent, uid: %s}]
`

var _ = Describe("A control plane", Ordered, Label("slow"), func() {
	var (
		p     plane
		admin kubectl
	)

	BeforeAll(func(ctx context.Context) {
		folder, err := os.MkdirTemp("", "controlplane-story-")
		Expect(err).NotTo(HaveOccurred())
		// Kill is for the case that a spec failed; the last spec stops it properly.
		DeferCleanup(func() {
			if p.session != nil {
				p.session.Kill().Wait("10s")
			}
			Expect(os.RemoveAll(folder)).To(Succeed())
		})
		p = plane{assets: build(ctx), dir: filepath.Join(folder, "plane")}
		admin = p.admin()
		p.serve(ctx)
	})

	It("is ready for whoever finds its kubeconfig, which is the administrator's alone", func(ctx context.Context) {
		_, err := run(ctx, "", filepath.Join(p.assets, "controlplane"), "wait", "--kubeconfig", p.kubeconfig(), "--timeout", "5s")
		Expect(err).NotTo(HaveOccurred())
		info, err := os.Stat(p.kubeconfig())
		Expect(err).NotTo(HaveOccurred())
		Expect(info.Mode()).To(Equal(fs.FileMode(0o600)))
		Expect(admin.user(ctx)).To(Equal("admin"))
	})

	It("answers nobody without credentials", func(ctx context.Context) {
		config, err := clientcmd.BuildConfigFromFlags("", p.kubeconfig())
		Expect(err).NotTo(HaveOccurred())
		stranger := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
		for _, path := range []string{"/version", "/readyz", "/api/v1/secrets"} {
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, config.Host+path, http.NoBody)
			Expect(err).NotTo(HaveOccurred())
			response, err := stranger.Do(request)
			Expect(err).NotTo(HaveOccurred())
			Expect(response.Body.Close()).To(Succeed())
			Expect(response.StatusCode).To(Equal(http.StatusUnauthorized), path)
		}
	})

	It("keeps what is applied", func(ctx context.Context) {
		admin.must(ctx, "create", "configmap", "kept", "--from-literal=answer=42")
		Expect(admin.must(ctx, answer...)).To(Equal("42"))
	})

	It("finishes the deletion of a namespace and what is in it", func(ctx context.Context) {
		admin.must(ctx, "create", "namespace", "passing")
		admin.must(ctx, "create", "configmap", "inside", "--namespace", "passing")
		admin.must(ctx, "delete", "namespace", "passing", "--timeout=60s")
		Expect(admin.find(ctx, "namespace", "passing")).To(BeEmpty())
	})

	It("collects what lost its owner", func(ctx context.Context) {
		admin.must(ctx, "create", "configmap", "parent")
		uid := admin.must(ctx, "get", "configmap", "parent", "--output", "jsonpath={.metadata.uid}")
		admin.apply(ctx, fmt.Sprintf(child, uid))
		admin.must(ctx, "delete", "configmap", "parent")
		Eventually(func() string { return admin.find(ctx, "configmap", "child") }, "60s", "200ms").Should(BeEmpty())
	})

	It("gives service accounts tokens, and the rights that roles say", func(ctx context.Context) {
		Eventually(func() string { return admin.find(ctx, "serviceaccount", "default") }, "30s", "200ms").ShouldNot(BeEmpty())
		as := p.withToken(admin.must(ctx, "create", "token", "default"))
		Expect(as.user(ctx)).To(Equal("system:serviceaccount:default:default"))
		_, err := as.try(ctx, "get", "configmaps")
		Expect(err).To(MatchError(ContainSubstring("Forbidden")))

		// view is one of the roles that are empty until they are aggregated.
		admin.must(ctx, "create", "rolebinding", "look", "--clusterrole=view", "--serviceaccount=default:default")
		Eventually(func() error {
			_, err := as.try(ctx, "get", "configmaps")
			return err
		}, "30s", "200ms").Should(Succeed())
	})

	It("refuses a second serve on the same data", func(ctx context.Context) {
		_, err := run(ctx, "", filepath.Join(p.assets, "controlplane"), "serve", "--data-dir", p.dir, "--port", "0")
		Expect(err).To(MatchError(ContainSubstring("in use by another serve (process %d)", p.session.Command.Process.Pid)))
	})

	DescribeTable("brings a component back that is killed", func(ctx context.Context, name string) {
		p.restarts(name)
		Eventually(func() (string, error) { return admin.try(ctx, answer...) }, "30s", "200ms").Should(Equal("42"))
	},
		Entry(nil, "kube-apiserver"), Entry(nil, "etcd"),
	)

	It("leaves no process behind when it is killed itself, and goes on with the same data, port and tokens", func(ctx context.Context) {
		before, err := os.ReadFile(p.kubeconfig())
		Expect(err).NotTo(HaveOccurred())
		token := admin.must(ctx, "create", "token", "default")
		orphans := p.components()
		p.session.Kill().Wait("10s")
		for _, pid := range orphans {
			Eventually(alive).WithArguments(pid).WithTimeout(10*time.Second).Should(BeFalse(), "process %d", pid)
		}

		p.serve(ctx)
		Expect(admin.must(ctx, answer...)).To(Equal("42"))
		Expect(os.ReadFile(p.kubeconfig())).To(Equal(before))
		Expect(p.withToken(token).user(ctx)).To(Equal("system:serviceaccount:default:default"))
	})

	It("stops in the reverse order when it is asked to", func() {
		orphans := p.components()
		p.session.Signal(syscall.SIGTERM)
		Eventually(p.session, "40s").Should(gexec.Exit(0))
		Expect(p.session.Err).To(gbytes.Say(`(?s)stopping.*kube-controller-manager stopped.*kube-apiserver stopped.*etcd stopped`))
		for _, pid := range orphans {
			Expect(alive(pid)).To(BeFalse(), "process %d", pid)
		}
	})
})
