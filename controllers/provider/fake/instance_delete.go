package fake

import (
	"net/http"

	incusapi "github.com/lxc/incus/v6/shared/api"
)

// DeleteInstance removes a stopped instance with its root disk on behalf of a caller.
func (w *World) DeleteInstance(caller Caller, ref Ref) (incusapi.Operation, error) {
	defer w.enter()()
	i, err := w.reach(ref)
	if err != nil {
		return incusapi.Operation{}, err
	}
	if i.running() {
		return incusapi.Operation{}, errRunning()
	}
	op := w.newOperation(caller, ref.Project, operationTask, "Deleting instance")
	op.about(ref)
	w.begun(op, func() { w.delete(i, op, func(err error) { w.finish(op, err) }) })
	return w.renderOperation(op), nil
}

func (w *World) delete(i *instance, op *operation, done func(error)) {
	locked := func(*instanceLock) {
		w.later(op, w.takes(w.latencies.Delete, "delete", i.ref.String()), func() {
			err := w.deletable(i)
			if err == nil {
				w.dropInstance(i)
				w.instanceEvent(i, "instance-deleted", op, nil)
			}
			w.release(i, err)
			done(err)
		})
	}
	i.acquire(actionDelete, nil, false, locked, func(err error) {
		if err == nil { // another one deleted it while this one waited
			err = fail("A matching non-reusable operation has now succeeded")
		}
		done(within(err, "Failed to create instance delete operation"))
	})
}

func (w *World) deletable(i *instance) error {
	if i.running() {
		return errRunning()
	}
	if w.expandedConfig(i)["security.protection.delete"] == "true" {
		return fail("Instance is protected")
	}
	return nil
}

func errRunning() error { return refuse(http.StatusBadRequest, "Instance is running") }
