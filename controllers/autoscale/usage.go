package autoscale

import (
	"time"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// Gap bounds the time between two readings of counters that make one rate.
type Gap struct {
	// Shortest: a shorter one measures noise; the earlier reading is kept for the next. Longest: a longer one says little of now.
	Shortest time.Duration
	Longest  time.Duration
}

// DefaultGap returns the gaps that suit an interval of decisions: half of it to five of it.
func DefaultGap(interval time.Duration) Gap {
	return Gap{Shortest: interval / 2, Longest: 5 * interval}
}

// Usages turns the counters of instances into shares. It remembers one reading and one result for each instance of the last call,
// and nothing of others. The zero value with a Gap is ready for use; it is for one goroutine.
type Usages struct {
	Gap  Gap
	last map[string]measuredUsage
}

type measuredUsage struct {
	reading model.Usage
	cpu     *Measure
}

// Share is what an instance uses of what it may use.
type Share struct {
	// CPU and Memory are in percent, nil when not known.
	CPU    *Measure
	Memory *Measure
}

// Observe takes what was read of every instance, and returns their shares by name. The CPU is known from the second reading on.
func (u *Usages) Observe(readings []model.Usage) map[string]Share {
	shares := make(map[string]Share, len(readings))
	next := make(map[string]measuredUsage, len(readings))
	for _, reading := range readings {
		kept := u.advance(reading)
		next[reading.Name] = kept
		shares[reading.Name] = Share{CPU: kept.cpu, Memory: MemoryShare(reading)}
	}
	u.last = next
	return shares
}

// advance makes a rate of the reading and the one before, where the gap between them allows it.
func (u *Usages) advance(reading model.Usage) measuredUsage {
	before, known := u.last[reading.Name]
	gap := reading.At.Sub(before.reading.At)
	switch {
	case !known || reading.CPU < before.reading.CPU || gap < 0 || gap > u.Gap.Longest:
		// The first one, one after a boot, or one that says nothing of now: a new beginning, with no value.
		return measuredUsage{reading: reading}
	case gap == 0 || gap < u.Gap.Shortest:
		return before
	default:
		return measuredUsage{reading: reading, cpu: CPUShare(before.reading, reading)}
	}
}

// CPUShare is the processor time used between two readings, in percent of what the instance might have used; nil when nothing
// follows from them: no time between them, a counter that went back, or no allocation known.
func CPUShare(before, after model.Usage) *Measure {
	gap, used := after.At.Sub(before.At), after.CPU-before.CPU
	if gap <= 0 || used < 0 || after.Allocated <= 0 {
		return nil
	}
	return &Measure{Value: 100 * used.Seconds() / (gap.Seconds() * after.Allocated.Seconds()), At: after.At}
}

// MemoryShare is the memory used in percent of what the instance may use, nil when either is not known.
func MemoryShare(reading model.Usage) *Measure {
	if reading.MemoryLimit <= 0 || reading.Memory < 0 || reading.At.IsZero() {
		return nil
	}
	return &Measure{Value: 100 * float64(reading.Memory) / float64(reading.MemoryLimit), At: reading.At}
}
