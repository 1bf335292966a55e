package serve_test

import (
	"context"
	"net"
	"net/netip"
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"

	"github.com/generalbots/botcluster-operator/cmd/controlplane/datadir"
	"github.com/generalbots/botcluster-operator/cmd/controlplane/serve"
)

// What is refused before anything is started. That it serves is told in the story.
var _ = Describe("Run", func() {
	var options serve.Options

	BeforeEach(func() {
		options = serve.Options{
			DataDir:      filepath.Join(GinkgoT().TempDir(), "plane"),
			BindAddress:  netip.MustParseAddr("127.0.0.1"),
			ServiceRange: netip.MustParsePrefix("10.0.0.0/24"),
			Messages:     gbytes.NewBuffer(),
		}
	})

	AfterEach(func() {
		Expect(options.Messages).NotTo(gbytes.Say("started"), "nothing is started by a run that is refused")
	})

	It("refuses to overwrite somebody's kubeconfig, and makes nothing", func(ctx context.Context) {
		options.Kubeconfig = filepath.Join(GinkgoT().TempDir(), "config")
		Expect(os.WriteFile(options.Kubeconfig, []byte("contexts: [{name: prod, context: {}}]"), 0o600)).To(Succeed())
		Expect(serve.Run(ctx, options)).To(MatchError(ContainSubstring("holds other clusters (contexts: prod)")))
		Expect(options.DataDir).NotTo(BeADirectory())
	})

	It("refuses a data directory that is in use", func(ctx context.Context) {
		_, lock, err := datadir.Open(options.DataDir)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(lock.Close)
		Expect(serve.Run(ctx, options)).To(MatchError(ContainSubstring("in use by another serve")))
	})

	It("refuses a port that is taken, and gives the data directory back", func(ctx context.Context) {
		listener, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(options.BindAddress, 0)))
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(listener.Close)
		options.Port = netip.MustParseAddrPort(listener.Addr().String()).Port()
		Expect(serve.Run(ctx, options)).To(MatchError(datadir.ErrPortTaken))
		_, lock, err := datadir.Open(options.DataDir)
		Expect(err).NotTo(HaveOccurred())
		Expect(lock.Close()).To(Succeed())
	})

	It("is content when it is told to stop before it began", func(ctx context.Context) {
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		Expect(serve.Run(ctx, options)).To(Succeed())
	})
})
