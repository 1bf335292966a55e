package pool_test

import (
	"net/http"
	"testing"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

// FuzzStickyCookie checks that whatever a client sends as its cookies, it gets to the member whose signed name is the first among
// them, and else to the one that everybody gets.
func FuzzStickyCookie(f *testing.F) {
	fleet := newBots()
	registry := pool.New(fleet, nil)
	f.Cleanup(registry.Close)
	registry.SetCookieKey(cookieKey)
	push := pool.Push{Revision: "1", Probe: quickProbe(3), Members: []pool.PushedMember{member(1, pool.Active), member(2, pool.Active)}}
	fleet.answer(address(1), pool.Healthy)
	fleet.answer(address(2), pool.Healthy)
	if err := registry.Apply(push, nil); err != nil {
		f.Fatal(err)
	}
	for change := registry.Describe().Change; len(serving(registry)()) < 2; change = registry.Describe().Change {
		registry.Wait(f.Context(), change)
	}
	route := registry.UseRoute(pool.RouteSettings{Name: "ws", Policy: pool.Cookie, Fallback: pool.First})
	members := map[string]string{signed(cookieKey, "bot-1"): address(1), signed(cookieKey, "bot-2"): address(2)}

	f.Add("lb=" + signed(cookieKey, "bot-2"))
	f.Add("lb=x; lb=" + signed(cookieKey, "bot-2") + "; lb=" + signed(cookieKey, "bot-1"))
	f.Add(`lb="` + signed(cookieKey, "bot-2") + `"`)
	f.Add("lb=" + signed(nil, "bot-2"))
	f.Add("lb=;;;=")
	f.Fuzz(func(t *testing.T, header string) {
		request := http.Request{Header: http.Header{"Cookie": {header}}}
		var tokens []string
		for _, cookie := range request.CookiesNamed("lb") {
			tokens = append(tokens, cookie.Value)
		}
		expected, known := address(1), false
		for _, token := range tokens {
			if place, ours := members[token]; ours {
				expected, known = place, true
				break
			}
		}
		choice := route.Choose(pool.Asker{Tokens: tokens})
		if !choice.Next() || choice.Address() != expected {
			t.Fatalf("%q was sent to %q instead of %q", header, choice.Address(), expected)
		}
		if (choice.NewToken() == "") != known {
			t.Fatalf("%q gets the cookie %q", header, choice.NewToken())
		}
	})
}
