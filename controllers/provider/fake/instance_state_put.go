package fake

import (
	"net/http"
	"time"

	incusapi "github.com/lxc/incus/v6/shared/api"
)

// longestShutdown is the patience of a graceful stop without a time-out of its own (Incus: instance_state.go).
const longestShutdown = 600 * time.Second

// ChangeState starts, stops, restarts, freezes or unfreezes an instance on behalf of a caller. As in the daemon, a
// time-out of 0 means to kill, and a negative one ten minutes.
func (w *World) ChangeState(caller Caller, ref Ref, put incusapi.InstanceStatePut) (incusapi.Operation, error) {
	defer w.enter()()
	i, err := w.reach(ref)
	if err != nil {
		return incusapi.Operation{}, err
	}
	if m := w.member(i.location); m != nil && m.evacuated() && put.Action != "stop" {
		return incusapi.Operation{}, refuse(http.StatusForbidden, "Cluster member is evacuated")
	}
	act, description := w.stateChange(i, put)
	if act == nil {
		return incusapi.Operation{}, refuse(http.StatusBadRequest, "Unknown action: '%s'", put.Action)
	}
	op := w.newOperation(caller, ref.Project, operationTask, description)
	op.about(ref)
	w.begun(op, func() { act(op, func(err error) { w.finish(op, err) }) })
	return w.renderOperation(op), nil
}

func (w *World) stateChange(i *instance, put incusapi.InstanceStatePut) (func(*operation, func(error)), string) {
	timeout := time.Duration(put.Timeout) * time.Second
	if put.Force {
		timeout = 0
	} else if put.Timeout < 0 {
		timeout = longestShutdown
	}
	switch put.Action {
	case "start":
		return func(op *operation, done func(error)) { w.start(i, op, done) }, "Starting instance"
	case "stop":
		return func(op *operation, done func(error)) {
			if timeout == 0 {
				w.kill(i, op, done)
			} else {
				w.shutdown(i, op, timeout, done)
			}
		}, "Stopping instance"
	case "restart":
		return func(op *operation, done func(error)) { w.restart(i, op, timeout, done) }, "Restarting instance"
	case "freeze":
		return func(op *operation, done func(error)) { w.freeze(i, op, done) }, "Freezing instance"
	case "unfreeze":
		return func(op *operation, done func(error)) { w.unfreeze(i, op, done) }, "Unfreezing instance"
	}
	return nil, ""
}
