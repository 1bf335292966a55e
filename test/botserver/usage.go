package main

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// usage measures this process as a share of the machine or container it runs in.
type usage struct {
	mu        sync.Mutex
	last      figures
	at        time.Time
	processor time.Duration
}

// figures are percentages, 0 to 100, as the health document shows them.
type figures struct{ processorPercent, memoryPercent float64 }

// shortestMeasurement keeps readings that follow each other closely from measuring noise.
const shortestMeasurement = 200 * time.Millisecond

// read returns the processor use since the reading before, and the memory held now.
func (u *usage) read() figures {
	u.mu.Lock()
	defer u.mu.Unlock()
	now, processor := time.Now(), processorTime()
	if wall := now.Sub(u.at); wall >= shortestMeasurement {
		if !u.at.IsZero() {
			u.last.processorPercent = 100 * (processor - u.processor).Seconds() / wall.Seconds() / float64(runtime.NumCPU())
		}
		u.at, u.processor = now, processor
	}
	u.last.memoryPercent = memoryPercent()
	return u.last
}

func processorTime() time.Duration {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		return 0
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// memoryPercent relates the resident size to MemTotal, which lxcfs sets to the container's limit.
// Where /proc does not tell, it is 0.
func memoryPercent() float64 {
	total := kibibytes("/proc/meminfo", "MemTotal:")
	if total == 0 {
		return 0
	}
	return 100 * kibibytes("/proc/self/status", "VmRSS:") / total
}

// kibibytes reads a line such as "MemTotal: 123 kB" of a file below /proc.
func kibibytes(path, label string) float64 {
	content, err := os.ReadFile(path)
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(content)) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != label {
			continue
		}
		value, err := strconv.ParseFloat(fields[1], 64)
		if err != nil {
			return 0
		}
		return value
	}
	return 0
}
