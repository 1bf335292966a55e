package main

import (
	"math"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// leak keeps memory for ever at a rate, until the rate becomes 0 and all of it is given back. The memory comes straight from
// the kernel: the garbage collector would neither hold it as told nor give it back at once.
type leak struct {
	mu   sync.Mutex
	stop chan struct{}
	rate int64
	held [][]byte
}

// leakTick is how often a piece is added: often enough to look steady in a graph.
const leakTick = 100 * time.Millisecond

func (l *leak) setRate(bytesPerSecond int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if bytesPerSecond == l.rate {
		return
	}
	l.rate = bytesPerSecond
	if l.stop != nil {
		close(l.stop)
		l.stop = nil
	}
	if bytesPerSecond == 0 {
		l.release()
		return
	}
	l.stop = make(chan struct{})
	go l.grow(bytesPerSecond, l.stop)
}

func (l *leak) grow(bytesPerSecond int64, stop <-chan struct{}) {
	ticker := time.NewTicker(leakTick)
	defer ticker.Stop()
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
			l.add(int(bytesPerSecond * int64(leakTick) / int64(time.Second)))
		}
	}
}

// add keeps one more piece. When the machine has no more to give, the leak ends there.
func (l *leak) add(size int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.rate == 0 || size == 0 {
		return
	}
	// Populated, as memory that nobody wrote to is not resident.
	piece, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_ANON|syscall.MAP_PRIVATE|syscall.MAP_POPULATE)
	if err == nil {
		l.held = append(l.held, piece)
	}
}

// release gives everything back. The leak is locked.
func (l *leak) release() {
	for _, piece := range l.held {
		// It fails only for what is not mapped, and all of these are.
		_ = syscall.Munmap(piece)
	}
	l.held = nil
}

// burner keeps processor cores busy.
type burner struct {
	mu    sync.Mutex
	stop  chan struct{}
	cores float64
}

// burnPeriod is the length of one cycle of work and rest: short beside any measuring interval.
const burnPeriod = 20 * time.Millisecond

func (b *burner) setCores(cores float64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if cores == b.cores {
		return
	}
	b.cores = cores
	if b.stop != nil {
		close(b.stop)
		b.stop = nil
	}
	if cores == 0 {
		return
	}
	b.stop = make(chan struct{})
	for whole := range int(math.Ceil(cores)) {
		go burn(min(1, cores-float64(whole)), b.stop)
	}
}

// burn keeps one core busy for a share of the time.
func burn(share float64, stop <-chan struct{}) {
	work := time.Duration(share * float64(burnPeriod))
	ticker := time.NewTicker(burnPeriod)
	defer ticker.Stop()
	for {
		for begin := time.Now(); time.Since(begin) < work; {
		}
		select {
		case <-stop:
			return
		case <-ticker.C:
		}
	}
}

// spend uses processor time, however long that takes on a host that is busy or under a limit.
func spend(wanted time.Duration) {
	if wanted <= 0 {
		return
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for begin := threadTime(); threadTime()-begin < wanted; {
	}
}

// threadTime is the processor time that this thread has used.
func threadTime() time.Duration {
	const thisThread = 1 // RUSAGE_THREAD, getrusage(2)
	var usage syscall.Rusage
	// It fails only for an address or a target that is not valid.
	_ = syscall.Getrusage(thisThread, &usage)
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
