package fake

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// start boots a stopped instance and calls done when its init runs, or with what went wrong.
func (w *World) start(i *instance, op *operation, done func(error)) {
	if i.running() {
		done(fail("The instance is already running"))
		return
	}
	locked := func(l *instanceLock) {
		w.later(op, w.takes(w.latencies.Start, "start", i.ref.String()), func() {
			err := w.startable(i)
			if err == nil {
				w.begin(i)
				if l.action == actionStart {
					w.instanceEvent(i, "instance-started", op, nil)
				}
			}
			if l.action == actionStart {
				w.release(i, err)
			}
			done(err)
		})
	}
	i.acquire(actionStart, []action{actionRestart}, false, locked, func(err error) {
		if err != nil {
			err = within(err, "Failed to create instance start operation")
		}
		done(err)
	})
	w.touch(i)
}

// startable is what the daemon finds out only when it tries.
func (w *World) startable(i *instance) error {
	if text := w.behaviour(i).FailsToStart; text != "" {
		return fail("%s", text)
	}
	devices := w.expandedDevices(i)
	for _, name := range slices.Sorted(maps.Keys(devices)) {
		device := devices[name]
		if network := device["network"]; device["type"] == "nic" && network != "" && w.networks[network] == nil {
			return fail("Failed to start device %q: Error loading network config for %q: Network not found", name, network)
		}
	}
	if w.pools[i.pool] == nil {
		return fail("Storage pool %q unavailable on this server", i.pool)
	}
	return startableDevices(devices, "start")
}

// begin is the moment at which the instance's init runs.
func (w *World) begin(i *instance) {
	w.lastPID += 11
	i.boot = &boot{pid: 1000 + w.lastPID, startedAt: w.now}
	i.lastUsedAt = w.now
	i.usage = Usage{CPU: bootedCPU, Processes: bootedProcesses, since: w.now}
	i.usage.bear(w.behaviour(i).Load, w.now)
	i.files = withoutVolatileFiles(i.files)
	volatile := map[string]string{"volatile.last_state.power": "RUNNING", "volatile.last_state.ready": "false",
		"volatile.apply_template": "", "volatile.idmap.current": idmapUnprivileged, "volatile.last_state.idmap": idmapUnprivileged}
	for name, device := range w.expandedDevices(i) {
		if device["type"] == "nic" {
			volatile["volatile."+name+".host_name"] = "veth" + etagOf(i.ref, name, w.lastPID)[:8]
		}
	}
	i.set(volatile)
	w.touch(i)
	w.foresee(i, w.behaviour(i))
}

// idmapUnprivileged is how Incus writes the map of an unprivileged container.
const idmapUnprivileged = `[{"Isuid":true,"Isgid":true,"Hostid":1000000,"Nsid":0,"Maprange":1000000000}]`

// foresee puts on the timeline what a boot will do by itself.
func (w *World) foresee(i *instance, b Behaviour) {
	if !b.NoAddress {
		w.inBoot(i, b.AddressDelay, func() { w.getAddress(i) })
	}
	if b.DiesAfter > 0 {
		w.inBoot(i, b.DiesAfter, func() { w.die(i, exitKilled) })
	}
}

// inBoot makes an appointment that the end of the present boot cancels.
func (w *World) inBoot(i *instance, d time.Duration, run func()) {
	i.boot.pending = append(i.boot.pending, w.in(d, run))
}

// getAddress is the end of DHCP: every network card has its lease, and the application is about to answer.
func (w *World) getAddress(i *instance) {
	b := w.behaviour(i)
	if b.NoAddress {
		return
	}
	devices := w.expandedDevices(i)
	for _, name := range slices.Sorted(maps.Keys(devices)) {
		device := devices[name]
		n := w.networks[device["network"]]
		if device["type"] != "nic" || n == nil {
			continue
		}
		address, ok := n.lease(i.ref, i.hardwareAddress(name, device), device["ipv4.address"], b.NewAddress)
		if ok && i.boot.address == "" {
			i.boot.address = address.String()
		}
	}
	i.boot.servingAt = w.now.Add(b.ServeDelay)
	if b.NotifiesReady {
		i.boot.ready = true
		i.set(map[string]string{"volatile.last_state.ready": "true"})
		w.instanceEvent(i, "instance-ready", nil, nil)
	}
	w.touch(i)
	w.inBoot(i, b.ServeDelay, func() { w.touch(i) })
}

// die is the end of an instance by itself: its init exits, or it is shut down from within. What was exec'd in it ends with
// the code.
func (w *World) die(i *instance, code int) {
	byItself := i.lock == nil
	w.halt(i, code)
	if !byItself {
		return
	}
	if w.expandedConfig(i)["boot.autorestart"] == "true" && w.mayRestart(i) {
		w.start(i, nil, func(err error) {
			if err == nil {
				w.instanceEvent(i, "instance-restarted", nil, nil)
			}
		})
		return
	}
	w.instanceEvent(i, "instance-shutdown", nil, nil)
}

// mayRestart keeps to Incus's bound of ten automatic restarts in a minute.
func (w *World) mayRestart(i *instance) bool {
	i.restarts = slices.DeleteFunc(i.restarts, func(at time.Time) bool { return w.now.Sub(at) > time.Minute })
	if len(i.restarts) >= 10 {
		return false
	}
	i.restarts = append(i.restarts, w.now)
	return true
}

// halt is the end of a boot, whatever brought it; what waits for the end is told.
func (w *World) halt(i *instance, code int) {
	for _, a := range i.boot.pending {
		w.cancel(a)
	}
	i.killProcesses(code)
	w.thaw(i)
	i.boot = nil
	volatile := map[string]string{"volatile.last_state.power": "STOPPED", "volatile.last_state.ready": "false"}
	for key := range i.config {
		if strings.HasPrefix(key, "volatile.") && strings.HasSuffix(key, ".host_name") {
			volatile[key] = ""
		}
	}
	i.set(volatile)
	w.touch(i)
	if held := i.lock; held != nil {
		hooks := held.halted
		held.halted = nil
		if held.action == actionStop {
			w.release(i, nil)
		}
		for _, hook := range hooks {
			hook()
		}
	}
	if i.ephemeral && i.lock == nil {
		w.dropInstance(i)
		w.instanceEvent(i, "instance-deleted", nil, nil)
	}
}

// effectiveCPUs is how many cores an instance may use.
func (w *World) effectiveCPUs(limit string) int {
	if limit == "" {
		return w.host.cpus
	}
	if count, err := strconv.Atoi(limit); err == nil {
		return min(count, w.host.cpus)
	}
	count := 0
	for part := range strings.SplitSeq(limit, ",") {
		first, last, isRange := strings.Cut(part, "-")
		low, err := strconv.Atoi(first)
		high, errHigh := strconv.Atoi(last)
		if isRange && err == nil && errHigh == nil {
			count += high - low
		}
		count++
	}
	return min(count, w.host.cpus)
}
