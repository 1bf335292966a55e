package fake

import (
	"cmp"
	"net/netip"
	"time"
)

// Crash kills what runs in an instance, as a bug of its own would: it is stopped, and Incus says that it shut down.
func (w *World) Crash(ref Ref) error {
	defer w.enter()()
	i, err := w.instance(ref)
	if err != nil {
		return err
	}
	if i.running() {
		w.die(i, exitKilled)
	}
	return nil
}

// Vanish removes an instance at once, as somebody with access to the daemon may: no operation, only the event.
func (w *World) Vanish(ref Ref) error {
	defer w.enter()()
	i, err := w.instance(ref)
	if err != nil {
		return err
	}
	if i.running() {
		w.halt(i, exitKilled)
	}
	w.dropInstance(i)
	w.instanceEvent(i, "instance-deleted", nil, nil)
	return nil
}

// KillExecs ends what was exec'd in an instance, tunnels included, and leaves the instance as it is.
func (w *World) KillExecs(ref Ref) error {
	defer w.enter()()
	i, err := w.instance(ref)
	if err != nil {
		return err
	}
	i.killProcesses(exitKilled)
	return nil
}

// Edit changes keys of an instance's own config, as somebody with access to the daemon may; an empty value removes a key.
func (w *World) Edit(ref Ref, changes map[string]string) error {
	defer w.enter()()
	i, err := w.instance(ref)
	if err != nil {
		return err
	}
	i.set(changes)
	w.touch(i)
	w.instanceEvent(i, "instance-updated", nil, nil)
	return nil
}

// Sight is what a test sees of an instance without asking the daemon: the truth, also when a member is off line.
type Sight struct {
	Ref       Ref
	Config    map[string]string
	Devices   map[string]map[string]string
	Location  string
	Status    string
	Boot      int64 // of the present run; 0 when it is stopped
	StartedAt time.Time
	Address   string
	Serving   bool // it has an address, its application runs and it is not frozen
	ServingAt time.Time
	Health    Health
	Figures   map[string]float64 // of its health document
	CreatedAt time.Time
	Execs     int // commands that were exec'd and run, tunnels included
}

// Look shows one instance; false if there is none of that name.
func (w *World) Look(ref Ref) (Sight, bool) {
	defer w.enter()()
	return w.look(ref)
}

func (w *World) look(ref Ref) (Sight, bool) {
	i := w.instances[ref]
	if i == nil {
		return Sight{}, false
	}
	return w.sight(i), true
}

// LookAll shows the instances of a project, or of all if it is empty, by project and name.
func (w *World) LookAll(projectName string) []Sight {
	defer w.enter()()
	var list []Sight
	for _, i := range w.inOrder() {
		if cmp.Or(projectName, i.ref.Project) == i.ref.Project {
			list = append(list, w.sight(i))
		}
	}
	return list
}

// LookAt shows the instance that has an IPv4 address at this moment.
func (w *World) LookAt(address string) (Sight, bool) {
	defer w.enter()()
	return w.lookAt(address)
}

func (w *World) lookAt(address string) (Sight, bool) {
	wanted, err := netip.ParseAddr(address)
	if err != nil {
		return Sight{}, false
	}
	for _, n := range w.networks {
		i := w.instances[n.leases[wanted].ref]
		if i != nil && i.running() && i.boot.address == address {
			return w.sight(i), true
		}
	}
	return Sight{}, false
}

func (w *World) sight(i *instance) Sight {
	b := w.behaviour(i)
	s := Sight{
		Ref: i.ref, Config: w.expandedConfig(i), Devices: w.expandedDevices(i), Location: i.location,
		Status: i.status().String(), Health: b.Health, Figures: b.Figures, CreatedAt: i.createdAt, Execs: len(i.processes),
	}
	if i.running() {
		s.Boot, s.StartedAt, s.Address, s.ServingAt = i.boot.pid, i.boot.startedAt, i.boot.address, i.boot.servingAt
		s.Serving = s.Address != "" && !w.now.Before(i.boot.servingAt) && !i.frozen
	}
	return s
}
