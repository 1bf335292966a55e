package incus

import (
	"context"
	"math"
	"net/http"
	"time"

	incusapi "github.com/lxc/incus/v6/shared/api"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider"
)

// instances implements provider.Instances. Every verb looks at the instance itself before it acts, never at the index.
type instances struct{ *host }

// Start implements provider.Instances.
func (i instances) Start(ctx context.Context, name string, owner model.Owner) error {
	found, err := i.owned(ctx, name, owner)
	if err != nil {
		return err
	}
	action := verbStart
	switch state, _ := powerState(found.StatusCode); state {
	case model.StateRunning:
		return nil
	case model.StateFrozen:
		action = "unfreeze"
	case model.StateStopped, model.StateUnknown:
	}
	if under, err := i.busy(name, verbStart); under || err != nil {
		return err
	}
	return i.start(ctx, name, action)
}

// start begins to start or unfreeze. Start has no time-out; the key is there because Incus takes a missing one for something
// else than zero.
func (i instances) start(ctx context.Context, name, action string) error {
	return i.changeState(ctx, name, verbStart, incusapi.InstanceStatePut{Action: action, Timeout: -1})
}

// Stop implements provider.Instances. A stop by force overtakes a graceful one that is under way.
func (i instances) Stop(ctx context.Context, name string, owner model.Owner, grace time.Duration) error {
	found, err := i.owned(ctx, name, owner)
	if err != nil {
		return err
	}
	if state, _ := powerState(found.StatusCode); state == model.StateStopped {
		// A start that is under way looks like this as well.
		_, err := i.busy(name, verbStop)
		return err
	}
	under, err := i.busy(name, verbStop)
	if err != nil || (under && grace > 0) {
		return err
	}
	// A zero would stop by force whatever Force says.
	put := incusapi.InstanceStatePut{Action: verbStop, Timeout: int(math.Ceil(grace.Seconds()))}
	if grace <= 0 {
		put.Timeout, put.Force = 0, true
	}
	return i.changeState(ctx, name, verbStop, put)
}

// Freeze implements provider.Instances.
func (i instances) Freeze(ctx context.Context, name string, owner model.Owner) error {
	found, err := i.owned(ctx, name, owner)
	if err != nil {
		return err
	}
	switch state, _ := powerState(found.StatusCode); state {
	case model.StateFrozen:
		return nil
	case model.StateRunning:
	default:
		return conflict(nil, "the instance %s can be frozen only while it runs", name)
	}
	if under, err := i.busy(name, verbFreeze); under || err != nil {
		return err
	}
	return i.changeState(ctx, name, verbFreeze, incusapi.InstanceStatePut{Action: verbFreeze, Timeout: -1})
}

func (i instances) changeState(ctx context.Context, name, verb string, put incusapi.InstanceStatePut) error {
	err := i.begin(ctx, verb, name, model.Instance{}, request{
		method: http.MethodPut, path: resource("instances", name, "state"), body: put, limit: writeLimit,
		doing: verb + " the instance " + name,
	})
	if hasStatus(err, http.StatusForbidden) {
		return i.orEvacuated(ctx, name, err)
	}
	return err
}

// Delete implements provider.Instances. The protection against deletion by mistake is taken away first: the owner asked.
func (i instances) Delete(ctx context.Context, name string, owner model.Owner) error {
	found, err := i.owned(ctx, name, owner)
	if err != nil {
		return provider.IgnoreNotFound(err)
	}
	if under, err := i.busy(name, verbDelete); under || err != nil {
		return err
	}
	if state, _ := powerState(found.StatusCode); state == model.StateRunning || state == model.StateFrozen {
		return conflict(nil, "the instance %s is running, and is deleted only when it is stopped", name)
	}
	if found.Config[keyProtected] != "" {
		if err := i.patch(ctx, name, map[string]string{keyProtected: ""}, nil); err != nil {
			return err
		}
	}
	err = i.begin(ctx, verbDelete, name, model.Instance{}, request{
		method: http.MethodDelete, path: resource("instances", name), limit: writeLimit, doing: "delete the instance " + name,
	})
	if hasStatus(err, http.StatusBadRequest) {
		// It was started by somebody between the look and the call.
		return conflict(err, "the instance %s could not be deleted as it is now", name)
	}
	return provider.IgnoreNotFound(err)
}

// owned reads an instance and returns it if it is the owner's. One that is somebody else's is never touched.
func (h *host) owned(ctx context.Context, name string, owner model.Owner) (*incusapi.Instance, error) {
	if err := checkOwner(owner); err != nil {
		return nil, err
	}
	if err := checkName(name); err != nil {
		return nil, err
	}
	if err := h.ready(ctx); err != nil {
		return nil, err
	}
	found, _, err := h.record(ctx, name)
	if err != nil {
		return nil, err
	}
	if !belongs(ownerOf(found.Config), owner) {
		return nil, h.nameConflict("instance", name)
	}
	return found, nil
}

// record reads what Incus has written down of an instance, and its status, with the ETag.
func (h *host) record(ctx context.Context, name string) (*incusapi.Instance, string, error) {
	var found incusapi.Instance
	etag, err := h.do(ctx, request{method: http.MethodGet, path: resource("instances", name), doing: "look at the instance " + name}, &found)
	if hasStatus(err, http.StatusNotFound) {
		return nil, "", notFound(err, "there is no instance %s in the project %q of %s", name, h.client.project, h.client.server)
	}
	if err != nil {
		return nil, "", err
	}
	return &found, etag, nil
}

func (h *host) nameConflict(kind, name string) error {
	return terminal(reasonNameConflict, nil, "the %s %s in the project %q of %s belongs to somebody else: rename or remove it, "+
		"or rename the BotCluster", kind, name, h.client.project, h.client.server)
}

// busy tells whether the same is under way on an instance already, and is an error of class Waiting when something else is:
// Incus would refuse, and say so only in an operation that fails.
func (h *host) busy(name, verb string) (same bool, err error) {
	operation := h.operations.about(name)
	switch operation.verb {
	case "":
		return false, nil
	case verb:
		return true, nil
	default:
		return false, waiting(nil, "Incus is busy with the instance %s: %s", name, operation.verb)
	}
}

// begin sends a request that starts an operation, and notes the operation. Whatever comes of it, the instance is to be read
// before it is shown again.
func (h *host) begin(ctx context.Context, verb, name string, want model.Instance, r request) error {
	var started incusapi.Operation
	_, err := h.do(ctx, r, &started)
	if err != nil {
		h.index.mark(name)
		return err
	}
	if !h.operations.begin(started.ID, verb, name, want) {
		// When it ended, nobody knew whom to tell.
		h.readings.request(name, want.Owner)
	}
	return nil
}

// orEvacuated explains a 403: a member of a cluster that is evacuated gives it as well, for everything but stops.
func (h *host) orEvacuated(ctx context.Context, name string, refusal error) error {
	if !h.link.isClustered() {
		return refusal
	}
	found, _, err := h.record(ctx, name)
	if err != nil {
		return refusal
	}
	var member incusapi.ClusterMember
	if _, err := h.do(ctx, request{
		method: http.MethodGet, path: resource("cluster", "members", found.Location), doing: "look at a member of the cluster",
	}, &member); err != nil || member.Status == memberOnline {
		return refusal
	}
	return transient(reasonOperationFailed, refusal, "the cluster member %s, which holds the instance %s, is %s: restore it "+
		"(incus cluster restore), or delete the instance to have it made elsewhere", found.Location, name, member.Status)
}
