package fake

import "time"

// Locked is the world to those of its parts that live in other packages: they act on its timeline and under its lock, so
// that they are as deterministic as the rest. It must not be kept, and no method of World may be called meanwhile.
type Locked struct{ world *World }

// Locked runs a part's action.
func (w *World) Locked(action func(Locked)) {
	defer w.enter()()
	action(Locked{w})
}

// OnInstance has every change of an instance reported, its end included.
func (w *World) OnInstance(report func(Locked, Ref)) {
	defer w.enter()()
	w.reports = append(w.reports, report)
}

// Now is the present time.
func (l Locked) Now() time.Time { return l.world.now }

// In acts later; what it returns calls that off.
func (l Locked) In(d time.Duration, action func(Locked)) func(Locked) {
	a := l.world.in(d, func() { action(l) })
	return func(l Locked) { l.world.cancel(a) }
}

// Look and LookAt are those of World.
func (l Locked) Look(ref Ref) (Sight, bool) { return l.world.look(ref) }

// LookAt shows the instance that has an IPv4 address at this moment.
func (l Locked) LookAt(address string) (Sight, bool) { return l.world.lookAt(address) }

// Draw is a number that depends on the seed and on what it is for.
func (l Locked) Draw(parts ...any) uint64 { return l.world.draw(parts...) }
