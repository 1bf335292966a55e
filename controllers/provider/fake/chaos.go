package fake

import (
	"slices"
	"time"
)

// Chaos is faults at random, the same ones for the same seed: whether a call is hit depends on the world's seed, on what
// the call is and on how often it was made, not on when it arrives.
type Chaos struct {
	Rate  float64 // of calls and events that are hit, 0 to 1
	Modes []Mode
	// RealDelay is how late a Slow answer is at most.
	RealDelay time.Duration
}

// Chaos replaces the faults at random; the zero value ends them.
func (f *Faults) Chaos(c Chaos) {
	defer f.world.enter()()
	f.chaos, f.drawn = c, map[string]uint64{}
}

// chaosStatuses are what a Refuse at random answers.
var chaosStatuses = []int{500, 429, 503}

func (f *Faults) drawCall(call Call) verdict {
	if call.Class == Attach { // a tunnel that is refused shows nothing that a refused read does not
		return verdict{}
	}
	key := string(call.System) + call.Verb + call.Path + call.Project
	mode, number := f.drawMode(key, func(m Mode) bool {
		return !slices.Contains(eventModes, m) && (m != Stale || call.Class == Read) && (m != Conflict || call.Class == Write)
	})
	v := verdict{mode: mode}
	switch mode {
	case Refuse:
		v.code = chaosStatuses[number%uint64(len(chaosStatuses))]
	case Slow:
		v.realDelay = below(number, max(f.chaos.RealDelay, 1))
	default: // the mode says it all
	}
	return v
}

func (f *Faults) drawEvent(name string, ref Ref) Mode {
	mode, _ := f.drawMode(name+ref.String(), func(m Mode) bool { return slices.Contains(eventModes, m) })
	return mode
}

func (f *Faults) drawMode(key string, fits func(Mode) bool) (Mode, uint64) {
	if f.chaos.Rate <= 0 {
		return "", 0
	}
	var modes []Mode
	for _, m := range f.chaos.Modes {
		if fits(m) {
			modes = append(modes, m)
		}
	}
	f.drawn[key]++
	number := f.world.draw("chaos", key, f.drawn[key])
	const parts = 1 << 20
	if len(modes) == 0 || float64(number%parts) >= f.chaos.Rate*parts {
		return "", 0
	}
	number /= parts
	return modes[number%uint64(len(modes))], number
}
