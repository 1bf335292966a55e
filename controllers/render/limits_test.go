package render_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/render"
)

var _ = Describe("Limits", func() {
	It("are those of the scaling document", func() {
		limits, err := render.Limits(v1alpha1.Resources{
			CPU: new(intstr.FromInt32(4)), Memory: "8GB",
			Disk:    v1alpha1.DiskResources{Size: "20GiB", Priority: new(int32(5))},
			Network: v1alpha1.NetworkResources{Ingress: "100Mbit", Egress: "100Mbit"},
		})
		Expect(err).NotTo(HaveOccurred())
		Expect(limits).To(Equal(render.InstanceLimits{
			Config: map[string]string{
				"limits.cpu": "4", "limits.cpu.allowance": "", "limits.memory": "8GB", "limits.disk.priority": "5",
			},
			Root: map[string]string{"size": "20GiB"},
			NIC:  map[string]string{"limits.ingress": "100Mbit", "limits.egress": "100Mbit"},
		}))
	})

	It("name every key that the operator owns when nothing is limited, so that Incus drops it", func() {
		limits, err := render.Limits(v1alpha1.Resources{})
		Expect(err).NotTo(HaveOccurred())
		Expect(limits).To(Equal(render.InstanceLimits{
			Config: map[string]string{"limits.cpu": "", "limits.cpu.allowance": "", "limits.memory": "", "limits.disk.priority": ""},
			Root:   map[string]string{"size": ""},
			NIC:    map[string]string{"limits.ingress": "", "limits.egress": ""},
		}))
	})

	It("tell the lowest disk priority from none", func() {
		limits, err := render.Limits(v1alpha1.Resources{Disk: v1alpha1.DiskResources{Priority: new(int32(0))}})
		Expect(err).NotTo(HaveOccurred())
		Expect(limits.Config).To(HaveKeyWithValue("limits.disk.priority", "0"))
	})

	DescribeTable("give whole cores as such and parts as time",
		func(amount intstr.IntOrString, cores, allowance string) {
			limits, err := render.Limits(v1alpha1.Resources{CPU: &amount})
			Expect(err).NotTo(HaveOccurred())
			Expect(limits.Config).To(And(HaveKeyWithValue("limits.cpu", cores), HaveKeyWithValue("limits.cpu.allowance", allowance)))
		},
		Entry("a number", intstr.FromInt32(2), "2", ""),
		Entry("a number as text", intstr.FromString("16"), "16", ""),
		Entry("a number with a fraction of nothing", intstr.FromString("2.0"), "2", ""),
		Entry("whole cores in thousandths", intstr.FromString("3000m"), "3", ""),
		Entry("half a core", intstr.FromString("500m"), "", "50ms/100ms"),
		Entry("half a core with a point", intstr.FromString("0.5"), "", "50ms/100ms"),
		Entry("one and a half", intstr.FromString("1.5"), "", "150ms/100ms"),
		Entry("a quarter more", intstr.FromString("1.25"), "", "125ms/100ms"),
		Entry("what is no whole hundredth is rounded up", intstr.FromString("0.125"), "", "13ms/100ms"),
		Entry("next to nothing is not nothing", intstr.FromString("0.001"), "", "1ms/100ms"),
	)

	DescribeTable("refuse what is no amount of CPU",
		func(amount intstr.IntOrString) {
			_, err := render.Limits(v1alpha1.Resources{CPU: &amount})
			Expect(err).To(MatchError(render.ErrCPU))
		},
		Entry("nothing at all", intstr.FromInt32(0)),
		Entry("zero with a point", intstr.FromString("0.0")),
		Entry("less than nothing", intstr.FromInt32(-1)),
		Entry("a word", intstr.FromString("many")),
		Entry("too fine", intstr.FromString("0.0001")),
		Entry("a signed fraction", intstr.FromString("1.-5")),
		Entry("only a unit", intstr.FromString("m")),
		Entry("something for Incus to read", intstr.FromString("0-3")),
	)

	DescribeTable("spell units as Incus does",
		func(size v1alpha1.ByteSize, want string) {
			limits, err := render.Limits(v1alpha1.Resources{Memory: size, Disk: v1alpha1.DiskResources{Size: size}})
			Expect(err).NotTo(HaveOccurred())
			Expect(limits.Config).To(HaveKeyWithValue("limits.memory", want))
			Expect(limits.Root).To(HaveKeyWithValue("size", want))
		},
		Entry("powers of 1024", v1alpha1.ByteSize("512MiB"), "512MiB"),
		Entry("short powers of 1024", v1alpha1.ByteSize("512Mi"), "512MiB"),
		Entry("powers of 1000", v1alpha1.ByteSize("8GB"), "8GB"),
		Entry("short powers of 1000", v1alpha1.ByteSize("8G"), "8GB"),
		Entry("thousands", v1alpha1.ByteSize("900k"), "900kB"),
	)

	DescribeTable("spell rates as Incus does",
		func(rate v1alpha1.BitRate, want string) {
			limits, err := render.Limits(v1alpha1.Resources{Network: v1alpha1.NetworkResources{Ingress: rate}})
			Expect(err).NotTo(HaveOccurred())
			Expect(limits.NIC).To(Equal(map[string]string{"limits.ingress": want, "limits.egress": ""}))
		},
		Entry("in full", v1alpha1.BitRate("100Mbit"), "100Mbit"),
		Entry("short", v1alpha1.BitRate("1G"), "1Gbit"),
	)

	It("go into a device and leave what else it has, and the profile's own limit where the spec has none", func() {
		profile := model.Device{"type": "nic", "network": "incusbr0", "limits.egress": "1Gbit"}
		limited := render.LimitDevice(profile, map[string]string{"limits.ingress": "10Mbit", "limits.egress": ""})
		Expect(limited).To(Equal(model.Device{
			"type": "nic", "network": "incusbr0", "limits.ingress": "10Mbit", "limits.egress": "1Gbit",
		}))
		Expect(profile).To(HaveLen(3), "the profile's device is left as it was")
	})
})

var _ = Describe("Proxy devices", func() {
	It("publish bot i on base+i", func() {
		bot := v1alpha1.BotSpec{Port: 9000, HostPortBase: new(int32(8080))}
		Expect(render.BotProxyDevices(bot, 2)).To(Equal(map[string]model.Device{
			"bot-port": {"type": "proxy", "listen": "tcp:0.0.0.0:8082", "connect": "tcp:127.0.0.1:9000"},
		}))
	})

	It("are none for a bot that is not published", func() {
		Expect(render.BotProxyDevices(v1alpha1.BotSpec{Port: 9000}, 2)).To(Equal(map[string]model.Device{"bot-port": nil}))
	})

	DescribeTable("publish edge i on base+i-1",
		func(mode v1alpha1.TLSMode, ports *v1alpha1.EdgeHostPorts, ordinal int, http, https model.Device) {
			edge := v1alpha1.EdgeSpec{TLS: v1alpha1.EdgeTLS{Mode: mode}, HostPorts: ports}
			Expect(render.EdgeProxyDevices(edge, ordinal)).To(Equal(map[string]model.Device{
				"http-port": http, "https-port": https, "http3-port": nil,
			}))
		},
		Entry("not at all", v1alpha1.TLSModeInternal, nil, 1, nil, nil),
		Entry("both ports", v1alpha1.TLSModeInternal,
			&v1alpha1.EdgeHostPorts{Address: "127.0.0.1", HTTPBase: new(int32(8080)), HTTPSBase: new(int32(8443))}, 3,
			model.Device{"type": "proxy", "listen": "tcp:127.0.0.1:8082", "connect": "tcp:127.0.0.1:80", "proxy_protocol": "true"},
			model.Device{"type": "proxy", "listen": "tcp:127.0.0.1:8445", "connect": "tcp:127.0.0.1:443", "proxy_protocol": "true"}),
		Entry("an IPv6 address", v1alpha1.TLSModeOff, &v1alpha1.EdgeHostPorts{Address: "::1", HTTPBase: new(int32(80))}, 1,
			model.Device{"type": "proxy", "listen": "tcp:[::1]:80", "connect": "tcp:127.0.0.1:80", "proxy_protocol": "true"}, nil),
		Entry("every address by default", v1alpha1.TLSModeOff, &v1alpha1.EdgeHostPorts{HTTPBase: new(int32(80))}, 1,
			model.Device{"type": "proxy", "listen": "tcp:0.0.0.0:80", "connect": "tcp:127.0.0.1:80", "proxy_protocol": "true"}, nil),
		Entry("no HTTPS where the edge speaks none", v1alpha1.TLSModeOff, &v1alpha1.EdgeHostPorts{HTTPSBase: new(int32(443))}, 1, nil, nil),
	)

	It("publish HTTP/3 on the port of HTTPS, by UDP, which carries no client's address", func() {
		edge := v1alpha1.EdgeSpec{
			HTTP3: true, TLS: v1alpha1.EdgeTLS{Mode: v1alpha1.TLSModeSecret}, HostPorts: &v1alpha1.EdgeHostPorts{HTTPSBase: new(int32(443))},
		}
		Expect(render.EdgeProxyDevices(edge, 2)).To(HaveKeyWithValue("http3-port",
			model.Device{"type": "proxy", "listen": "udp:0.0.0.0:444", "connect": "udp:127.0.0.1:443"}))
	})
})
