package fake

import (
	"net/http"
)

// volatileOrigin is the key in which the daemon keeps where an instance was before the evacuation of its member.
const volatileOrigin = "volatile.evacuate.origin"

// volatilePower is the key by which the daemon knows what is to be started again.
const volatilePower = "volatile.last_state.power"

// Evacuate empties a member, as somebody with access to the daemon may: what runs on it is stopped, and what can be moved is moved
// to the member that is free and has the fewest instances, and started there (Incus: api_cluster_evacuation.go). What cannot stays
// stopped where it is: local volumes and proxy devices keep an instance from being moved, as cluster.evacuate may.
func (w *World) Evacuate(name string) error {
	defer w.enter()()
	m := w.member(name)
	switch {
	case m == nil:
		return refuse(http.StatusNotFound, "Cluster member %q not found", name)
	case m.Status != MemberOnline:
		return fail("Cluster member is %s", m.Status)
	}
	m.Status = MemberEvacuated
	for _, i := range w.inOrder() {
		if i.location != name || i.lock.is(actionCreate) {
			continue
		}
		ran := i.running()
		if ran {
			w.halt(i, exitTerminated)
			i.set(map[string]string{volatilePower: "RUNNING"})
			w.instanceEvent(i, "instance-shutdown", nil, nil)
		}
		target, err := w.place("")
		if w.evacuation(i) != "migrate" || err != nil {
			w.touch(i)
			continue
		}
		if i.config[volatileOrigin] == "" {
			i.set(map[string]string{volatileOrigin: name})
		}
		w.move(i, target, ran)
	}
	w.touchAll()
	return nil
}

// Restore takes a member into service again: what was stopped on it is started, and what was moved away comes back.
func (w *World) Restore(name string) error {
	defer w.enter()()
	m := w.member(name)
	switch {
	case m == nil:
		return refuse(http.StatusNotFound, "Cluster member %q not found", name)
	case !m.evacuated():
		return fail("Cluster member is %s", m.Status)
	}
	m.Status = MemberOnline
	for _, i := range w.inOrder() {
		switch {
		case i.location == name && !i.running() && i.lock == nil && i.config[volatilePower] == "RUNNING":
			w.start(i, nil, func(error) {})
		case i.location != name && i.config[volatileOrigin] == name:
			ran := i.running()
			if ran {
				w.halt(i, exitTerminated)
				w.instanceEvent(i, "instance-shutdown", nil, nil)
			}
			i.set(map[string]string{volatileOrigin: ""})
			w.move(i, name, ran)
		}
	}
	w.touchAll()
	return nil
}

// move brings a stopped instance to another member, and starts it there if it ran.
func (w *World) move(i *instance, target string, start bool) {
	i.location = target
	w.touch(i)
	w.instanceEvent(i, "instance-migrated", nil, nil)
	if start {
		w.start(i, nil, func(error) {})
	}
}

// evacuation is what becomes of an instance when its member is evacuated (Incus: driver_common.go, canMigrate).
func (w *World) evacuation(i *instance) string {
	if policy := w.expandedConfig(i)["cluster.evacuate"]; policy != "" && policy != "auto" {
		return policy
	}
	for _, device := range w.expandedDevices(i) {
		movable := device["type"] == "none" || device["type"] == "nic" && device["network"] != "" ||
			device["type"] == "disk" && device["path"] == "/"
		if !movable {
			return "stop"
		}
	}
	return "migrate"
}
