package fake

import (
	"context"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	incusapi "github.com/lxc/incus/v6/shared/api"
)

// operationLife is how long a finished operation can still be asked for (Incus: operations.go, done).
const operationLife = 5 * time.Second

type operationClass string

const (
	operationTask      operationClass = incusapi.OperationClassTask
	operationWebsocket operationClass = incusapi.OperationClassWebsocket
)

// operation is something that the daemon does in the background.
type operation struct {
	id, description string
	class           operationClass
	project         string
	status          incusapi.StatusCode
	err             string
	resources       map[string][]string
	metadata        map[string]any
	createdAt       time.Time
	updatedAt       time.Time
	requestor       *incusapi.EventLifecycleRequestor
	pending         []*appointment
	ended           chan struct{}
	exec            *Exec // of a websocket operation
}

func (w *World) newOperation(caller Caller, project string, class operationClass, description string) *operation {
	op := &operation{
		id: w.newUUID("operation"), description: description, class: class, project: project, status: incusapi.Pending,
		createdAt: w.now, updatedAt: w.now, requestor: caller.requestor(), ended: make(chan struct{}),
	}
	w.operations[op.id] = op
	return op
}

// about names the instance that the operation is about.
func (op *operation) about(ref Ref) {
	op.resources = map[string][]string{"instances": {resourceURL(ref.Project, "instances", ref.Name)}}
}

// begun starts the operation: it is shown as running, and run is called before the present call returns.
func (w *World) begun(op *operation, run func()) {
	w.operationEvent(op)
	op.status = incusapi.Running
	w.operationEvent(op)
	w.later(op, 0, run)
}

// later makes an appointment that belongs to an operation, if there is one: a restart of the daemon cancels it.
func (w *World) later(op *operation, d time.Duration, run func()) *appointment {
	a := w.in(d, run)
	if op != nil {
		op.pending = append(op.pending, a)
	}
	return a
}

// finish ends the operation, with an error or without.
func (w *World) finish(op *operation, err error) {
	if op.status.IsFinal() {
		return
	}
	op.status = incusapi.Success
	if err != nil {
		op.status, op.err = incusapi.Failure, err.Error()
	}
	op.updatedAt, op.pending = w.now, nil
	close(op.ended)
	w.operationEvent(op)
	w.in(operationLife, func() { delete(w.operations, op.id) })
}

// extend adds to the metadata of an operation under way.
func (w *World) extend(op *operation, metadata map[string]any) {
	merged := maps.Clone(op.metadata)
	if merged == nil {
		merged = map[string]any{}
	}
	maps.Copy(merged, metadata)
	op.metadata, op.updatedAt = merged, w.now
	w.operationEvent(op)
}

func (w *World) renderOperation(op *operation) incusapi.Operation {
	return incusapi.Operation{
		ID: op.id, Class: string(op.class), Description: op.description,
		CreatedAt: op.createdAt.UTC(), UpdatedAt: op.updatedAt.UTC(),
		Status: op.status.String(), StatusCode: op.status, Resources: notNil(op.resources), Metadata: op.metadata,
		Err: op.err, Location: w.location(),
	}
}

func (w *World) operation(id string) (*operation, error) {
	op := w.operations[id]
	if op == nil {
		return nil, refuse(http.StatusNotFound, "Operation not found")
	}
	return op, nil
}

// Operation shows one operation.
func (w *World) Operation(id string) (incusapi.Operation, error) {
	defer w.enter()()
	op, err := w.operation(id)
	if err != nil {
		return incusapi.Operation{}, err
	}
	return w.renderOperation(op), nil
}

// Operations lists those of a project by status in lower case, as the daemon does; all projects if it is empty.
func (w *World) Operations(projectName string) map[string][]incusapi.Operation {
	defer w.enter()()
	list := map[string][]incusapi.Operation{}
	inOrder := slices.SortedFunc(maps.Values(w.operations), func(a, b *operation) int {
		if c := a.createdAt.Compare(b.createdAt); c != 0 {
			return c
		}
		return strings.Compare(a.id, b.id)
	})
	for _, op := range inOrder {
		if projectName == "" || op.project == projectName {
			status := strings.ToLower(op.status.String())
			list[status] = append(list[status], w.renderOperation(op))
		}
	}
	return list
}

// WaitOperation waits until an operation is over, or the time-out passed on the world's clock (negative: never), or the
// context ended, and shows it as it then is: it may still be running.
func (w *World) WaitOperation(ctx context.Context, id string, timeout time.Duration) (incusapi.Operation, error) {
	leave := w.enter()
	op, err := w.operation(id)
	leave()
	if err != nil {
		return incusapi.Operation{}, err
	}
	var late <-chan struct{}
	if timeout >= 0 {
		passed, stop := w.After(timeout)
		defer stop()
		late = passed
	}
	select {
	case <-op.ended:
	case <-late:
	case <-ctx.Done():
	}
	defer w.enter()()
	return w.renderOperation(op), nil
}

// CancelOperation is refused: no operation of this world can be cancelled, as most of the daemon's cannot.
func (w *World) CancelOperation(id string) error {
	defer w.enter()()
	op, err := w.operation(id)
	switch {
	case err != nil:
		return err
	case op.status != incusapi.Running:
		return refuse(http.StatusBadRequest, "Only running operations can be cancelled")
	}
	return refuse(http.StatusBadRequest, "This operation can't be cancelled")
}

// RestartDaemon is a daemon that was killed and started again: instances run on, operations under way are forgotten where
// they stood and half of what they were to do stays undone, and every exec session and event stream is cut.
func (w *World) RestartDaemon() {
	defer w.enter()()
	for id, op := range w.operations {
		for _, a := range op.pending {
			w.cancel(a)
		}
		if !op.status.IsFinal() {
			op.status, op.err = incusapi.Failure, "Incus is shutting down"
			close(op.ended)
		}
		delete(w.operations, id)
	}
	for _, i := range w.inOrder() {
		i.lock, i.hurry = nil, nil
		i.killProcesses(exitKilled)
		w.touch(i)
	}
	w.bus.closeAll()
}
