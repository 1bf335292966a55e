package model

import "time"

// Usage is what an instance has used when it was last measured. Counters begin at zero whenever the instance boots.
type Usage struct {
	// Name of the instance.
	Name string
	// At is when it was measured. Two answers with the same At are one measurement: nothing follows from their difference.
	At time.Time
	// CPU is the processor time used since it booted; Allocated is how much it may use per second, such as 2 s with limits.cpu 2,
	// zero when that is not known.
	CPU       time.Duration
	Allocated time.Duration
	// Memory is what it uses in bytes, page cache not counted, and MemoryLimit what it may use. Both are zero when they are not
	// known: what runs uses some. They may be some seconds older than At.
	Memory      int64
	MemoryLimit int64
}
