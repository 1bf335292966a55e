package pool

import (
	"sync/atomic"
	"time"
)

// latencyBounds are the upper bounds of the latency histogram's buckets: those usual for HTTP, with 2 s, which the
// scaling rules speak of. A last bucket takes what is slower.
var latencyBounds = [...]time.Duration{
	5 * time.Millisecond, 10 * time.Millisecond, 25 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond,
	250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second,
}

// counters are what was sent to a member, under its name: they outlive a change of its address. All fields only grow.
type counters struct {
	requests        atomic.Uint64
	errors5xx       atomic.Uint64
	transportErrors atomic.Uint64
	latencyNanos    atomic.Uint64
	latency         [len(latencyBounds) + 1]atomic.Uint64
}

// answered counts an answer that began after the latency.
func (c *counters) answered(status int, latency time.Duration) {
	if status >= 500 {
		c.errors5xx.Add(1)
	}
	c.latencyNanos.Add(uint64(max(0, latency)))
	bucket := 0
	for bucket < len(latencyBounds) && latency > latencyBounds[bucket] {
		bucket++
	}
	c.latency[bucket].Add(1)
}

// histogram reads the buckets, each with its own count only.
func (c *counters) histogram() []uint64 {
	counts := make([]uint64, len(c.latency))
	for bucket := range c.latency {
		counts[bucket] = c.latency[bucket].Load()
	}
	return counts
}
