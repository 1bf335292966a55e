package incus

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/gorilla/websocket"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

const (
	// dialLimit bounds a TCP connect, a TLS handshake and a websocket upgrade, each.
	dialLimit = 5 * time.Second
	// idleConnections are kept open per server: the readings at once, and some writers.
	idleConnections = 32
	defaultProject  = "default"
)

// checkIdentity tells whether an identity can be used at all, before anything is dialed.
func checkIdentity(identity model.Identity, allowedSockets []string) error {
	if identity.UnixSocket != "" {
		if !slices.Contains(allowedSockets, identity.UnixSocket) {
			return terminal(reasonSocketNotAllowed, nil, "the operator may not use the socket %q: "+
				"start it with --incus-unix-socket=%s, or use an identity Secret", identity.UnixSocket, identity.UnixSocket)
		}
		return nil
	}
	if !isServerURL(identity.Server) {
		// What was written is not repeated: it may be a key in the wrong place.
		return terminal(reasonIdentityInvalid, nil,
			"the key `server` of the identity Secret must be a URL such as https://10.0.0.5:8443")
	}
	if identity.ServerCertificate != "" && !isCertificate(identity.ServerCertificate) {
		return terminal(reasonIdentityInvalid, nil, "the key `server-crt` of the identity Secret must hold the server's certificate as PEM")
	}
	if !isCertificate(identity.ClientCertificate) {
		return terminal(reasonIdentityInvalid, nil, "the key `client-crt` of the identity Secret must hold a certificate as PEM")
	}
	if block, _ := pem.Decode([]byte(identity.ClientKey)); block == nil {
		return terminal(reasonIdentityInvalid, nil, "the key `client-key` of the identity Secret must hold a private key as PEM")
	}
	if _, err := tls.X509KeyPair([]byte(identity.ClientCertificate), []byte(identity.ClientKey)); err != nil {
		return terminal(reasonIdentityInvalid, nil,
			"the keys `client-crt` and `client-key` of the identity Secret do not belong together, or the key is of an unknown kind")
	}
	return nil
}

// isServerURL tells whether a text is the URL of a server and nothing more.
func isServerURL(text string) bool {
	server, err := url.Parse(text)
	if err != nil || server.Scheme != "https" || server.Hostname() == "" {
		return false
	}
	bare := url.URL{Scheme: server.Scheme, Host: server.Host, Path: server.Path}
	return (server.Path == "" || server.Path == "/") && *server == bare
}

func isCertificate(text string) bool { return certificate(text) != nil }

// certificate is the first certificate of a PEM text, or nil.
func certificate(text string) *x509.Certificate {
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != "CERTIFICATE" {
		return nil
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil
	}
	return parsed
}

// tlsConfig trusts the server's own certificate, which is usually self-signed, and else the authorities of the machine.
// Incus speaks TLS 1.3 only. The certificate that Incus makes for itself names the host as it knew itself, not as it is
// reached, so that name is what is compared, as Incus's own client does.
func tlsConfig(identity model.Identity) (*tls.Config, error) {
	pair, err := tls.X509KeyPair([]byte(identity.ClientCertificate), []byte(identity.ClientKey))
	if err != nil {
		return nil, terminal(reasonIdentityInvalid, nil, "the keys `client-crt` and `client-key` of the identity Secret cannot be used")
	}
	config := &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{pair}}
	if server := certificate(identity.ServerCertificate); server != nil {
		config.RootCAs = x509.NewCertPool()
		config.RootCAs.AddCert(server)
		if len(server.DNSNames) > 0 {
			config.ServerName = server.DNSNames[0]
		}
	}
	return config, nil
}

// newClient makes the client of a checked identity. It does not connect.
func newClient(identity model.Identity) (*client, error) {
	c := &client{project: identity.Project}
	if c.project == "" {
		c.project = defaultProject
	}
	dialer := &net.Dialer{
		Timeout: dialLimit,
		// A peer that is gone without a word is noticed within half a minute.
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 5 * time.Second, Count: 3},
	}
	transport := &http.Transport{
		TLSHandshakeTimeout: dialLimit,
		MaxIdleConnsPerHost: idleConnections,
		IdleConnTimeout:     90 * time.Second,
	}
	if identity.UnixSocket != "" {
		c.server, c.base = identity.UnixSocket, "http://incus"
		// Incus reads the first bytes of a connection to its socket before it accepts the next one. A connection that is kept
		// open may be one on which nothing was sent yet: it was dialed for a request that then took another. Incus would
		// answer nobody until it is closed, not even the hooks of its own containers, whose starts then fail after a minute.
		transport.DisableKeepAlives = true
		transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, "unix", identity.UnixSocket)
		}
	} else {
		parsed, err := url.Parse(identity.Server)
		if err != nil {
			return nil, terminal(reasonIdentityInvalid, nil, "the key `server` of the identity Secret is no URL")
		}
		config, err := tlsConfig(identity)
		if err != nil {
			return nil, err
		}
		c.server = "https://" + parsed.Host
		c.base = c.server
		transport.TLSClientConfig = config
		transport.Proxy = http.ProxyFromEnvironment
		transport.DialContext = dialer.DialContext
	}
	c.http = &http.Client{Transport: transport}
	c.dialer = websocket.Dialer{
		NetDialContext:   transport.DialContext,
		TLSClientConfig:  transport.TLSClientConfig,
		Proxy:            transport.Proxy,
		HandshakeTimeout: dialLimit,
		ReadBufferSize:   16 << 10,
		WriteBufferSize:  16 << 10,
	}
	return c, nil
}
