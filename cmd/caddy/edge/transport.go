package edge

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

func init() {
	caddy.RegisterModule(Transport{})
}

// errNoMember means that a request came along for which no member was chosen.
var errNoMember = errors.New(`the request was not sent by a reverse_proxy with dynamic_upstreams from "botcluster"`)

// Transport is http.reverse_proxy.transport.botcluster: Caddy's HTTP transport, all options included, that counts every
// attempt to its member. It is the one place that every request passes between the choice of a member and the first byte
// sent to it, retries included, and that sees the end of streams and WebSockets.
type Transport struct {
	reverseproxy.HTTPTransport
}

// CaddyModule implements caddy.Module.
func (Transport) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{
		ID:  "http.reverse_proxy.transport.botcluster",
		New: func() caddy.Module { return new(Transport) },
	}
}

// Provision implements caddy.Provisioner. Bots are reached directly unless the configuration says otherwise: a proxy named in
// Caddy's environment is not meant for them.
func (t *Transport) Provision(ctx caddy.Context) error {
	if len(t.NetworkProxyRaw) == 0 && t.ForwardProxyURL == "" {
		t.NetworkProxyRaw = json.RawMessage(`{"from":"none"}`)
	}
	if err := t.HTTPTransport.Provision(ctx); err != nil {
		return fmt.Errorf("provisioning the transport to the bots: %w", err)
	}
	return nil
}

// RoundTrip implements http.RoundTripper.
func (t *Transport) RoundTrip(request *http.Request) (*http.Response, error) {
	dial, chosen := reverseproxy.GetDialInfo(request.Context())
	trip := tripOf(request.Context())
	if !chosen || trip == nil {
		return nil, errNoMember
	}
	if trip.rejected {
		return trip.rejection(request), nil
	}
	if trip.choice.Address() != dial.Address {
		return nil, errNoMember
	}
	admitted, err := trip.choice.Admit()
	if err != nil {
		// As nothing was sent, the proxy may retry any request elsewhere, as after a failed dial.
		return nil, reverseproxy.NewDialError(fmt.Errorf("%s: %w", dial.Address, err))
	}
	response, err := t.send(request, admitted)
	if err == nil && trip.cookie != "" {
		response.Header.Add("Set-Cookie", trip.cookie)
	}
	return response, err
}

// send sends a request that was admitted, and ends it whatever comes.
func (t *Transport) send(request *http.Request, admitted *pool.Request) (response *http.Response, err error) {
	defer func() {
		if response == nil { // also in a panic
			admitted.End()
		}
	}()
	request, upload := watched(request)
	begin := time.Now()
	response, err = t.HTTPTransport.RoundTrip(request)
	if err != nil {
		switch {
		case upload.broken(): // what the client sent was not whole, and the member is not to blame
			admitted.BrokenOff()
		case request.Context().Err() == nil: // else the client gave up
			admitted.Failed()
		}
		return nil, err // as it is: the proxy tells dial errors, time-outs and cancellations apart
	}
	admitted.Answered(response.StatusCode, time.Since(begin))
	response.Body = endingWith(response.Body, admitted.End)
	return response, nil
}

var (
	_ caddy.Provisioner  = (*Transport)(nil)
	_ caddy.CleanerUpper = (*Transport)(nil)
	_ http.RoundTripper  = (*Transport)(nil)
)
