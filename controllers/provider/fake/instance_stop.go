package fake

import (
	"net/http"
	"time"
)

// What an exec'd command ends with when its instance goes away under it.
const (
	exitTerminated = 143 // 128 + SIGTERM: it shut down
	exitKilled     = 137 // 128 + SIGKILL: it was killed or its init died
)

// kill ends an instance without asking it.
func (w *World) kill(i *instance, op *operation, done func(error)) {
	if !i.running() {
		done(errStopped())
		return
	}
	locked := func(l *instanceLock) {
		present := i.boot
		l.halted = append(l.halted, func() {
			if l.action == actionStop {
				w.instanceEvent(i, "instance-stopped", op, nil)
			}
			done(nil)
		})
		w.later(op, w.takes(w.latencies.Stop, "stop", i.ref.String()), func() {
			if i.boot == present {
				w.halt(i, exitKilled)
			}
		})
	}
	i.acquire(actionStop, []action{actionRestart}, false, locked, done)
}

// shutdown asks an instance to end and waits for it. When it does not in time, done gets the error and the instance stays
// busy with stopping until it ends or is killed, as with Incus.
func (w *World) shutdown(i *instance, op *operation, timeout time.Duration, done func(error)) {
	if !i.running() {
		done(errStopped())
		return
	}
	locked := func(l *instanceLock) {
		waiting := true
		var patience *appointment
		l.halted = append(l.halted, func() {
			if !waiting {
				return
			}
			w.cancel(patience)
			if l.action == actionStop {
				w.instanceEvent(i, "instance-shutdown", op, nil)
			}
			done(nil)
		})
		w.thaw(i)
		if b := w.behaviour(i); !b.IgnoresShutdown {
			w.inBoot(i, b.ShutdownDelay, func() { w.die(i, exitTerminated) })
		}
		patience = w.later(op, timeout, func() {
			waiting = false
			done(fail("Failed shutting down instance, status is %q: context deadline exceeded", i.status()))
		})
	}
	i.acquire(actionStop, []action{actionRestart}, true, locked, done)
}

// restart is a kill or a shutdown, then a start, under one lock.
func (w *World) restart(i *instance, op *operation, timeout time.Duration, done func(error)) {
	if timeout > 0 && i.frozen {
		done(fail("Instance is not running"))
		return
	}
	locked := func(*instanceLock) {
		end := func(err error) {
			if err == nil {
				w.instanceEvent(i, "instance-restarted", op, nil)
			}
			w.release(i, err)
			done(err)
		}
		stopped := func(err error) {
			if err != nil {
				end(err)
				return
			}
			w.start(i, op, end)
		}
		if timeout == 0 {
			w.kill(i, op, stopped)
		} else {
			w.shutdown(i, op, timeout, stopped)
		}
	}
	i.acquire(actionRestart, nil, true, locked, func(err error) {
		if err != nil {
			err = within(err, "Create restart operation")
		}
		done(err)
	})
}

func errStopped() error { return refuse(http.StatusBadRequest, "The instance is already stopped") }

// freeze and unfreeze take no lock, as with Incus.
func (w *World) freeze(i *instance, op *operation, done func(error)) {
	w.later(op, w.takes(w.latencies.Freeze, "freeze", i.ref.String()), func() {
		switch {
		case !i.running():
			done(fail("The instance isn't running"))
		case i.frozen:
			done(fail("The container is already frozen"))
		default:
			i.frozen, i.thawed = true, make(chan struct{})
			i.usage.settle(w.now)
			i.usage.frozen = true
			w.touch(i)
			w.instanceEvent(i, "instance-paused", op, nil)
			done(nil)
		}
	})
}

func (w *World) unfreeze(i *instance, op *operation, done func(error)) {
	w.later(op, w.takes(w.latencies.Freeze, "unfreeze", i.ref.String()), func() {
		switch {
		case !i.running():
			done(fail("The container isn't running"))
		case !i.frozen:
			done(fail("The container is already running"))
		default:
			w.thaw(i)
			w.touch(i)
			w.instanceEvent(i, "instance-resumed", op, nil)
			done(nil)
		}
	})
}

// thaw lets what runs in a frozen instance go on.
func (w *World) thaw(i *instance) {
	if i.frozen {
		i.frozen = false
		i.usage.frozen, i.usage.since = false, w.now
		close(i.thawed)
	}
}
