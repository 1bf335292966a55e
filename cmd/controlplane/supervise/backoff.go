package supervise

import "time"

// Backoff is how long to wait before a process that died is started again.
type Backoff struct {
	First    time.Duration // the wait after the first death
	Most     time.Duration // the wait grows twofold up to this
	Lasting  time.Duration // a process that ran this long is well again: the next wait is the first
	upcoming time.Duration
}

// After returns the wait for a process that died after it ran for some time.
func (b *Backoff) After(ran time.Duration) time.Duration {
	if b.upcoming == 0 || ran >= b.Lasting {
		b.upcoming = b.First
	}
	wait := b.upcoming
	b.upcoming = min(2*b.upcoming, b.Most)
	return wait
}
