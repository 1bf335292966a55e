package pool

import (
	"slices"
	"sync"
	"time"
)

// passive is what all routes with the same settings of passive health have seen of the members.
type passive struct {
	settings PassiveSettings

	mu sync.Mutex
	// failures holds, per target, the times of the last ones, at most MaxFails.
	failures map[*target][]time.Time

	// ejected holds those with too many failures, each with the timer that lets it in again. Guarded by the registry's lock.
	ejected map[*target]*time.Timer
}

func newPassive(settings PassiveSettings) *passive {
	return &passive{settings: settings, failures: map[*target][]time.Time{}, ejected: map[*target]*time.Timer{}}
}

// strike counts a failure and tells whether there are too many now. A target that has left is not remembered.
func (p *passive) strike(target *target, now time.Time) (tooMany bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !target.admitting.Load() {
		return false
	}
	p.failures[target] = append(p.failures[target], now)
	if surplus := len(p.failures[target]) - p.settings.MaxFails; surplus > 0 {
		p.failures[target] = slices.Delete(p.failures[target], 0, surplus)
	}
	return p.remaining(target, now) > 0
}

// remaining is how long there will be too many failures of a target; 0 or less: there are not. p.mu is held.
func (p *passive) remaining(target *target, now time.Time) time.Duration {
	failures := p.failures[target]
	if len(failures) < p.settings.MaxFails {
		return 0
	}
	// Only the last MaxFails are kept: when the oldest of them is forgotten, they are too few.
	return p.settings.FailDuration - now.Sub(failures[0])
}

// sentence is how long a target is still to be passed over.
func (p *passive) sentence(target *target, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.remaining(target, now)
}

// leave forgets a target. The registry is locked.
func (p *passive) leave(target *target) {
	if timer := p.ejected[target]; timer != nil {
		timer.Stop()
		delete(p.ejected, target)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.failures, target)
}

// retire forgets everything: no route uses it any more. The registry is locked.
func (p *passive) retire() {
	for _, timer := range p.ejected {
		timer.Stop()
	}
	clear(p.ejected)
}

// effective tells whether ejections count: when all that serve are ejected, nobody is. The registry is locked.
func (p *passive) effective(serving []*target) bool {
	if p == nil || len(p.ejected) == 0 {
		return false
	}
	return slices.ContainsFunc(serving, func(target *target) bool { return p.ejected[target] == nil })
}

// eject passes a target over until its failures are forgotten.
func (r *Registry) eject(p *passive, target *target) {
	r.mu.Lock()
	defer r.mu.Unlock()
	remaining := p.sentence(target, time.Now())
	if remaining <= 0 || p.ejected[target] != nil || !r.uses(p) {
		return // it has left, or is ejected already; a longer sentence is found when the timer rings
	}
	p.ejected[target] = time.AfterFunc(remaining, func() { r.readmit(p, target) })
	r.publishEjections(p)
}

// readmit lets a target in again, unless it has failed since.
func (r *Registry) readmit(p *passive, target *target) {
	r.mu.Lock()
	defer r.mu.Unlock()
	timer := p.ejected[target]
	if timer == nil {
		return // it has left meanwhile
	}
	if remaining := p.sentence(target, time.Now()); remaining > 0 {
		timer.Reset(remaining)
		return
	}
	delete(p.ejected, target)
	r.publishEjections(p)
}

// publishEjections lets everybody see who is ejected now. The registry is locked.
func (r *Registry) publishEjections(p *passive) {
	r.judgeEjections()
	r.publishViews(func(g *group) bool { return g.passive == p })
	r.announce()
}

// judgeEjections works out again who is passed over, and tells whom that is news of. The registry is locked.
func (r *Registry) judgeEjections() {
	ejected := map[*target]struct{}{}
	for p := range r.passives() {
		if !p.effective(r.view.serving) {
			continue
		}
		for target := range p.ejected {
			if target.serving {
				ejected[target] = struct{}{}
			}
		}
	}
	for _, target := range r.targets {
		_, now := ejected[target]
		if now == target.ejected {
			continue
		}
		target.ejected = now
		r.tell(Event{Kind: MemberEjected, Member: target.name, Address: target.address, Ejected: now})
	}
}
