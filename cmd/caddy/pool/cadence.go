package pool

import (
	"math/rand/v2"
	"time"
)

// Cadence of a target that has never answered. A new bot should serve within 50 ms of being able to, so it is probed
// often; the more targets are new, the rarer, so that all of them together cost at most some 400 probes a second. One that is
// not up after two minutes is not merely booting, and is looked at once a second.
const (
	eagerInterval = 25 * time.Millisecond
	eagerShare    = 2500 * time.Microsecond // per target that has never answered
	eagerFor      = 2 * time.Minute
	lateInterval  = time.Second
)

// untilNext is the time until the next probe of a target: by the interval, with a tenth of jitter either way so that a fleet
// pushed at once is not probed at once for ever. answered: it was healthy or degraded before; age: since it became a target.
func untilNext(interval time.Duration, answered bool, age time.Duration, unanswered int) time.Duration {
	if answered {
		tenth := interval / 10
		return interval - tenth + rand.N(2*tenth+1) //nolint:gosec // chance spreads load here and keeps no secret
	}
	if age > eagerFor {
		return min(interval, lateInterval)
	}
	return min(interval, max(eagerInterval, time.Duration(unanswered)*eagerShare))
}
