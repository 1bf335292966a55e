package fake

import "slices"

// action is what an instance is busy with.
type action string

const (
	actionCreate  action = "create"
	actionStart   action = "start"
	actionStop    action = "stop"
	actionRestart action = "restart"
	actionUpdate  action = "update"
	actionDelete  action = "delete"
)

// instanceLock lets one operation at a time have an instance, as Incus's operationlock does: another one of the same
// kind waits for its end and shares its success, one of another kind is refused as busy. A graceful stop can be taken
// over by a kill, and the halves of a restart run under the lock of the whole.
type instanceLock struct {
	action   action
	reusable bool
	waiters  []func(error) // called when it is released
	halted   []func()      // called when the instance's present boot ends
}

func (l *instanceLock) is(a action) bool { return l != nil && l.action == a }

// acquire takes the lock for an action and calls locked, or waits for the same action and calls done with its error, or
// calls done with the daemon's "busy". Actions in inherit lend their lock.
func (i *instance) acquire(a action, inherit []action, reusable bool, locked func(*instanceLock), done func(error)) {
	switch held := i.lock; {
	case held == nil:
		i.lock = &instanceLock{action: a, reusable: reusable}
		locked(i.lock)
	case held.action == a && (!held.reusable || a != actionStop):
		held.waiters = append(held.waiters, done)
	case held.action == a, slices.Contains(inherit, held.action):
		locked(held)
	default:
		done(fail("Instance is busy running a %q operation", held.action))
	}
}

// release ends the lock and tells who waited.
func (w *World) release(i *instance, err error) {
	held := i.lock
	if held == nil {
		return
	}
	i.lock = nil
	w.touch(i)
	for _, waiter := range held.waiters {
		waiter(err)
	}
}
