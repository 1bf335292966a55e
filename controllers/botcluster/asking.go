package botcluster

import (
	"context"
	"sync"
	"time"

	"k8s.io/utils/clock"

	"github.com/generalbots/botcluster-operator/controllers/plan"
)

// edgePatience is how long a pass waits for an edge that was started a short while ago. The first question to it takes a command in
// a container that boots among others, which was seen to take 0.8 s; meanwhile nobody would look after the others. Questions
// after the first take a millisecond.
const edgePatience = 100 * time.Millisecond

// answerAge is how old an answer may be that came after its pass: requests come and go meanwhile.
const answerAge = 500 * time.Millisecond

// askings are questions to edges that outlive the pass which asked, by edge.
type askings struct {
	clock   clock.PassiveClock
	mutex   sync.Mutex
	pending map[string]*asking
}

// asking is one question. Its answer is written before done is closed.
type asking struct {
	done     chan struct{}
	answer   plan.EdgeObservation
	answered time.Time
}

// old tells that the answer came too long ago to be one.
func (a *asking) old(now clock.PassiveClock) bool {
	select {
	case <-a.done:
		return now.Since(a.answered) > answerAge
	default:
		return false
	}
}

// ask returns an edge's answer, or that it has not answered yet. Then the question goes on, within its own deadline, and the answer
// is for the next pass.
func (a *askings) ask(ctx context.Context, key string, question func(context.Context) plan.EdgeObservation) plan.EdgeObservation {
	a.mutex.Lock()
	asked := a.pending[key]
	if asked == nil || asked.old(a.clock) {
		asked = &asking{done: make(chan struct{})}
		if a.pending == nil {
			a.pending = map[string]*asking{}
		}
		a.pending[key] = asked
		go func() {
			asked.answer = question(context.WithoutCancel(ctx))
			asked.answered = a.clock.Now()
			close(asked.done)
		}()
	}
	a.mutex.Unlock()
	patient, cancel := context.WithTimeout(ctx, edgePatience)
	defer cancel()
	select {
	case <-asked.done:
	case <-patient.Done():
		return plan.EdgeObservation{Err: errEdgeBoots}
	}
	a.forget(key)
	return asked.answer
}

// forget drops what was asked of an edge.
func (a *askings) forget(key string) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	delete(a.pending, key)
}
