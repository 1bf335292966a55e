package edge_test

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/quic-go/quic-go/http3"
)

var _ = Describe("The certificates of an edge", func() {
	var address string
	BeforeEach(func() {
		probe, err := net.Listen("tcp", "127.0.0.1:0")
		Expect(err).NotTo(HaveOccurred())
		address = probe.Addr().String()
		Expect(probe.Close()).To(Succeed())
		pushed := caddyProcess.call(http.MethodPut, "/botcluster/secrets", secretsDocument("s-before", issued(1)))
		Expect(pushed.Status).To(Equal(http.StatusOK), pushed.Body)
		config := string(caddyProcess.secureConfig("front"))
		config = strings.Replace(config, `"unix/`+caddyProcess.socket("front")+`"`, `"`+address+`"`, 1)
		loaded := caddyProcess.call(http.MethodPut, "/botcluster/config", []byte(config))
		Expect(loaded.Status).To(Equal(http.StatusOK), loaded.Body)
		one := startBot("bot-1")
		caddyProcess.serve(one.active())
	})

	trusting := func() *tls.Config {
		return &tls.Config{ServerName: "bot.example.com", InsecureSkipVerify: true, MinVersion: tls.VersionTLS12} // the spec looks at the certificate itself
	}
	// serial asks once and tells the protocol spoken and the serial number of the certificate shown.
	serial := func(client http.RoundTripper) (string, int64) {
		GinkgoHelper()
		request, err := http.NewRequestWithContext(GinkgoT().Context(), http.MethodGet, "https://"+address+"/", http.NoBody)
		Expect(err).NotTo(HaveOccurred())
		response, err := client.RoundTrip(request)
		Expect(err).NotTo(HaveOccurred())
		_, err = io.Copy(io.Discard, response.Body)
		Expect(err).NotTo(HaveOccurred())
		Expect(response.Body.Close()).To(Succeed())
		Expect(response.StatusCode).To(Equal(http.StatusOK))
		return response.Proto, response.TLS.PeerCertificates[0].SerialNumber.Int64()
	}

	DescribeTable("are rotated for the next handshake, and connections that are open go on, with",
		func(protocol string, connect func() http.RoundTripper) {
			open := connect()
			spoken, shown := serial(open)
			Expect(spoken).To(Equal(protocol))
			Expect(shown).To(BeEquivalentTo(1))
			pushed := caddyProcess.call(http.MethodPut, "/botcluster/secrets", secretsDocument("s-after", issued(2)))
			Expect(pushed.Status).To(Equal(http.StatusOK), pushed.Body)
			_, shown = serial(open)
			Expect(shown).To(BeEquivalentTo(1), "it is the same connection")
			spoken, shown = serial(connect())
			Expect(spoken).To(Equal(protocol))
			Expect(shown).To(BeEquivalentTo(2))
		},
		Entry("HTTP/1.1", "HTTP/1.1", func() http.RoundTripper {
			transport := &http.Transport{TLSClientConfig: trusting(), Protocols: new(http.Protocols)}
			transport.Protocols.SetHTTP1(true)
			DeferCleanup(transport.CloseIdleConnections)
			return transport
		}),
		Entry("HTTP/2", "HTTP/2.0", func() http.RoundTripper {
			transport := &http.Transport{TLSClientConfig: trusting(), ForceAttemptHTTP2: true}
			DeferCleanup(transport.CloseIdleConnections)
			return transport
		}),
		Entry("HTTP/3", "HTTP/3.0", func() http.RoundTripper {
			transport := &http3.Transport{TLSClientConfig: trusting()}
			DeferCleanup(transport.Close)
			return transport
		}),
	)
})
