package pki_test

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/cmd/controlplane/pki"
)

var _ = Describe("ServerNames", func() {
	hostAddresses := []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("192.0.2.9"), netip.MustParseAddr("fe80::1")}

	DescribeTable("lists every address the server is reached by", func(bind, serviceRange string, want ...string) {
		names := pki.ServerNames(netip.MustParseAddr(bind), netip.MustParsePrefix(serviceRange), "host", hostAddresses)
		addresses := make([]string, 0, len(names.Addresses))
		for _, address := range names.Addresses {
			addresses = append(addresses, address.String())
		}
		Expect(addresses).To(Equal(want))
	},
		Entry("loopback", "127.0.0.1", "10.0.0.0/24", "10.0.0.1", "127.0.0.1", "::1"),
		Entry("one of the host's", "192.0.2.9", "10.0.0.0/24", "10.0.0.1", "127.0.0.1", "192.0.2.9", "::1"),
		Entry("all of the host's", "0.0.0.0", "10.0.0.0/24", "10.0.0.1", "127.0.0.1", "192.0.2.9", "::1", "fe80::1"),
		Entry("IPv6", "::1", "fd00:10::/112", "127.0.0.1", "::1", "fd00:10::1"),
		Entry("a range written from its middle", "127.0.0.1", "10.0.0.77/24", "10.0.0.1", "127.0.0.1", "::1"),
	)

	It("lists the names once, in the same order every time", func() {
		bind, serviceRange := netip.MustParseAddr("127.0.0.1"), netip.MustParsePrefix("10.0.0.0/24")
		Expect(pki.ServerNames(bind, serviceRange, "localhost", nil).DNS).To(Equal([]string{
			"kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local", "localhost",
		}))
		Expect(pki.ServerNames(bind, serviceRange, "host", nil).DNS).To(HaveExactElements("host", "kubernetes", "kubernetes.default",
			"kubernetes.default.svc", "kubernetes.default.svc.cluster.local", "localhost"))
	})
})
