package fake

import (
	"strconv"
	"strings"
	"time"
)

// Usage is what an instance uses of its host. It is what a test says it is; only CPU time grows by itself.
type Usage struct {
	CPU        time.Duration // used since the start; grows with Cores
	Cores      float64       // busy at this moment
	Memory     int64         // bytes
	MemoryPeak int64         // bytes
	Disk       int64         // bytes of the root disk
	Processes  int64

	since time.Time // that CPU is of
}

// What a container with little more than its init uses, as measured.
const (
	bootedMemory    = 45 << 20
	bootedProcesses = 11
)

// cpu is the CPU time used until now.
func (u Usage) cpu(now time.Time) time.Duration {
	return u.CPU + time.Duration(float64(now.Sub(u.since))*u.Cores)
}

// SetUsage says what a running instance uses from now on. CPU starts from the given value, or from what it was if that is
// zero.
func (w *World) SetUsage(ref Ref, usage Usage) error {
	defer w.enter()()
	i, err := w.instance(ref)
	if err != nil {
		return err
	}
	if usage.CPU == 0 && i.running() {
		usage.CPU = i.usage.cpu(w.now)
	}
	usage.MemoryPeak = max(usage.MemoryPeak, usage.Memory, i.usage.MemoryPeak)
	usage.since = w.now
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
