package integration

import (
	"context"
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"
)

// minimal is the smallest good BotCluster.
const minimal = `
apiVersion: scaling.generalbots.dev/v1alpha1
kind: BotCluster
metadata: {generateName: valid-, namespace: default}
spec:
  incus: {unixSocket: /var/lib/incus/unix.socket}
  bot: {image: {alias: botcluster-bot}}
  edge: {}
`

// with puts a value at a path (a.b.c) of the minimal BotCluster; the value is YAML, and nothing removes the field.
func with(path, value string) *unstructured.Unstructured {
	GinkgoHelper()
	object := &unstructured.Unstructured{}
	Expect(yaml.Unmarshal([]byte(minimal), &object.Object)).To(Succeed())
	if path == "" {
		return object
	}
	fields := strings.Split("spec."+path, ".")
	if value == "" {
		unstructured.RemoveNestedField(object.Object, fields...)
		return object
	}
	var content any
	Expect(yaml.Unmarshal([]byte(value), &content)).To(Succeed())
	if number, isNumber := content.(float64); isNumber {
		content = int64(number)
	}
	Expect(unstructured.SetNestedField(object.Object, content, fields...)).To(Succeed())
	return object
}

var _ = Describe("The API server", func() {
	DescribeTable("takes", func(ctx context.Context, path, value string) {
		object := with(path, value)
		Expect(kubernetes.Client.Create(ctx, object)).To(Succeed())
		Expect(kubernetes.Client.Delete(ctx, object)).To(Succeed())
	},
		Entry("the least", "", ""),
		Entry("the document's memory", "bot.resources.memory", "8GB"),
		Entry("Kubernetes' memory", "bot.resources.memory", "8Gi"),
		Entry("whole cores", "bot.resources.cpu", "4"),
		Entry("whole cores as text", "bot.resources.cpu", `"4"`),
		Entry("a share of CPU", "bot.resources.cpu", "500m"),
		Entry("a fraction of cores", "bot.resources.cpu", `"1.5"`),
		Entry("the document's bandwidth", "bot.resources.network.ingress", "100Mbit"),
		Entry("the lowest disk priority", "bot.resources.disk.priority", "0"),
		Entry("the highest disk priority", "bot.resources.disk.priority", "10"),
		Entry("no replicas", "replicas", "0"),
		Entry("a health path", "health.path", "/health"),
		Entry("a drain of nothing", "drain.timeout", "0s"),
		Entry("an identity", "incus", "{identitySecretRef: {name: incus}}"),
		Entry("a fingerprint", "bot.image", "{fingerprint: 0123456789ab}"),
		Entry("a host", "edge.hosts", "[bot.example.com]"),
		Entry("a command", "bot.command", "[/opt/gbo/bin/botserver, --verbose]"),
		Entry("a file", "bot.files", "[{path: /opt/gbo/conf/x.toml, content: a}]"),
		Entry("host ports", "edge.hostPorts", "{address: 127.0.0.1, httpBase: 8088}"),
	)

	DescribeTable("refuses, and says what to write instead,", func(ctx context.Context, path, value, sentence string) {
		err := kubernetes.Client.Create(ctx, with(path, value))
		Expect(err).To(HaveOccurred())
		Expect(err.Error()).To(ContainSubstring(sentence))
	},
		Entry("memory without a number", "bot.resources.memory", "lots", "must be a whole number with a unit, such as 512MiB"),
		Entry("memory without a unit", "bot.resources.memory", `"1024"`, "must be a whole number with a unit"),
		Entry("no memory", "bot.resources.memory", "0GB", "must be a whole number with a unit"),
		Entry("a negative CPU", "bot.resources.cpu", "-1", "resources.cpu must be a number of cores such as 4, 1.5 or 500m"),
		Entry("a CPU of words", "bot.resources.cpu", "many", "resources.cpu must be a number of cores such as 4, 1.5 or 500m"),
		Entry("no CPU", "bot.resources.cpu", `"0.0"`, "resources.cpu must be a number of cores such as 4, 1.5 or 500m"),
		Entry("ACME without names", "edge.tls", "{mode: Auto}", "edge.tls.mode Auto needs edge.hosts"),
		Entry("bytes as bandwidth", "bot.resources.network.egress", "100MB", "must be a whole number of bits per second with a unit, such as 100Mbit"),
		Entry("a disk priority of 11", "bot.resources.disk.priority", "11", "should be less than or equal to 10"),
		Entry("negative replicas", "replicas", "-1", "should be greater than or equal to 0"),
		Entry("no server", "incus", "{}", "set exactly one of incus.identitySecretRef"),
		Entry("two servers", "incus", "{unixSocket: /a/b, identitySecretRef: {name: x}}", "set exactly one of incus.identitySecretRef"),
		Entry("a project beside an identity", "incus", "{project: p, identitySecretRef: {name: x}}", "write the project into the Secret's key `project`"),
		Entry("a socket path with dots", "incus.unixSocket", "/var/../etc/x", "incus.unixSocket must be an absolute path"),
		Entry("no image", "bot.image", "{}", "set exactly one of image.alias and image.fingerprint"),
		Entry("a remote's image", "bot.image.alias", "images:debian/12", "without a remote"),
		Entry("a relative health path", "health.path", "api/health", "health.path must be an absolute URL path"),
		Entry("a health path with a query", "health.path", "/x?y", "health.path must be an absolute URL path"),
		Entry("an interval of a tick", "health.interval", "1ms", "health.interval must be a duration from 1s to 10m"),
		Entry("an interval of words", "health.interval", "often", "health.interval must be a duration from 1s to 10m"),
		Entry("a timeout above the interval", "health", "{interval: 2s, timeout: 5s}", "health.timeout must not be longer than health.interval"),
		Entry("a drain without end", "drain.timeout", "48h", "drain.timeout must be a duration of at most 24h"),
		Entry("a command with a relative path", "bot.command", "[botserver]", "bot.command must begin with the absolute path"),
		Entry("a variable with a bad name", "bot.env", "[{name: 1X, value: word}]", "the name of a variable must be letters"),
		Entry("a variable of two lines", "bot.env", `[{name: X, value: "a\nb"}]`, "the value of a variable must be one line"),
		Entry("a file outside of the tree", "bot.files", "[{path: /opt/../etc/passwd, content: x}]", "files[].path must be an absolute path"),
		Entry("a file without content", "bot.files", "[{path: /x}]", "set exactly one of files[].content and files[].secretKeyRef"),
		Entry("a mode of words", "bot.files", `[{path: /x, content: text, mode: "rw"}]`, "files[].mode must be four octal digits"),
		Entry("a service that is a path", "bot.service", "../x", "bot.service must be the name of a systemd unit"),
		Entry("a host with a scheme", "edge.hosts", `["https://x"]`, "a host must be a lower-case DNS name"),
		Entry("an e-mail without ACME", "edge.tls", "{mode: Internal, email: a@b}", "goes with mode Auto"),
		Entry("an unknown TLS mode", "edge.tls.mode", "Sometimes", "Unsupported value"),
		Entry("a host name as address", "edge.hostPorts", "{address: localhost}", "edge.hostPorts.address must be an IP address"),
		Entry("no edges", "edge.instances", "0", "should be greater than or equal to 1"),
		Entry("an unknown deletion policy", "deletionPolicy", "Maybe", "Unsupported value"),
	)

	It("fills in the document's defaults and keeps what the user typed", func(ctx context.Context) {
		object := with("drain.timeout", "1m30s")
		Expect(kubernetes.Client.Create(ctx, object)).To(Succeed())
		DeferCleanup(func(ctx context.Context) { Expect(kubernetes.Client.Delete(ctx, object)).To(Succeed()) })
		for path, want := range map[string]any{
			"replicas": int64(1), "bot.port": int64(8080), "bot.service": "botserver", "health.path": "/api/health",
			"health.interval": "10s", "health.timeout": "5s", "health.retries": int64(3), "drain.timeout": "1m30s",
			"edge.instances": int64(1), "edge.tls.mode": "Off", "deletionPolicy": "Retain",
		} {
			got, found, err := unstructured.NestedFieldNoCopy(object.Object, strings.Split("spec."+path, ".")...)
			Expect(err).NotTo(HaveOccurred())
			Expect(found).To(BeTrue(), path)
			Expect(got).To(Equal(want), path)
		}
	})

	It("explains every field", func(ctx context.Context) {
		out, err := kubernetes.Kubectl(ctx, "explain", "botcluster.spec", "--recursive")
		Expect(err).NotTo(HaveOccurred(), out)
		for _, field := range []string{"replicas", "incus", "bot", "edge", "health", "drain", "suspend", "deletionPolicy"} {
			detail, err := kubernetes.Kubectl(ctx, "explain", fmt.Sprintf("botcluster.spec.%s", field))
			Expect(err).NotTo(HaveOccurred(), detail)
			Expect(detail).NotTo(ContainSubstring("<empty>"), field)
		}
	})
})
