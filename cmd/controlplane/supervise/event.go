package supervise

import (
	"fmt"
	"time"
)

// State is what has just become of a process.
type State int

// The states, in the order in which they come.
const (
	Started State = iota // PID is set
	Ready                // Within says how long that took
	Exited               // Err says how; it starts again after Within
	Stopped              // as it was told to
)

// Event is one transition of a process.
type Event struct {
	Process string
	State   State
	PID     int
	Within  time.Duration
	Err     error
}

// String is the event as a sentence, without a full stop.
func (e Event) String() string {
	switch e.State {
	case Started:
		return fmt.Sprintf("%s started (process %d)", e.Process, e.PID)
	case Ready:
		return fmt.Sprintf("%s is ready after %.1f s", e.Process, e.Within.Seconds())
	case Exited:
		return fmt.Sprintf("%s exited (%v), starts again in %.1f s", e.Process, e.Err, e.Within.Seconds())
	case Stopped:
		return e.Process + " stopped"
	default:
		return fmt.Sprintf("%s is in state %d", e.Process, e.State)
	}
}
