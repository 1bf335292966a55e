package datadir_test

import (
	"context"
	"net"
	"net/netip"
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/cmd/controlplane/datadir"
)

var loopback = netip.MustParseAddr("127.0.0.1")

var _ = Describe("Port", func() {
	var dir datadir.Dir

	BeforeEach(func() { dir = open(GinkgoT().TempDir()) })

	It("chooses a free one and keeps to it", func(ctx context.Context) {
		chosen, err := dir.Port(ctx, loopback, 0)
		Expect(err).NotTo(HaveOccurred())
		listen(chosen)()
		Expect(dir.Port(ctx, loopback, 0)).To(Equal(chosen))
	})

	It("chooses another one when the one it kept is taken for good", func(ctx context.Context) {
		chosen, err := dir.Port(ctx, loopback, 0)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(listen(chosen))
		another, err := dir.Port(ctx, loopback, 0)
		Expect(err).NotTo(HaveOccurred())
		Expect(another).NotTo(Equal(chosen))
		Expect(dir.Port(ctx, loopback, 0)).To(Equal(another), "it is kept in turn")
	})

	It("waits for a port that a killed server is giving back", func(ctx context.Context) {
		chosen, err := dir.Port(ctx, loopback, 0)
		Expect(err).NotTo(HaveOccurred())
		giveBack := listen(chosen)
		asked := make(chan uint16)
		go func() {
			defer GinkgoRecover()
			defer close(asked)
			port, err := dir.Port(ctx, loopback, 0)
			Expect(err).NotTo(HaveOccurred())
			asked <- port
		}()
		Consistently(asked, "200ms").ShouldNot(Receive())
		giveBack()
		Eventually(asked, "3s").Should(Receive(Equal(chosen)))
	})

	It("does as it is told, and keeps nothing then", func(ctx context.Context) {
		free, err := dir.Port(ctx, loopback, 0)
		Expect(err).NotTo(HaveOccurred())
		Expect(os.Remove(filepath.Join(string(dir), "port"))).To(Succeed())
		Expect(dir.Port(ctx, loopback, free)).To(Equal(free))
		Expect(filepath.Join(string(dir), "port")).NotTo(BeAnExistingFile())
	})

	It("says what to do when the port it was told is taken", func(ctx context.Context) {
		free, err := dir.Port(ctx, loopback, 0)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(listen(free))
		_, err = dir.Port(ctx, loopback, free)
		Expect(err).To(MatchError(datadir.ErrPortTaken))
		Expect(err).To(MatchError(ContainSubstring("choose another with --port")))
	})

	DescribeTable("chooses anew when what it kept cannot be a port", func(ctx context.Context, kept string) {
		Expect(os.WriteFile(filepath.Join(string(dir), "port"), []byte(kept), 0o600)).To(Succeed())
		Expect(dir.Port(ctx, loopback, 0)).To(BeNumerically(">", 0))
	},
		Entry(nil, ""), Entry(nil, "many"), Entry(nil, "70000"), Entry(nil, "-1"),
	)
})

// listen takes a port, and returns how to give it back.
func listen(port uint16) (giveBack func()) {
	GinkgoHelper()
	listener, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(netip.AddrPortFrom(loopback, port)))
	Expect(err).NotTo(HaveOccurred())
	return func() { Expect(listener.Close()).To(Succeed()) }
}
