package fake

import (
	"bytes"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"

	incusapi "github.com/lxc/incus/v6/shared/api"
)

// UpdateInstance replaces config, devices and profiles of an instance on behalf of a caller, in the background. match is
// the ETag that it must have, if any; the ETag covers the volatile keys too, which the daemon writes at any time.
func (w *World) UpdateInstance(caller Caller, ref Ref, match string, put incusapi.InstancePut) (incusapi.Operation, error) {
	defer w.enter()()
	i, err := w.reachForUpdate(ref)
	if err != nil {
		return incusapi.Operation{}, err
	}
	if err := checkETag(match, i.etag()); err != nil {
		return incusapi.Operation{}, err
	}
	for _, name := range put.Profiles {
		if _, _, err := w.findProfile(ref.Project, name); err != nil {
			return incusapi.Operation{}, err
		}
	}
	op := w.newOperation(caller, ref.Project, operationTask, "Updating instance")
	op.about(ref)
	w.begun(op, func() {
		w.update(i, put, op, func(err error) { w.finish(op, err) })
	})
	return w.renderOperation(op), nil
}

// PatchInstance changes what the JSON body names and leaves the rest; it is done when it returns. An instance that is
// busy is refused.
func (w *World) PatchInstance(ref Ref, match string, body []byte) error {
	defer w.enter()()
	i, err := w.reachForUpdate(ref)
	if err != nil {
		return err
	}
	if err := checkETag(match, i.etag()); err != nil {
		return err
	}
	put, err := i.merged(body)
	if err != nil {
		return err
	}
	if i.lock != nil && !slices.Contains(mayUpdateDuring, i.lock.action) {
		return within(fail("Instance is busy running a %q operation", i.lock.action),
			"Failed to create instance update operation")
	}
	return w.apply(i, put, nil)
}

// merged is what a PUT would have to say to do what a PATCH asks.
func (i *instance) merged(body []byte) (incusapi.InstancePut, error) {
	put := incusapi.InstancePut{}
	named := map[string]any{}
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(&named); err != nil {
		return put, refuse(http.StatusBadRequest, "%v", err)
	}
	if err := json.Unmarshal(body, &put); err != nil {
		return put, refuse(http.StatusBadRequest, "%v", err)
	}
	if put.Restore != "" {
		return put, refuse(http.StatusBadRequest, "Can't call PATCH in restore mode")
	}
	if named["description"] == nil {
		put.Description = i.description
	}
	if named["ephemeral"] == nil {
		put.Ephemeral = i.ephemeral
	}
	if put.Profiles == nil {
		put.Profiles = i.profiles
	}
	config := maps.Clone(i.config)
	maps.Copy(config, put.Config)
	put.Config = config
	devices := maps.Clone(i.devices)
	maps.Copy(devices, put.Devices)
	put.Devices = devices
	return put, nil
}

// mayUpdateDuring are the actions that lend their lock to an update.
var mayUpdateDuring = []action{actionCreate, actionRestart}

func (w *World) update(i *instance, put incusapi.InstancePut, op *operation, done func(error)) {
	locked := func(l *instanceLock) {
		finish := func() {
			i.hurry = nil
			err := w.apply(i, put, op)
			if l.action == actionUpdate {
				w.release(i, err)
			}
			done(err)
		}
		due := w.later(op, w.takes(w.latencies.Update, "update", i.ref.String()), finish)
		i.hurry = func() {
			w.cancel(due)
			finish()
		}
	}
	i.acquire(actionUpdate, mayUpdateDuring, false, locked, func(err error) {
		done(within(err, "Failed to create instance update operation"))
	})
}

// reachForUpdate finds an instance that is to be changed. The daemon has the request wait for an update under way; here
// that one is hurried to its end instead, because nobody may be there to move the clock meanwhile.
func (w *World) reachForUpdate(ref Ref) (*instance, error) {
	i, err := w.reach(ref)
	if err == nil && i.hurry != nil {
		i.hurry()
	}
	return i, err
}

// apply validates the whole and then changes everything at once; limits hold from that moment.
func (w *World) apply(i *instance, put incusapi.InstancePut, op *operation) error {
	wanted := *i
	wanted.config, wanted.devices = notNil(put.Config), notNil(put.Devices)
	wanted.profiles, wanted.description, wanted.ephemeral = put.Profiles, put.Description, put.Ephemeral
	if err := validConfig(wanted.config); err != nil {
		return within(err, "Invalid config")
	}
	if err := knownDevices(wanted.devices); err != nil {
		return err
	}
	if _, err := w.profilesOf(i.ref.Project, wanted.profiles); err != nil {
		return err
	}
	for _, key := range []string{"volatile.idmap.base", "volatile.idmap.current", "volatile.idmap.next", "volatile.last_state.idmap"} {
		if i.config[key] != "" && wanted.config[key] == "" {
			return fail("Volatile idmap keys can't be deleted by the user")
		}
	}
	devices := w.expandedDevices(&wanted)
	if err := w.validDevices(devices); err != nil {
		return within(err, "Invalid devices")
	}
	root, err := rootDisk(devices)
	if err != nil {
		return within(err, "Invalid root disk device")
	}
	if root["pool"] != i.pool {
		return fail("Cannot update root disk device pool name to %q", root["pool"])
	}
	if err := w.presentVolumes(i.ref.Project, devices); err != nil {
		return err
	}
	if err := startableDevices(devices, "update"); err != nil && i.running() {
		return err
	}
	i.config, i.devices, i.profiles = wanted.config, wanted.devices, wanted.profiles
	i.description, i.ephemeral = wanted.description, wanted.ephemeral
	i.set(nil) // drops keys with an empty value
	w.giveHardwareAddresses(i)
	w.touch(i)
	w.instanceEvent(i, "instance-updated", op, nil)
	return nil
}

// giveHardwareAddresses names the network cards that have none yet.
func (w *World) giveHardwareAddresses(i *instance) {
	for name, device := range w.expandedDevices(i) {
		key := "volatile." + name + ".hwaddr"
		if device["type"] == "nic" && device["hwaddr"] == "" && i.config[key] == "" {
			i.set(map[string]string{key: hardwareAddress(i.ref.String(), name)})
		}
	}
}

// etag covers all of the instance's own config, volatile keys included (Incus: driver_common.go, ETag).
func (i *instance) etag() string {
	keys := make([]string, 0, len(i.config))
	for _, key := range slices.Sorted(maps.Keys(i.config)) {
		keys = append(keys, key+"="+i.config[key])
	}
	return etagOf(architectureID, i.ephemeral, i.profiles, i.devices, strings.Join(keys, "\n"))
}
