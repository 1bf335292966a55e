package incus

import "sync"

// tunnels are the open tunnels of a host.
type tunnels struct {
	mu     sync.Mutex
	open   map[*tunnel]struct{}
	closed bool
}

func newTunnels() *tunnels { return &tunnels{open: map[*tunnel]struct{}{}} }

// add is false when the host has ended.
func (s *tunnels) add(opened *tunnel) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.open[opened] = struct{}{}
	return true
}

func (s *tunnels) remove(gone *tunnel) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.open, gone)
}

// closeAll closes the tunnels, and lets no other be added.
func (s *tunnels) closeAll() {
	s.mu.Lock()
	s.closed = true
	var open []*tunnel
	for known := range s.open {
		open = append(open, known)
	}
	s.mu.Unlock()
	for _, known := range open {
		_ = known.Close()
	}
}
