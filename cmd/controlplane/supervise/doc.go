// Package supervise keeps one process alive: it starts it again when it dies, waiting longer each time it dies young, and ends it
// with a signal that is meant, and then one that cannot be refused.
//
//	started ──► ready ──► exited ──(back-off)──► started …          Stop: ──► stopped
//
// A process never outlives the one that started it: the kernel kills it with its parent.
package supervise
