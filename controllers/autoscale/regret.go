package autoscale

import "time"

const (
	// regretWithin is the time in which bots that left must be needed again for their leaving to count as a mistake.
	regretWithin = 30 * time.Minute
	// mostRegrets bounds how often the stabilisation window is doubled: 300 s grow to 20 min at most.
	mostRegrets = 2
)

// noteUp keeps what an up says of the downs before it: those that had to be taken back in full, soon, make the stabilisation
// window longer; those that stood make it shorter again.
func (s *State) noteUp(desired int, now time.Time) {
	switch {
	case s.FellFrom == 0 || s.LastDown.IsZero():
	case now.Sub(s.LastDown) > regretWithin:
		s.Regrets, s.FellFrom = max(s.Regrets-1, 0), 0
	case desired >= s.FellFrom:
		s.Regrets, s.FellFrom = min(s.Regrets+1, mostRegrets), 0
	}
	s.LastUp = stamp(now)
}

// noteDown keeps from where the bots fell: the number before the first of several downs in a row.
func (s *State) noteDown(from int, now time.Time) {
	if s.FellFrom == 0 || s.LastUp.After(s.LastDown) {
		s.FellFrom = from
	}
	s.LastDown, s.Unfinished = stamp(now), false
}

// window is how long fewer bots must have been enough.
func (s *State) window(policy Policy) time.Duration {
	return policy.Stabilization << s.Regrets
}
