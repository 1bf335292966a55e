package fake

import (
	"cmp"
	"strconv"
	"strings"
	"time"
)

// Usage is what an instance uses of its host. It is what a test says it is; only CPU time grows by itself.
type Usage struct {
	CPU        time.Duration // used since the start; grows with Cores
	Cores      float64       // busy at this moment
	Memory     int64         // bytes, without the page cache
	PageCache  int64         // bytes
	MemoryPeak int64         // bytes
	Disk       int64         // bytes of the root disk
	Processes  int64

	since  time.Time // that CPU is of
	frozen bool      // nothing is busy
}

// Load is how much instances do while they run.
type Load struct {
	Cores     float64 // busy
	Memory    int64   // bytes, without the page cache; default that of a container with little more than its init
	PageCache int64   // bytes
}

// What a container with little more than its init uses, as measured.
const (
	bootedMemory    = 45 << 20
	bootedProcesses = 11
	// bootedCPU is what its boot has taken: two cores boot 1.4 of them a second.
	bootedCPU = 1400 * time.Millisecond
)

// cpu is the CPU time used until now.
func (u *Usage) cpu(now time.Time) time.Duration {
	if u.frozen {
		return u.CPU
	}
	return u.CPU + time.Duration(float64(now.Sub(u.since))*u.Cores)
}

// settle counts what was used until now.
func (u *Usage) settle(now time.Time) { u.CPU, u.since = u.cpu(now), now }

// bear puts a load on; what was used until now stays counted.
func (u *Usage) bear(load Load, now time.Time) {
	u.settle(now)
	u.Cores, u.Memory, u.PageCache = load.Cores, cmp.Or(load.Memory, bootedMemory), load.PageCache
	u.MemoryPeak = max(u.MemoryPeak, u.Memory+u.PageCache)
}

// SetUsage says what a running instance uses from now on, until it stops or Behave changes its load. CPU starts from the given
// value, or from what it was if that is zero.
func (w *World) SetUsage(ref Ref, usage Usage) error {
	defer w.enter()()
	i, err := w.instance(ref)
	if err != nil {
		return err
	}
	if usage.CPU == 0 && i.running() {
		usage.CPU = i.usage.cpu(w.now)
	}
	usage.MemoryPeak = max(usage.MemoryPeak, usage.Memory+usage.PageCache, i.usage.MemoryPeak)
	usage.since, usage.frozen = w.now, i.frozen
	i.usage = usage
	w.touch(i)
	return nil
}

// allocatedTime is how much CPU time a second has for an instance, in nanoseconds: a hard allowance, or the cores.
func (w *World) allocatedTime(config map[string]string) int64 {
	quota, period, hard := strings.Cut(config["limits.cpu.allowance"], "/")
	if hard {
		q, errQuota := strconv.ParseInt(strings.TrimSuffix(quota, "ms"), 10, 64)
		p, errPeriod := strconv.ParseInt(strings.TrimSuffix(period, "ms"), 10, 64)
		if errQuota == nil && errPeriod == nil && p > 0 {
			return int64(time.Second) * q / p
		}
	}
	return int64(w.effectiveCPUs(config["limits.cpu"])) * int64(time.Second)
}

// memoryLimit is how much memory an instance may use, in bytes.
func (w *World) memoryLimit(limit string) int64 {
	if share, ok := strings.CutSuffix(limit, "%"); ok {
		if percent, err := strconv.ParseInt(share, 10, 64); err == nil {
			return w.host.memory * percent / 100
		}
	}
	if bytes, err := parseBytes(limit); err == nil && bytes > 0 {
		return bytes
	}
	return w.host.memory
}
