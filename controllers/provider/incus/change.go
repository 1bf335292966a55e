package incus

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"strings"

	incusapi "github.com/lxc/incus/v6/shared/api"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// Change implements provider.Instances. What is as wanted already is not written again.
//
// Keys and devices that are set go as a PATCH of just those, which nothing else that happens to the instance can disturb. A
// device that is removed needs a PUT of the whole, guarded by the ETag of what was read.
func (i instances) Change(ctx context.Context, name string, owner model.Owner, change model.InstanceChange) error {
	found, err := i.owned(ctx, name, owner)
	if err != nil {
		return err
	}
	config := differing(found.Config, change)
	devices, removed := differingDevices(found.Devices, change.Devices)
	for key := range change.Config {
		if strings.HasPrefix(key, tagPrefix) {
			return terminal(reasonInvalidRequest, nil, "the key %s is the driver's own", key)
		}
	}
	if len(config) == 0 && len(devices) == 0 && len(removed) == 0 {
		return nil
	}
	if _, err := i.busy(name, ""); err != nil {
		return err
	}
	if len(removed) > 0 {
		return i.put(ctx, name, owner, config, devices, removed)
	}
	return i.patch(ctx, name, config, devices)
}

// differing are the keys that are not as wanted yet.
func differing(current map[string]string, change model.InstanceChange) map[string]string {
	wanted := maps.Clone(change.Config)
	if wanted == nil {
		wanted = map[string]string{}
	}
	if change.DrainingSince != nil {
		wanted[tagDraining] = timeTag(*change.DrainingSince)
	}
	if change.Standby != nil {
		wanted[tagStandby] = standbyTag(*change.Standby)
	}
	if change.Restarted != nil {
		wanted[tagRestarted] = timeTag(*change.Restarted)
	}
	maps.DeleteFunc(wanted, func(key, value string) bool { return current[key] == value })
	return wanted
}

// differingDevices are the devices that are not as wanted yet, and the names of those that are to go.
func differingDevices(
	current map[string]map[string]string, wanted map[string]model.Device,
) (set map[string]map[string]string, removed []string) {
	set = map[string]map[string]string{}
	for name, device := range wanted {
		known, exists := current[name]
		switch {
		case device == nil && exists:
			removed = append(removed, name)
		case device != nil && !(exists && maps.Equal(known, device)):
			set[name] = device
		}
	}
	return set, removed
}

// patch sets keys and devices of an instance and leaves the rest. A key with an empty value goes.
func (h *host) patch(ctx context.Context, name string, config map[string]string, devices map[string]map[string]string) error {
	body := map[string]any{"config": config}
	if len(devices) > 0 {
		body["devices"] = devices
	}
	r := request{
		method: http.MethodPatch, path: resource("instances", name), body: body, limit: writeLimit,
		doing: "change the instance " + name,
	}
	_, err := h.do(ctx, r, nil)
	if mayBeRefusal(err) {
		again := err
		if _, err = h.do(ctx, r, nil); mayBeRefusal(err) && sameWords(err, again) {
			err = h.refusedTwice(ctx, name, err)
		}
	}
	h.index.mark(name)
	return err
}

// mayBeRefusal tells whether an answer may say that a value is wrong. Incus gives 500 for a limit that it cannot parse and
// 404 for a network that does not exist, as for troubles of its own, and says the difference in words only.
func mayBeRefusal(err error) bool {
	return hasStatus(err, http.StatusInternalServerError, http.StatusNotFound)
}

func sameWords(a, b error) bool {
	first, _ := errors.AsType[incusapi.StatusError](a)
	second, _ := errors.AsType[incusapi.StatusError](b)
	return first.Error() == second.Error()
}

// refusedTwice explains an answer that came twice in the same words: a trouble of Incus's own would have passed, or changed.
func (h *host) refusedTwice(ctx context.Context, name string, refusal error) error {
	if _, _, err := h.record(ctx, name); err != nil {
		return err
	}
	// An operation that we have not heard of yet may have the instance locked.
	if err := h.listOperations(ctx); err != nil {
		return err
	}
	// What the driver itself has in hand is what asked for the change.
	if operation := h.operations.about(name); operation.verb != "" && !operation.ours {
		return waiting(nil, "Incus is busy with the instance %s: %s", name, operation.verb)
	}
	return h.refused(refusal, "change the instance "+name)
}

// refused is an error of class Terminal with Incus's words.
func (h *host) refused(refusal error, doing string) error {
	said, _ := errors.AsType[incusapi.StatusError](refusal)
	return terminal(reasonInvalidRequest, said, "%s refused to %s: %s", h.client.server, doing, words(said.Error()))
}

// put replaces the whole of an instance's own configuration. Incus does it in an operation.
func (i instances) put(
	ctx context.Context, name string, owner model.Owner, config map[string]string, devices map[string]map[string]string, removed []string,
) error {
	// Read again, with the ETag: it covers keys that Incus itself writes, so the shorter the time between, the better.
	found, etag, err := i.record(ctx, name)
	if err != nil {
		return err
	}
	if !belongs(ownerOf(found.Config), owner) {
		return i.nameConflict("instance", name)
	}
	whole := found.Writable()
	if whole.Devices == nil {
		whole.Devices = map[string]map[string]string{}
	}
	maps.Copy(whole.Config, config)
	maps.DeleteFunc(whole.Config, func(_, value string) bool { return value == "" })
	maps.Copy(whole.Devices, devices)
	for _, device := range removed {
		delete(whole.Devices, device)
	}
	return i.begin(ctx, verbUpdate, name, model.Instance{}, request{
		method: http.MethodPut, path: resource("instances", name), etag: etag, body: whole, limit: writeLimit,
		doing: "change the instance " + name,
	})
}
