package edge

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

var (
	errEmptyBreaker = errors.New("breaker: it is empty; write its threshold, timeout and half_open_requests, or leave it out")
	errEmptyPassive = errors.New("passive: it is empty; write its fail_duration and max_fails, or leave it out")
)

// tripVar is where a request keeps its trip, among the variables that Caddy keeps for each request.
const tripVar = "botcluster_trip"

// trip is one request on its way through a route: what is known of it from one try to the next. One goroutine has it at a time.
type trip struct {
	route  *Route
	choice pool.Choice
	cookie string // of the chosen member, which its answer is to bring; empty: none
	// rejected: no member was chosen, as no breaker lets anything through. The try goes no further than the transport.
	rejected bool
}

// newTrip begins the trip of a request through a route, with what its policy needs to know of the client.
func newTrip(route *Route, r *http.Request) *trip {
	var asker pool.Asker
	if route.Cookie != nil {
		for _, cookie := range r.CookiesNamed(route.Cookie.Name) {
			asker.Tokens = append(asker.Tokens, cookie.Value)
		}
	}
	// Caddy has looked through the proxies that it trusts.
	asker.Address, _ = caddyhttp.GetVar(r.Context(), caddyhttp.ClientIPVarKey).(string)
	return &trip{route: route, choice: route.held.Choose(asker)}
}

// tripOf returns the trip of a request; nil if it has none.
func tripOf(ctx context.Context) *trip {
	found, _ := caddyhttp.GetVar(ctx, tripVar).(*trip)
	return found
}

// String keeps what it holds out of places where Caddy prints variables.
func (t *trip) String() string { return "route " + t.route.Route }

// upstream is what a try hands to the proxy, which writes into it.
type upstream struct {
	reverseproxy.Upstream
	list [1]*reverseproxy.Upstream
}

// next chooses a member for another try; nil if there is none.
func (t *trip) next() []*reverseproxy.Upstream {
	chosen := new(upstream)
	if t.rejected = false; t.choice.Next() {
		chosen.Dial = t.choice.Address()
	} else if _, t.rejected = t.choice.Rejected(); t.rejected {
		chosen.Dial = nowhere
	} else {
		return nil
	}
	chosen.list[0] = &chosen.Upstream
	return chosen.list[:]
}

// nowhere is the upstream of a rejected try, as logs show it. The transport does not dial it.
const nowhere = "botcluster.invalid:0"

// rejection is the answer of a rejected try. The proxy would go on trying otherwise, for as long as try_duration.
func (t *trip) rejection(request *http.Request) *http.Response {
	wait, _ := t.choice.Rejected()
	response := &http.Response{
		Status:     "503 " + http.StatusText(http.StatusServiceUnavailable),
		StatusCode: http.StatusServiceUnavailable,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{},
		Body:          io.NopCloser(strings.NewReader(t.route.Fallback.Body)),
		ContentLength: int64(len(t.route.Fallback.Body)),
		Request:       request,
	}
	t.route.rejection(response.Header, wait)
	return response
}
