package autoscale

import (
	"slices"
	"time"
)

// State is what the autoscaler remembers. The status keeps it, so that it survives a restart of the operator. Its times are whole
// seconds in UTC, as a status keeps them; nothing in it changes while nothing happens. The zero State knows nothing.
type State struct {
	// Desired is how many bots the last decision wanted, zero before the first.
	Desired int `json:"desired,omitempty"`
	// LastUp and LastDown are when the rules last added and took away bots.
	LastUp   time.Time `json:"lastUp,omitzero"`
	LastDown time.Time `json:"lastDown,omitzero"`
	// Unfinished tells that the last scale-up was cut by the launch budget, and goes on within the cooldown.
	Unfinished bool `json:"unfinished,omitempty"`
	// Holds tells since when the comparisons hold of rules that must hold for a time.
	Holds []Hold `json:"holds,omitempty"`
	// Enough tells since when how few bots have been enough, largest number first; empty while none fewer are.
	Enough []Enough `json:"enough,omitempty"`
	// Regrets doubles the stabilisation window that often: downs had to be taken back. FellFrom is the number before the last
	// downs, zero when it is settled whether they were right.
	Regrets  int `json:"regrets,omitempty"`
	FellFrom int `json:"fellFrom,omitempty"`
	// Breaker counts the launches that failed in a row, nil while none did.
	Breaker *Breaker `json:"breaker,omitempty"`
}

// Hold is since when a rule's comparison holds.
type Hold struct {
	Rule  string    `json:"rule"`
	Since time.Time `json:"since"`
}

// Enough is since when the rules have asked for this many bots or fewer.
type Enough struct {
	Desired int       `json:"desired"`
	Since   time.Time `json:"since"`
}

// mostEnough bounds the list of Enough; what comes after is not noted until there is room, which delays a scale-down only.
const mostEnough = 32

// stamp returns the next whole second, so that no wait that begins at it is shorter than it was meant to be.
func stamp(now time.Time) time.Time {
	whole := now.UTC().Truncate(time.Second)
	if whole.Before(now) {
		whole = whole.Add(time.Second)
	}
	return whole
}

// lastEvent is when the rules last changed the number, in either direction.
func (s *State) lastEvent() time.Time {
	if s.LastDown.After(s.LastUp) {
		return s.LastDown
	}
	return s.LastUp
}

// since returns since when a rule's comparison holds.
func (s *State) since(rule string) (time.Time, bool) {
	for _, hold := range s.Holds {
		if hold.Rule == rule {
			return hold.Since, true
		}
	}
	return time.Time{}, false
}

// noteEnough keeps the list of Enough after the rules asked for wish while current bots were wanted. It copies.
func (s *State) noteEnough(wish, current int, now time.Time) {
	var kept []Enough
	for _, entry := range s.Enough {
		if entry.Desired >= wish && entry.Desired < current {
			kept = append(kept, entry)
		}
	}
	known := len(kept) > 0 && kept[len(kept)-1].Desired == wish
	if wish < current && !known && len(kept) < mostEnough {
		kept = append(kept, Enough{Desired: wish, Since: stamp(now)})
	}
	s.Enough = kept
}

// enough returns the smallest number that has been enough for the whole window, and when the next smaller one will have been;
// ok is false while there is none.
func (s *State) enough(window time.Duration, now time.Time) (desired int, ok bool, next time.Time) {
	for _, entry := range slices.Backward(s.Enough) {
		ripe := entry.Since.Add(window)
		if !ripe.After(now) {
			return entry.Desired, true, next
		}
		next = earliest(next, ripe)
	}
	return 0, false, next
}
