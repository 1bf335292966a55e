package e2e

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("ACME at the edge", Label("edge"), func() {
	It("gets a certificate from the authority that the spec names", func(ctx context.Context) {
		authority := startACMEAuthority(ctx)
		manifest := newEdge(newNamespace(ctx), "notary", 1, "{}")
		manifest.edge = authority.edge("warm-up.example.com")
		applyEdge(ctx, manifest)
		bc := manifest.cluster
		waitReady(ctx, bc)
		address := addressOf(ctx, bc, "edge", 1)

		// The image of a real edge trusts the authority; this edge is told to.
		root := filepath.Join(GinkgoT().TempDir(), "root.crt")
		Expect(os.WriteFile(root, []byte(authority.root), 0o600)).To(Succeed())
		edge := instanceOf(ctx, bc, "edge", 1)
		run(ctx, "file", "push", "--mode", "0644", root, edge+"/etc/ssl/certs/authority-of-a-spec.pem")
		run(ctx, "exec", edge, "--", "systemctl", "restart", "caddy")

		// The authority has to find the edge by name. A name that it could not find is tried again after a minute, so the
		// edge learns its own only when the authority knows it.
		run(ctx, "exec", authority.instance, "--", "sh", "-c", `echo "$1 $2" >> /etc/hosts`, "sh", address, edgeName)
		patchEdge(ctx, bc, `{"hosts":["`+edgeName+`"]}`)
		trust := &tls.Config{RootCAs: authority.roots, ServerName: edgeName, MinVersion: tls.VersionTLS12}
		Eventually(shownTo).WithContext(ctx).WithArguments(ctx, trust, address).WithTimeout(rotationTimeout).ShouldNot(BeZero())

		client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
			TLSClientConfig: trust, DisableKeepAlives: true,
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort(address, "443"))
			},
		}}
		response, body := fetch(ctx, client, "https://"+edgeName+"/api/ping")
		Expect(response.StatusCode).To(Equal(http.StatusOK), body)
		waitReady(ctx, bc)
	}, SpecTimeout(4*time.Minute))
})

// acmeAuthority is an instance whose Caddy issues certificates by ACME.
type acmeAuthority struct {
	instance, directory, root string
	roots                     *x509.CertPool
}

// edge is a spec.edge with certificates of the authority for a name.
func (a acmeAuthority) edge(host string) string {
	GinkgoHelper()
	text, err := json.Marshal(map[string]any{
		"hosts": []string{host},
		"tls":   map[string]any{"mode": "Auto", "email": "ops@example.com", "issuer": a.directory},
	})
	Expect(err).NotTo(HaveOccurred())
	return string(text)
}

// startACMEAuthority runs one in an instance of the edge's image, which goes after the spec.
func startACMEAuthority(ctx context.Context) acmeAuthority {
	GinkgoHelper()
	authority := acmeAuthority{instance: "acme-authority", roots: x509.NewCertPool()}
	run(ctx, "init", "botcluster-edge", authority.instance)
	DeferCleanup(func(ctx context.Context) { run(ctx, "delete", "--force", authority.instance) })
	run(ctx, "start", authority.instance)
	var address string
	Eventually(ctx, func() string {
		address, _, _ = strings.Cut(run(ctx, "list", authority.instance, "--format", "csv", "--columns", "4"), " ")
		return address
	}).WithTimeout(promptTimeout).Should(MatchRegexp(`^[0-9.]+$`))
	authority.directory = "https://" + address + "/acme/local/directory"

	config := filepath.Join(GinkgoT().TempDir(), "caddy.json")
	Expect(os.WriteFile(config, []byte(strings.ReplaceAll(acmeAuthorityConfig, "ADDRESS", address)), 0o600)).To(Succeed())
	run(ctx, "file", "push", "--mode", "0644", config, authority.instance+"/etc/caddy/bootstrap.json")
	// Without its last configuration, Caddy begins with the one in the file.
	run(ctx, "exec", authority.instance, "--", "sh", "-c",
		"systemctl stop caddy && rm -f /var/lib/caddy/caddy/autosave.json && systemctl start caddy")
	Eventually(ctx, func() (err error) {
		authority.root, err = incus.Run(ctx, "exec", authority.instance, "--", "cat", "/var/lib/caddy/caddy/pki/authorities/local/root.crt")
		return err
	}).WithTimeout(promptTimeout).Should(Succeed())
	Expect(authority.roots.AppendCertsFromPEM([]byte(authority.root))).To(BeTrue())
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: authority.roots, MinVersion: tls.VersionTLS12}, DisableKeepAlives: true,
	}}
	Eventually(ctx, func() error {
		response, err := client.Get(authority.directory)
		if err == nil {
			err = response.Body.Close()
		}
		return err
	}).WithTimeout(promptTimeout).Should(Succeed())
	return authority
}

// acmeAuthorityConfig is a Caddy that issues whatever it is asked for by those who answer at the name.
const acmeAuthorityConfig = `{
	"admin": {"listen": "unix//run/caddy/admin.sock|0600"},
	"apps": {
		"pki": {"certificate_authorities": {"local": {"install_trust": false}}},
		"tls": {
			"certificates": {"automate": ["ADDRESS"]},
			"automation": {"policies": [{"subjects": ["ADDRESS"], "issuers": [{"module": "internal"}]}]}
		},
		"http": {"servers": {"acme": {
			"listen": [":443"],
			"automatic_https": {"disable": true},
			"tls_connection_policies": [{"default_sni": "ADDRESS"}],
			"routes": [{"handle": [{"handler": "acme_server", "ca": "local"}]}]
		}}}
	}
}`
