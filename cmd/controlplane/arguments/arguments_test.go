package arguments_test

import (
	"net/netip"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/cmd/controlplane/arguments"
)

var settings = arguments.Settings{
	BindAddress:            netip.MustParseAddr("192.0.2.7"),
	Port:                   16443,
	ServiceRange:           netip.MustParsePrefix("10.0.0.0/24"),
	EtcdData:               "/data/etcd",
	AuthorityCertificate:   "/data/pki/authority.crt",
	APIServerIdentity:      "/data/pki/kube-apiserver.pem",
	ServiceAccountKey:      "/data/pki/service-account.key",
	ControllerManagerLogin: "/data/run/login",
}

// value of a flag; fails when the flag is not there exactly once.
func value(list []string, flag string) string {
	GinkgoHelper()
	var found []string
	for _, argument := range list {
		if rest, ok := strings.CutPrefix(argument, "--"+flag+"="); ok {
			found = append(found, rest)
		}
	}
	Expect(found).To(HaveLen(1), "--%s in %q", flag, list)
	return found[0]
}

var _ = Describe("The arguments", func() {
	It("keep etcd off the network", func() {
		list := arguments.ForEtcd(settings)
		for _, flag := range []string{"listen-client-urls", "listen-peer-urls", "advertise-client-urls", "initial-advertise-peer-urls"} {
			Expect(value(list, flag)).To(HavePrefix("unix://"))
		}
		Expect(value(list, "data-dir")).To(Equal("/data/etcd"))
	})

	It("connect the API server to that etcd, by a path that is never too long for a socket", func() {
		endpoint := value(arguments.ForAPIServer(settings), "etcd-servers")
		Expect(endpoint).To(Equal(value(arguments.ForEtcd(settings), "listen-client-urls")))
		Expect(endpoint).To(Equal("unix://" + arguments.ClientSocket))
	})

	DescribeTable("let nobody use the API server unknown or unlimited", func(flag, want string) {
		Expect(value(arguments.ForAPIServer(settings), flag)).To(Equal(want))
	},
		Entry(nil, "anonymous-auth", "false"),
		Entry(nil, "authorization-mode", "RBAC"),
		Entry(nil, "client-ca-file", "/data/pki/authority.crt"),
		Entry(nil, "tls-cert-file", "/data/pki/kube-apiserver.pem"),
		Entry(nil, "tls-private-key-file", "/data/pki/kube-apiserver.pem"),
		Entry(nil, "profiling", "false"),
	)

	DescribeTable("put the API server where the user wants it", func(flag, want string) {
		Expect(value(arguments.ForAPIServer(settings), flag)).To(Equal(want))
	},
		Entry(nil, "bind-address", "192.0.2.7"),
		Entry(nil, "secure-port", "16443"),
		Entry(nil, "service-cluster-ip-range", "10.0.0.0/24"),
	)

	It("sign and check service account tokens with the same key", func() {
		list := arguments.ForAPIServer(settings)
		Expect(value(list, "service-account-signing-key-file")).To(Equal("/data/pki/service-account.key"))
		Expect(value(list, "service-account-key-file")).To(Equal("/data/pki/service-account.key"))
	})

	DescribeTable("advertise an address of the family of the Services, on a host without a default route as well",
		func(serviceRange, want string) {
			settings := settings
			settings.ServiceRange = netip.MustParsePrefix(serviceRange)
			Expect(value(arguments.ForAPIServer(settings), "advertise-address")).To(Equal(want))
		},
		Entry(nil, "10.0.0.0/24", "127.0.0.1"),
		Entry(nil, "fd00:10::/112", "::1"),
	)

	It("run only the controllers that a control plane without pods needs, each with its own rights", func() {
		list := arguments.ForControllerManager(settings)
		Expect(strings.Split(value(list, "controllers"), ",")).To(ConsistOf(
			"garbage-collector-controller", "namespace-controller", "serviceaccount-controller", "clusterrole-aggregation-controller"))
		Expect(value(list, "use-service-account-credentials")).To(Equal("true"))
		Expect(value(list, "kubeconfig")).To(Equal("/data/run/login"))
		Expect(value(list, "secure-port")).To(Equal("0"))
	})
})
