package edge_test

import (
	"os"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	_ "github.com/caddyserver/caddy/v2/modules/standard"
	_ "github.com/mholt/caddy-ratelimit"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	_ "github.com/generalbots/botcluster-operator/cmd/caddy/edge"
	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

func TestEdge(t *testing.T) {
	RegisterFailHandler(Fail)
	// A Caddy that is started as a process of its own, on a machine with other things to do, takes more than Gomega's second.
	SetDefaultEventuallyTimeout(15 * time.Second)
	RunSpecs(t, "Edge")
}

// The pool is that of the process, so that all specs share one Caddy and each pushes its own members.
var caddyProcess *edge

var _ = BeforeSuite(func() {
	// Not GinkgoT().TempDir(): the path of a unix socket must be short.
	directory, err := os.MkdirTemp("", "edge")
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(os.RemoveAll, directory)
	// Where Caddy, and what we keep beside it, write: not into the home of who runs the specs.
	Expect(os.Setenv("XDG_DATA_HOME", directory)).To(Succeed())
	caddyProcess = newEdge(directory)
	Expect(caddy.Load(caddyProcess.config(routes{}), true)).To(Succeed())
	DeferCleanup(caddy.Stop)
})

var _ = BeforeEach(func() {
	caddyProcess.load(routes{})
	caddyProcess.push()
	// What an earlier spec left open has counters that would be taken for those of this one.
	Eventually(func() []pool.Member { return caddyProcess.pool().Members }).Should(BeEmpty())
})
