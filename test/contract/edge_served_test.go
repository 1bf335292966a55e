package contract_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gorilla/websocket"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider"
	"github.com/generalbots/botcluster-operator/controllers/provider/caddy"
	"github.com/generalbots/botcluster-operator/controllers/render"
)

// servedEdge is real Caddy with rendered routes, on loopback ports instead of those of an instance, before some bots.
type servedEdge struct {
	process     *caddyProcess
	edge        provider.Edge
	bots        []*bot
	probe       model.Probe
	http, https string // addresses
}

// serveEdge begins one and waits until it serves all its bots.
func serveEdge(ctx context.Context, spec v1alpha1.EdgeSpec, bots int) *servedEdge {
	GinkgoHelper()
	edges := caddy.New()
	DeferCleanup(func() { edges.Forget("host/edge-1") })
	served := &servedEdge{process: newCaddyProcess(), probe: quickProbe, http: freeEdgeAddress(), https: freeEdgeAddress()}
	served.edge = edges.Edge("host/edge-1", served.process.Dial)
	served.process.Start()
	Eventually(served.edge.State).WithContext(ctx).Should(HaveField("Process", Not(BeEmpty())))
	Expect(served.edge.SetSecrets(ctx, model.EdgeSecrets{Revision: "secrets", CookieKey: cookieKey})).To(Succeed())
	served.load(ctx, spec)
	for i := range bots {
		served.bots = append(served.bots, newBot(fmt.Sprintf("bot-%d", i+1)))
	}
	served.hold(ctx, "all", model.MemberActive)
	served.awaitServing(ctx, bots)
	return served
}

// load gives the edge rendered routes.
func (s *servedEdge) load(ctx context.Context, spec v1alpha1.EdgeSpec) {
	GinkgoHelper()
	routes := render.Routes(v1alpha1.BotClusterSpec{Edge: spec, Drain: v1alpha1.DrainSpec{Timeout: &metav1.Duration{Duration: 5 * time.Second}}})
	routes.Config = s.relocate(routes.Config)
	Expect(s.edge.SetRoutes(ctx, routes)).To(Succeed())
	Expect(s.edge.State(ctx)).To(HaveField("RoutesRevision", routes.Revision))
}

// relocate replaces what belongs to an instance: the admin socket and the ports. ACME goes to a port of the loopback
// that is closed.
func (s *servedEdge) relocate(config []byte) []byte {
	GinkgoHelper()
	text := strings.NewReplacer(
		`"unix//run/caddy/admin.sock|0600"`, fmt.Sprintf("%q", s.process.AdminListen()),
		`"http_port":80`, `"http_port":`+edgePort(s.http), `"https_port":443`, `"https_port":`+edgePort(s.https),
		`":80"`, fmt.Sprintf("%q", s.http), `":443"`, fmt.Sprintf("%q", s.https),
		`"module":"acme"`, fmt.Sprintf(`"module":"acme","ca":"https://%s/directory"`, freeEdgeAddress()),
		`"botcluster":{`, `"botcluster":{"loopback_members":true,`,
	).Replace(string(config))
	Expect(json.Valid([]byte(text))).To(BeTrue())
	return []byte(text)
}

// hold gives the edge a pool of all bots in a state; others are named with theirs.
func (s *servedEdge) hold(ctx context.Context, revision string, state model.MemberState, others ...model.Member) model.EdgeState {
	GinkgoHelper()
	pool := model.Pool{Revision: revision, Probe: s.probe}
	for _, bot := range s.bots {
		pool.Members = append(pool.Members, bot.Member(state))
	}
	for _, other := range others {
		for i, member := range pool.Members {
			if member.Name == other.Name {
				pool.Members[i] = other
			}
		}
	}
	seen, err := s.edge.SetPool(ctx, pool)
	Expect(err).NotTo(HaveOccurred())
	return seen
}

func (s *servedEdge) awaitServing(ctx context.Context, bots int) {
	GinkgoHelper()
	Eventually(func() (int, error) {
		seen, err := s.edge.State(ctx)
		serving := 0
		for _, member := range seen.Members {
			if member.Serving {
				serving++
			}
		}
		return serving, err
	}).WithContext(ctx).WithPolling(10 * time.Millisecond).Should(Equal(bots))
}

// inFlight counts what a bot has in hand, as the edge sees it.
func (s *servedEdge) inFlight(ctx context.Context, name string) func() (int64, error) {
	return func() (int64, error) {
		seen, err := s.edge.State(ctx)
		for _, member := range seen.Members {
			if member.Name == name {
				return member.InFlight, err
			}
		}
		return -1, err
	}
}

// client reaches the edge under any name; it trusts the edge's own authority and nobody else.
func (s *servedEdge) client() *http.Client {
	GinkgoHelper()
	transport := &http.Transport{
		DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			target := s.http
			if strings.HasSuffix(address, ":443") {
				target = s.https
			}
			return new(net.Dialer).DialContext(ctx, "tcp", target)
		},
		TLSClientConfig:    &tls.Config{RootCAs: s.authority(), MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:  true,
		DisableCompression: true,
	}
	DeferCleanup(transport.CloseIdleConnections)
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func (s *servedEdge) authority() *x509.CertPool {
	GinkgoHelper()
	roots := x509.NewCertPool()
	root, err := os.ReadFile(filepath.Join(s.process.folder, "caddy", "pki", "authorities", "local", "root.crt"))
	if err == nil {
		Expect(roots.AppendCertsFromPEM(root)).To(BeTrue())
	}
	return roots
}

// webSocket opens one and returns it with the name of the bot behind it and the cookie that the edge set.
func (s *servedEdge) webSocket(ctx context.Context, cookie string) (connection *websocket.Conn, bot, sticky string) {
	GinkgoHelper()
	header := http.Header{}
	if cookie != "" {
		header.Set("Cookie", cookie)
	}
	//nolint:bodyclose // an upgrade's answer has no body
	connection, response, err := websocket.DefaultDialer.DialContext(ctx, "ws://"+s.http+"/ws", header)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { _ = connection.Close() }) // the spec may have closed it
	_, name, err := connection.ReadMessage()
	Expect(err).NotTo(HaveOccurred())
	for _, set := range response.Cookies() {
		sticky = set.Name + "=" + set.Value
	}
	return connection, string(name), sticky
}

// fetchFromEdge asks and reads the whole answer.
func fetchFromEdge(ctx context.Context, client *http.Client, url string, header ...string) (*http.Response, []byte) {
	GinkgoHelper()
	response, body, err := tryFetchFromEdge(ctx, client, url, header...)
	Expect(err).NotTo(HaveOccurred())
	return response, body
}

func freeEdgeAddress() string {
	GinkgoHelper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	Expect(err).NotTo(HaveOccurred())
	defer func() { Expect(listener.Close()).To(Succeed()) }()
	return listener.Addr().String()
}

func edgePort(address string) string { return address[strings.LastIndex(address, ":")+1:] }
