package edge

import (
	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

// shared is the pool of this process. It is the one variable of the package because Caddy makes its modules anew for every
// configuration, and members, counters, breakers and probes must outlive that.
var shared = pool.New(pool.NewHTTPChecker(), logEvent)

// logEvent writes a line for each push, each turn of a member's health and of its circuit breakers.
func logEvent(event pool.Event) {
	log := caddy.Log().Named("botcluster.pool")
	switch event.Kind {
	case pool.PoolPushed:
		log.Info("Pool pushed", zap.String("revision", event.Revision), zap.Int("members", event.Members))
	case pool.MemberJudged:
		log.Info("Member judged by its probes",
			zap.String("member", event.Member), zap.String("address", event.Address),
			zap.String("before", string(event.Before)), zap.String("result", string(event.Result)),
			zap.String("reason", event.Message))
	case pool.MemberEjected:
		message := "Member passed over, as requests to it failed"
		if !event.Ejected {
			message = "Member no longer passed over"
		}
		log.Info(message, zap.String("member", event.Member), zap.String("address", event.Address))
	case pool.BreakerTurned:
		log.Info("Circuit breaker turned",
			zap.String("member", event.Member), zap.String("route", event.Route),
			zap.String("before", string(event.BreakerBefore)), zap.String("state", string(event.Breaker)))
	}
}
