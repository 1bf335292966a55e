package incus

import "time"

// Clock is the part of k8s.io/utils/clock.WithTicker that is used.
type Clock interface {
	// Now is the present time.
	Now() time.Time
	// After sends the time once d has passed.
	After(d time.Duration) <-chan time.Time
}
