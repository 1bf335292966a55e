package fake

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	incusapi "github.com/lxc/incus/v6/shared/api"
)

// instance is one container. Its maps are replaced, never changed in place, so that what was shown stays as it was.
type instance struct {
	ref         Ref
	image       Image
	description string
	config      map[string]string
	devices     map[string]map[string]string
	profiles    []string
	ephemeral   bool
	location    string
	pool        string
	size        int64 // that it takes of its pool
	createdAt   time.Time
	lastUsedAt  time.Time
	version     uint64

	lock      *instanceLock
	hurry     func() // ends the update under way now; nil if there is none
	boot      *boot  // nil while it is stopped
	frozen    bool
	thawed    chan struct{} // closed when a frozen instance goes on
	files     map[string]File
	usage     Usage
	processes map[*Process]struct{}
	restarts  []time.Time // by boot.autorestart
}

// boot is one run of an instance, from its start to its end.
type boot struct {
	pid       int64
	startedAt time.Time
	address   string // IPv4; empty until the lease
	servingAt time.Time
	ready     bool
	pending   []*appointment // that its end cancels
}

func (w *World) instance(ref Ref) (*instance, error) {
	if _, err := w.project(ref.Project); err != nil {
		return nil, err
	}
	i := w.instances[ref]
	switch {
	case i != nil:
		return i, nil
	case len(w.members) > 0: // looked for first in the whole cluster
		return nil, refuse(http.StatusNotFound, "Instance not found")
	}
	return nil, refuse(http.StatusNotFound, "Failed to fetch instance %q in project %q: Instance not found", ref.Name, ref.Project)
}

// reach finds an instance whose member answers.
func (w *World) reach(ref Ref) (*instance, error) {
	i, err := w.instance(ref)
	if err != nil {
		return nil, err
	}
	return i, w.reachable(i)
}

func (i *instance) running() bool { return i.boot != nil }

// status is as the daemon computes it: what an operation under way will change is shown as it was before.
func (i *instance) status() incusapi.StatusCode {
	switch {
	case i.boot == nil || i.lock.is(actionStart):
		return incusapi.Stopped
	case i.frozen:
		return incusapi.Frozen
	case i.boot.ready:
		return incusapi.Ready
	}
	return incusapi.Running
}

// set changes keys of the instance's own config; an empty value removes the key.
func (i *instance) set(changes map[string]string) {
	config := maps.Clone(i.config)
	maps.Copy(config, changes)
	maps.DeleteFunc(config, func(_, value string) bool { return value == "" })
	i.config = config
}

// inOrder lists the instances by project and name.
func (w *World) inOrder() []*instance {
	if w.sorted == nil {
		w.sorted = slices.SortedFunc(maps.Values(w.instances), func(a, b *instance) int {
			return cmp.Or(strings.Compare(a.ref.Project, b.ref.Project), strings.Compare(a.ref.Name, b.ref.Name))
		})
	}
	return w.sorted
}

func (w *World) addInstance(i *instance) {
	w.instances[i.ref] = i
	w.count(i, 1)
	w.sorted = nil
	w.touch(i)
}

func (w *World) dropInstance(i *instance) {
	for card, n := range w.cards(i) {
		n.release(card)
	}
	delete(w.instances, i.ref)
	w.count(i, -1)
	w.sorted = nil
	w.touch(i)
}

// count keeps the sums that a project and a pool have of their instances.
func (w *World) count(i *instance, sign int64) {
	if p := w.projects[i.ref.Project]; p != nil {
		p.instances += int(sign)
	}
	if p := w.pools[i.pool]; p != nil {
		p.instances += sign * i.size
	}
}

// expandedConfig is the config of the profiles, in order, under the instance's own.
func (w *World) expandedConfig(i *instance) map[string]string {
	config := map[string]string{}
	for _, p := range w.presentProfiles(i) {
		maps.Copy(config, p.config)
	}
	maps.Copy(config, i.config)
	return config
}

func (w *World) expandedDevices(i *instance) map[string]map[string]string {
	devices := map[string]map[string]string{}
	for _, p := range w.presentProfiles(i) {
		maps.Copy(devices, p.devices)
	}
	maps.Copy(devices, i.devices)
	return devices
}

func (w *World) presentProfiles(i *instance) []*profile {
	profiles, err := w.profilesOf(i.ref.Project, i.profiles)
	if err != nil {
		return nil // the profile was taken away behind the daemon's back
	}
	return profiles
}

// cards are the hardware addresses of an instance's network cards, with the networks that they are in.
func (w *World) cards(i *instance) map[string]*network {
	cards := map[string]*network{}
	for name, device := range w.expandedDevices(i) {
		if n := w.networks[device["network"]]; device["type"] == "nic" && n != nil {
			cards[i.hardwareAddress(name, device)] = n
		}
	}
	return cards
}

func (i *instance) hardwareAddress(name string, device map[string]string) string {
	return cmp.Or(device["hwaddr"], i.config["volatile."+name+".hwaddr"])
}

// hardwareAddress makes one in Incus's own range, always the same for the same parts.
func hardwareAddress(parts ...string) string {
	sum := etagOf(parts)
	return fmt.Sprintf("10:66:6a:%s:%s:%s", sum[:2], sum[2:4], sum[4:6])
}

// rootDisk is the device that is mounted at /.
func rootDisk(devices map[string]map[string]string) (map[string]string, error) {
	var found map[string]string
	for _, device := range devices {
		if device["type"] != "disk" || device["path"] != "/" || device["source"] != "" {
			continue
		}
		if found != nil {
			return nil, fail("More than one root device found")
		}
		found = device
	}
	if found == nil {
		return nil, fail("No root device could be found")
	}
	return found, nil
}
