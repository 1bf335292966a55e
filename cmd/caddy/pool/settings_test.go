package pool_test

import (
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

var _ = DescribeTable("Settings of a route that are refused",
	func(spoil func(*pool.RouteSettings), sentence string) {
		settings := pool.RouteSettings{
			Name: "api", Policy: pool.Cookie, Fallback: pool.LeastConn, Breaker: documented,
			Passive: pool.PassiveSettings{FailDuration: 30 * time.Second, MaxFails: 3},
		}
		Expect(settings.Validate()).To(Succeed())
		spoil(&settings)
		Expect(settings.Validate()).To(MatchError(And(ContainSubstring(sentence), ContainSubstring("write"))))
	},
	Entry("no name", func(s *pool.RouteSettings) { s.Name = "" }, `route: ""`),
	Entry("a name with capitals", func(s *pool.RouteSettings) { s.Name = "Api" }, `route: "Api"`),
	Entry("a name that ends in a hyphen", func(s *pool.RouteSettings) { s.Name = "api-" }, "route:"),
	Entry("a long name", func(s *pool.RouteSettings) { s.Name = strings.Repeat("a", 33) }, "route:"),
	Entry("no policy", func(s *pool.RouteSettings) { s.Policy = "" }, "policy:"),
	Entry("an unknown policy", func(s *pool.RouteSettings) { s.Policy = "fastest" }, `policy: "fastest"`),
	Entry("no fallback", func(s *pool.RouteSettings) { s.Fallback = "" }, "cookie.fallback:"),
	Entry("cookies all the way down", func(s *pool.RouteSettings) { s.Fallback = pool.Cookie }, "cookie.fallback:"),
	Entry("no threshold", func(s *pool.RouteSettings) { s.Breaker.Threshold = 0 }, "breaker.threshold: 0"),
	Entry("no half-open requests", func(s *pool.RouteSettings) { s.Breaker.HalfOpenRequests = 0 }, "breaker.half_open_requests: 0"),
	Entry("no timeout", func(s *pool.RouteSettings) { s.Breaker.Timeout = 0 }, "breaker.timeout: 0s"),
	Entry("a negative timeout", func(s *pool.RouteSettings) { s.Breaker.Timeout = -time.Second }, "breaker.timeout: -1s"),
	Entry("a timeout of days", func(s *pool.RouteSettings) { s.Breaker.Timeout = 48 * time.Hour }, "breaker.timeout: 48h0m0s"),
	Entry("no failures", func(s *pool.RouteSettings) { s.Passive.MaxFails = 0 }, "passive.max_fails: 0"),
	Entry("too many failures to remember", func(s *pool.RouteSettings) { s.Passive.MaxFails = 1001 }, "passive.max_fails: 1001"),
	Entry("no time", func(s *pool.RouteSettings) { s.Passive.FailDuration = 0 }, "passive.fail_duration: 0s"),
)
