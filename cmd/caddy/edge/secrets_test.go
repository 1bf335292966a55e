package edge_test

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/gorilla/websocket"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// issued makes a self-signed certificate with a serial number, for bot.example.com.
func issued(serial int64) object {
	GinkgoHelper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	Expect(err).NotTo(HaveOccurred())
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), DNSNames: []string{"bot.example.com"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	Expect(err).NotTo(HaveOccurred())
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	Expect(err).NotTo(HaveOccurred())
	return object{
		"chain": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		"key":   string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: encoded})),
	}
}

// secretCookieKey is the key that the specs push.
var secretCookieKey = base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))

// secretsDocument is a push of a cookie key and one certificate.
func secretsDocument(revision string, certificates ...object) []byte {
	GinkgoHelper()
	encoded, err := json.Marshal(object{
		"revision": revision, "certificates": certificates,
		"cookieKey": secretCookieKey,
	})
	Expect(err).NotTo(HaveOccurred())
	return encoded
}

// secureConfig serves the pool with certificates from the secrets.
func (e *edge) secureConfig(front string) []byte {
	GinkgoHelper()
	encoded, err := json.Marshal(object{
		"admin":   object{"listen": "unix/" + e.socket("admin"), "config": object{"persist": false}},
		"logging": object{"logs": object{"default": object{"writer": object{"output": "discard"}}}},
		"apps": object{
			"botcluster": object{"revision": "secure", "loopback_members": true},
			"tls":        object{"automation": object{"policies": []object{{"get_certificate": []object{{"via": "botcluster"}}}}}},
			"http": object{"grace_period": "1s", "servers": object{"front": object{
				"listen": []string{"unix/" + e.socket(front)}, "automatic_https": object{"disable_redirects": true, "disable_certificates": true},
				"tls_connection_policies": []object{{}},
				"routes":                  []object{{"handle": []object{{"handler": "botcluster_routes", "name": "front", "routes": []object{{"handle": toPool()}}}}}},
			}}},
		},
	})
	Expect(err).NotTo(HaveOccurred())
	return encoded
}

// handshake connects with TLS and tells the serial number of the certificate shown.
func (e *edge) handshake(ctx context.Context, name string) (*tls.Conn, int64, error) {
	plain, err := e.dialFront(ctx, "", "")
	if err != nil {
		return nil, 0, err
	}
	secure := tls.Client(plain, &tls.Config{ServerName: name, InsecureSkipVerify: true, MinVersion: tls.VersionTLS12})
	if err := secure.HandshakeContext(ctx); err != nil {
		return nil, 0, err
	}
	return secure, secure.ConnectionState().PeerCertificates[0].SerialNumber.Int64(), nil
}

var _ = Describe("The secrets of an edge", Ordered, func() {
	push := func(body []byte) answer {
		GinkgoHelper()
		return caddyProcess.call(http.MethodPut, "/botcluster/secrets", body)
	}

	It("are shown nowhere, and kept for the edge's own user", func() {
		certificate := issued(1)
		pushed := push(secretsDocument("s-canary", certificate))
		Expect(documentOf(pushed).SecretsRevision).To(Equal("s-canary"))
		key := strings.Split(certificate["key"].(string), "\n")[1]
		for _, path := range []string{"/botcluster/pool", "/config/", "/metrics"} {
			Expect(caddyProcess.call(http.MethodGet, path, nil).Body).NotTo(Or(ContainSubstring(key), ContainSubstring("kkkk"), ContainSubstring("a2tr")), path)
		}
		file := filepath.Join(caddy.AppDataDir(), "botcluster", "secrets.json")
		kept, err := os.ReadFile(file)
		Expect(err).NotTo(HaveOccurred())
		Expect(string(kept)).To(ContainSubstring(key))
		about, err := os.Stat(file)
		Expect(err).NotTo(HaveOccurred())
		Expect(about.Mode().Perm()).To(BeEquivalentTo(0o600))
	})

	It("are refused with a sentence that holds none of them", func() {
		certificate := issued(1)
		certificate["key"] = "canary"
		refused := push(secretsDocument("s-bad", certificate))
		Expect(refused.Status).To(Equal(http.StatusBadRequest))
		Expect(refused.Body).To(ContainSubstring("certificates[0]"))
		Expect(refused.Body).NotTo(ContainSubstring("canary"))
		Expect(caddyProcess.pool().SecretsRevision).NotTo(Equal("s-bad"))
		Expect(caddyProcess.call(http.MethodGet, "/botcluster/secrets", nil).Status).To(Equal(http.StatusMethodNotAllowed))
	})

	It("are rotated without a cut: the next handshake sees them, and what is open goes on", func(ctx SpecContext) {
		one := startBot("bot-1")
		push(secretsDocument("s-0", issued(100)))
		caddyProcess.generation++
		caddyProcess.call(http.MethodPut, "/botcluster/config", caddyProcess.secureConfig(caddyProcess.frontName()))
		caddyProcess.serve(one.active())

		open, serial, err := caddyProcess.handshake(ctx, "bot.example.com")
		Expect(err).NotTo(HaveOccurred())
		Expect(serial).To(BeEquivalentTo(100))
		kept := bufio.NewReader(open)
		socket := caddyProcess.secureSocket(ctx)
		stop, asked := make(chan struct{}), atomic.Int64{}
		var group sync.WaitGroup
		end := sync.OnceFunc(func() { close(stop); group.Wait() })
		DeferCleanup(end)
		for range 4 {
			group.Go(func() {
				defer GinkgoRecover()
				for ; ; asked.Add(1) {
					select {
					case <-stop:
						return
					default:
						connection, _, err := caddyProcess.handshake(ctx, "bot.example.com")
						Expect(err).NotTo(HaveOccurred())
						expectAnswer(connection, bufio.NewReader(connection), "GET / HTTP/1.1\r\nHost: bot.example.com\r\n\r\n")
						Expect(connection.Close()).To(Succeed())
					}
				}
			})
		}
		for i := range int64(20) {
			Expect(push(secretsDocument(fmt.Sprintf("s-%d", i+1), issued(101+i))).Status).To(Equal(http.StatusOK))
			// Handshakes at the same moment share one look at the certificates, which may have begun before the push.
			Eventually(func(g Gomega) int64 {
				connection, serial, err := caddyProcess.handshake(ctx, "bot.example.com")
				g.Expect(err).NotTo(HaveOccurred())
				g.Expect(connection.Close()).To(Succeed())
				return serial
			}).Should(Equal(101 + i))
			expectAnswer(open, kept, "GET / HTTP/1.1\r\nHost: bot.example.com\r\n\r\n")
			echo(socket, "still here", "bot-1")
		}
		end()
		Expect(asked.Load()).To(BeNumerically(">", 20))
		other, serial, err := caddyProcess.handshake(ctx, "somebody.else")
		Expect(err).NotTo(HaveOccurred())
		Expect(serial).To(BeEquivalentTo(120), "a name that is on no certificate gets the first")
		Expect(other.Close()).To(Succeed())
	}, SpecTimeout(time.Minute))

	It("end a handshake when there is no certificate, and have none issued", func(ctx SpecContext) {
		push(secretsDocument("s-none"))
		caddyProcess.generation++
		caddyProcess.call(http.MethodPut, "/botcluster/config", caddyProcess.secureConfig(caddyProcess.frontName()))
		_, _, err := caddyProcess.handshake(ctx, "bot.example.com")
		Expect(err).To(HaveOccurred())
	}, SpecTimeout(time.Minute))
})

// secureSocket opens a WebSocket over TLS.
func (e *edge) secureSocket(ctx context.Context) *websocket.Conn {
	GinkgoHelper()
	dialer := &websocket.Dialer{
		NetDialContext: e.dialFront, HandshakeTimeout: 5 * time.Second,
		TLSClientConfig: &tls.Config{ServerName: "bot.example.com", InsecureSkipVerify: true, MinVersion: tls.VersionTLS12},
	}
	connection, response, err := dialer.DialContext(ctx, (&url.URL{Scheme: "wss", Host: "bot.example.com", Path: "/ws"}).String(), nil)
	Expect(err).NotTo(HaveOccurred())
	Expect(response.Body.Close()).To(Succeed())
	DeferCleanup(func() { _ = connection.Close() })
	return connection
}
