package fake

import "time"

// Clock is the time a World runs by. It is moved by who holds it, as the FakeClock of k8s.io/utils/clock/testing, whose
// method Step Advance then uses, or it moves by itself and is a Waker.
type Clock interface {
	// Now is the present time.
	Now() time.Time
}

// Waker is a Clock that moves by itself.
type Waker interface {
	Clock
	// Wake calls once d has passed, unless stopped before.
	Wake(d time.Duration, call func()) (stop func())
}

// stepper is a clock that moves only when it is told to.
type stepper interface {
	Step(d time.Duration)
}

// WallClock is real time.
type WallClock struct{}

// Now implements Clock.
func (WallClock) Now() time.Time {
	return time.Now() //nolint:forbidigo // this is the clock that is passed in
}

// Wake implements Waker.
func (WallClock) Wake(d time.Duration, call func()) func() {
	timer := time.AfterFunc(d, call) //nolint:forbidigo // this is the clock that is passed in
	return func() { timer.Stop() }
}
