package pool

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"
)

// BreakerState is the state of a circuit breaker.
type BreakerState string

// The states of a circuit breaker.
const (
	// BreakerClosed lets everything through.
	BreakerClosed BreakerState = "closed"
	// BreakerOpen lets nothing through.
	BreakerOpen BreakerState = "open"
	// BreakerHalfOpen lets a few requests through, to find out whether the member has recovered.
	BreakerHalfOpen BreakerState = "half-open"
)

// Outcomes of a request, as a breaker is told them. nil is a success.
var (
	errFailed  = errors.New("the member failed")
	errGivenUp = errors.New("the request ended before it showed anything of the member")
)

// breaker is the circuit breaker of one member in one route. What happened to it is published by the registry, under its lock;
// requests see the state as it is at once.
type breaker struct {
	route, member string
	timeout       time.Duration
	permits       uint32
	circuit       *gobreaker.TwoStepCircuitBreaker[struct{}]
	state         atomic.Int32  // a gobreaker.State
	turning       atomic.Bool   // there are turns that the registry has not published yet
	turned        atomic.Uint64 // how often it has turned

	mu      sync.Mutex
	turns   []turn // those
	timer   *time.Timer
	retired bool
	expired func(*breaker) // called when the time of being open is over

	// Guarded by the registry's lock: the turn published last.
	shown turn
}

// turn is a change of a breaker's state.
type turn struct {
	from, to gobreaker.State
	at       time.Time
}

func newBreaker(route, member string, settings BreakerSettings, expired func(*breaker)) *breaker {
	b := &breaker{
		route: route, member: member, timeout: settings.Timeout, permits: settings.HalfOpenRequests, expired: expired,
		shown: turn{to: gobreaker.StateClosed},
	}
	b.circuit = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		MaxRequests:   settings.HalfOpenRequests,
		Timeout:       settings.Timeout,
		ReadyToTrip:   func(counts gobreaker.Counts) bool { return counts.ConsecutiveFailures >= settings.Threshold },
		IsExcluded:    func(err error) bool { return errors.Is(err, errGivenUp) },
		OnStateChange: func(_ string, from, to gobreaker.State) { b.turn(from, to) },
	})
	return b
}

// turn is called with the circuit's lock held, before the call that made it turn returns.
func (b *breaker) turn(from, to gobreaker.State) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.state.Store(int32(to))
	b.turned.Add(1)
	if b.retired {
		return
	}
	b.turns = append(b.turns, turn{from: from, to: to, at: time.Now()})
	b.turning.Store(true)
	if to == gobreaker.StateOpen {
		// The circuit looks at its clock only when it is asked, and is half-open when more than the timeout has passed.
		b.timer = time.AfterFunc(b.timeout+1, func() { b.expired(b) })
	}
}

// take returns the turns that are to be published, in their order.
func (b *breaker) take() []turn {
	b.mu.Lock()
	defer b.mu.Unlock()
	turns := b.turns
	b.turns = nil
	b.turning.Store(false)
	return turns
}

// retire ends what the breaker does by itself: its member has left, or its route.
func (b *breaker) retire() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.retired, b.turns = true, nil
	b.turning.Store(false)
	if b.timer != nil {
		b.timer.Stop()
	}
}

// mayAdmit tells, without taking a permit, whether a request would be let through.
func (b *breaker) mayAdmit() bool {
	if b == nil {
		return true
	}
	switch gobreaker.State(b.state.Load()) {
	case gobreaker.StateClosed:
		return true
	case gobreaker.StateHalfOpen:
		counts := b.circuit.Counts()
		return counts.Requests-counts.TotalExclusions < b.permits
	default:
		return false
	}
}

// isOpen tells whether it was open when last published. The registry is locked.
func (b *breaker) isOpen() bool { return b != nil && b.shown.to == gobreaker.StateOpen }

// openUntil is when it will be half-open, if it is open. The registry is locked.
func (b *breaker) openUntil() time.Time { return b.shown.at.Add(b.timeout) }

// stateOf names a state of the library.
func stateOf(state gobreaker.State) BreakerState {
	switch state {
	case gobreaker.StateOpen:
		return BreakerOpen
	case gobreaker.StateHalfOpen:
		return BreakerHalfOpen
	default:
		return BreakerClosed
	}
}
