package pool

import "time"

// UntilNext is for the table of the cadence, which real time would take minutes to show.
var UntilNext = untilNext

// TurningAfterRetirement tells whether requests that end at a breaker that turned and was retired before that was published would
// go on asking the registry for its lock. No answer shows that.
func TurningAfterRetirement() bool {
	b := newBreaker("api", "bot-1", BreakerSettings{Threshold: 1, Timeout: time.Hour, HalfOpenRequests: 1}, nil)
	judge, err := b.circuit.Allow()
	if err != nil {
		return true
	}
	judge(errFailed)
	if !b.turning.Load() {
		return true
	}
	b.retire()
	return b.turning.Load()
}
