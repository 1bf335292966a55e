package e2e

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/quic-go/quic-go/http3"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
)

var _ = Describe("TLS of the edge", Label("edge"), func() {
	It("from a Secret is rotated without a cut, keeps its certificate when the Secret is spoiled, and shows no key", func(ctx context.Context) {
		issuer := newAuthority()
		content, serial := issuer.issue(edgeName)
		namespace := newNamespace(ctx)
		writeTLSSecret(ctx, namespace, "web", content)
		manifest := newEdge(namespace, "seal", 2, `{"tls":{"mode":"Secret","secretRef":{"name":"web"}}}`)
		applyEdge(ctx, manifest)
		bc := manifest.cluster
		waitReady(ctx, bc)
		address := addressOf(ctx, bc, "edge", 1)
		shown := func() (int64, error) { return shownTo(ctx, issuer.trust(), address) }
		Eventually(shown).WithContext(ctx).WithTimeout(promptTimeout).Should(Equal(serial))
		mix := everybody("https://" + address)
		mix.TLS = issuer.trust()
		clients := begin(ctx, mix)

		By("another certificate")
		content, serial = issuer.issue(edgeName)
		writeTLSSecret(ctx, namespace, "web", content)
		Eventually(shown).WithContext(ctx).WithTimeout(rotationTimeout).Should(Equal(serial))

		By("a key of another certificate")
		other, _ := issuer.issue(edgeName)
		spoiled := map[string][]byte{corev1.TLSCertKey: content[corev1.TLSCertKey], corev1.TLSPrivateKeyKey: other[corev1.TLSPrivateKeyKey]}
		writeTLSSecret(ctx, namespace, "web", spoiled)
		Eventually(ctx, func(g Gomega) {
			refresh(ctx, bc)
			g.Expect(bc.Status.Conditions).To(ContainElement(And(
				HaveField("Type", v1alpha1.ConditionEdgeReady), HaveField("Status", metav1.ConditionFalse),
				HaveField("Message", ContainSubstring("web")))))
		}).WithTimeout(rotationTimeout).Should(Succeed())
		Expect(shown()).To(Equal(serial), "the old one serves on")

		By("a good one again")
		content, serial = issuer.issue(edgeName)
		writeTLSSecret(ctx, namespace, "web", content)
		Eventually(shown).WithContext(ctx).WithTimeout(rotationTimeout).Should(Equal(serial))
		waitReady(ctx, bc)
		expectNothingLost(clients)

		By("looking for the key")
		edge := instanceOf(ctx, bc, "edge", 1)
		key := string(content[corev1.TLSPrivateKeyKey][len("-----BEGIN PRIVATE KEY-----\n"):][:40])
		Expect(run(ctx, "config", "show", edge, "--expanded")).NotTo(ContainSubstring(key))
		Expect(operators.log.String()).NotTo(ContainSubstring(key))
		Expect(kubectl(ctx, "get", "botclusters,events", "--namespace", namespace, "--output", "yaml")).NotTo(ContainSubstring(key))
		Expect(run(ctx, "exec", edge, "--", "sh", "-c", `grep -rlF -e "$1" /etc /run /tmp /var 2>/dev/null | xargs -r stat -c %a`, "sh", key)).
			To(MatchRegexp(`^(600\n)+$`), "it is in files of mode 0600")
	}, SpecTimeout(5*time.Minute))

	It("redirects plain HTTP, and speaks HTTP/1.1, HTTP/2 and HTTP/3", func(ctx context.Context) {
		issuer := newAuthority()
		content, _ := issuer.issue(edgeName)
		namespace := newNamespace(ctx)
		writeTLSSecret(ctx, namespace, "web", content)
		manifest := newEdge(namespace, "polyglot", 1, `{"tls":{"mode":"Secret","secretRef":{"name":"web"}},"http3":true}`)
		applyEdge(ctx, manifest)
		bc := manifest.cluster
		waitReady(ctx, bc)
		address := addressOf(ctx, bc, "edge", 1)

		redirect := *webClient
		redirect.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		response, _ := fetch(ctx, &redirect, "http://"+address+"/index.html?q=1")
		Expect(response.StatusCode).To(Equal(http.StatusPermanentRedirect))
		Expect(response.Header.Get("Location")).To(Equal("https://" + address + "/index.html?q=1"))

		for _, protocol := range []struct {
			major     int
			transport http.RoundTripper
		}{
			{1, &http.Transport{TLSClientConfig: issuer.trust(), DisableKeepAlives: true, Protocols: only((*http.Protocols).SetHTTP1)}},
			{2, &http.Transport{TLSClientConfig: issuer.trust(), DisableKeepAlives: true, Protocols: only((*http.Protocols).SetHTTP2)}},
			{3, quicTransport(issuer.trust())},
		} {
			client := &http.Client{Transport: protocol.transport, Timeout: 10 * time.Second}
			response, body := fetch(ctx, client, "https://"+address+"/api/ping")
			Expect(response.ProtoMajor).To(Equal(protocol.major))
			Expect(response.StatusCode).To(Equal(http.StatusOK), body)
			Expect(response.Header.Get("Botserver-Name")).To(Equal(instanceOf(ctx, bc, "bot", 1)))
			Expect(response.Header.Get("Alt-Svc")).To(ContainSubstring(`h3=":443"`))
		}
	}, SpecTimeout(3*time.Minute))
})

// rotationTimeout is above what a changed Secret may take to reach the edges, 30 s.
const rotationTimeout = 60 * time.Second

// only is a set of one protocol.
func only(set func(*http.Protocols, bool)) *http.Protocols {
	protocols := new(http.Protocols)
	set(protocols, true)
	return protocols
}

func quicTransport(trust *tls.Config) http.RoundTripper {
	transport := &http3.Transport{TLSClientConfig: trust}
	DeferCleanup(transport.Close)
	return transport
}

// fetch sends a GET and reads the whole answer.
func fetch(ctx context.Context, client *http.Client, url string) (response *http.Response, body string) {
	GinkgoHelper()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	Expect(err).NotTo(HaveOccurred())
	response, err = client.Do(request)
	Expect(err).NotTo(HaveOccurred())
	defer func() { Expect(response.Body.Close()).To(Succeed()) }()
	content, err := io.ReadAll(response.Body)
	Expect(err).NotTo(HaveOccurred())
	return response, string(content)
}
