package serve_test

import (
	"net/netip"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/cmd/controlplane/serve"
)

var _ = DescribeTable("The kubeconfig names an address that clients on this host reach", func(bind, want string) {
	Expect(serve.URL(netip.MustParseAddr(bind), 6443)).To(Equal(want))
},
	Entry("the one that was chosen", "192.0.2.1", "https://192.0.2.1:6443"),
	Entry("the same for IPv6", "2001:db8::1", "https://[2001:db8::1]:6443"),
	Entry("loopback for every address", "0.0.0.0", "https://127.0.0.1:6443"),
	Entry("the same for IPv6", "::", "https://[::1]:6443"),
)

var _ = It("hands the components the limits of the Go runtime and nothing else", func() {
	GinkgoT().Setenv("GOMEMLIMIT", "300MiB")
	GinkgoT().Setenv("ETCD_LISTEN_CLIENT_URLS", "http://0.0.0.0:2379")
	GinkgoT().Setenv("HTTPS_PROXY", "http://proxy")
	Expect(serve.Environment()).To(ContainElement("GOMEMLIMIT=300MiB"))
	Expect(serve.Environment()).To(HaveEach(HavePrefix("GO")))
})
