package command_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("wait", func() {
	var file string

	BeforeEach(func() { file = filepath.Join(GinkgoT().TempDir(), "kubeconfig") })

	// serving starts a server whose /readyz has a status, and returns the kubeconfig of its clients.
	serving := func(status int) []byte {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		DeferCleanup(server.Close)
		return []byte(`{"clusters": [{"name": "c", "cluster": {"server": "` + server.URL + `"}}],
			"contexts": [{"name": "c", "context": {"cluster": "c"}}], "current-context": "c"}`)
	}

	It("returns when the server is ready", func() {
		Expect(os.WriteFile(file, serving(http.StatusOK), 0o600)).To(Succeed())
		Expect(run("wait", "--kubeconfig", file, "--timeout", "10s")).To(Succeed())
	})

	It("waits for a file that is still to come", func() {
		content := serving(http.StatusOK)
		done := make(chan error, 1)
		go func() { done <- run("wait", "--kubeconfig", file, "--timeout", "30s") }()
		Consistently(done, "300ms").ShouldNot(Receive())
		Expect(os.WriteFile(file, content, 0o600)).To(Succeed())
		Eventually(done, "10s").Should(Receive(BeNil()))
	})

	It("says how long it waited and what the server said last", func() {
		Expect(os.WriteFile(file, serving(http.StatusServiceUnavailable), 0o600)).To(Succeed())
		Expect(run("wait", "--kubeconfig", file, "--timeout", "300ms")).To(
			MatchError(And(HavePrefix("after 300ms: not ready: "), HaveSuffix("503 Service Unavailable"))))
	})
})
