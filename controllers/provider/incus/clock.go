package incus

import "time"

// Clock is the part of k8s.io/utils/clock.WithTicker that is used.
type Clock interface {
	Now() time.Time
	After(d time.Duration) <-chan time.Time
}
