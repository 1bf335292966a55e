package incus

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

const (
	// measureEvery is how old a measurement may get before somebody who asks has another made.
	measureEvery = 10 * time.Second
	// memoryPatience is how long a call waits for figures of memory when it has those of processors.
	memoryPatience = 3 * time.Second
	// memoryLasts is how old figures of memory may get, when there are no newer ones, before they are taken for unknown.
	memoryLasts = 30 * time.Second
)

// Usage implements provider.Meter.
//
// Processor time comes from the list of all instances, which Inventory profits from as well: it is read at a time that is known
// to some milliseconds, and Incus tells beside it how much an instance may use. The page of metrics has the same counters, but
// they may be 8 s old, nobody can say how old, and no rate follows from that. Memory does not: the list has only the kernel's
// sum with the page cache in it, so that it comes from the metrics, where its age does no harm.
func (h *host) Usage(ctx context.Context, owner model.Owner) ([]model.Usage, error) {
	if err := h.ready(ctx); err != nil {
		return nil, err
	}
	now := h.options.Clock.Now()
	if err := h.listing.ensure(ctx, now.Add(-measureEvery)); err != nil {
		return nil, err
	}
	limited, cancel := context.WithTimeout(ctx, memoryPatience)
	defer cancel()
	// That there are none, and why, was logged where they are read. The rest is known.
	_ = h.memory.ensure(limited, now.Add(-measureEvery))
	return h.meter.of(owner, h.options.Clock.Now()), nil
}

// processorTime is what a list tells of one instance that runs.
type processorTime struct {
	name, location  string
	used, allocated time.Duration
}

// memory is what the metrics tell of one instance that runs, in bytes.
type memory struct{ used, limit int64 }

// meter keeps what was last measured.
type meter struct {
	mu sync.Mutex
	// at is when the processor time was read, of which there is a list for each owner.
	at     time.Time
	owners map[ownerKey][]processorTime
	// read is when the memory was read.
	read   time.Time
	memory map[string]memory
	// failure is why memory could not be read, or not everywhere, when that was last tried.
	failure string
}

// survey gathers what one list tells.
type survey struct {
	clock  Clock
	began  time.Time
	at     time.Time
	owners map[ownerKey][]processorTime
}

func newSurvey(clock Clock) *survey {
	return &survey{clock: clock, began: clock.Now(), owners: map[ownerKey][]processorTime{}}
}

// take takes in one instance. Incus looks at all of them between the request and the beginning of its answer, so that the middle
// of that is nearest to the time of each.
func (s *survey) take(full fullInstance) {
	if s.at.IsZero() {
		s.at = s.began.Add(s.clock.Now().Sub(s.began) / 2)
	}
	key := keyOf(ownerOf(full.Config))
	if key.uid == "" || key.manager == "" || full.State == nil || full.State.CPU.Usage <= 0 {
		return // foreign, or could not be looked at
	}
	if state, _ := powerState(full.State.StatusCode); state != model.StateRunning {
		return
	}
	s.owners[key] = append(s.owners[key], processorTime{
		name: full.Name, location: full.Location,
		used: time.Duration(full.State.CPU.Usage), allocated: time.Duration(full.State.CPU.AllocatedTime),
	})
}

// put replaces what an earlier list told.
func (m *meter) put(s *survey) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.at, m.owners = s.at, s.owners
}

// locations are the members of a cluster that hold what was measured, sorted; a server that is not clustered is one without a
// name.
func (m *meter) locations() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	found := map[string]struct{}{}
	var locations []string
	for _, list := range m.owners {
		for _, measured := range list {
			location := measured.location
			if location == noLocation {
				location = ""
			}
			if _, known := found[location]; !known {
				found[location] = struct{}{}
				locations = append(locations, location)
			}
		}
	}
	slices.Sort(locations)
	return locations
}

func (m *meter) putMemory(read time.Time, figures map[string]memory) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.read, m.memory = read, figures
}

// newFailure takes in why memory could not be read, empty when it could, and tells whether that is news.
func (m *meter) newFailure(failure string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	news := failure != m.failure
	m.failure = failure
	return news
}

// of returns what the instances of an owner have used.
func (m *meter) of(owner model.Owner, now time.Time) []model.Usage {
	m.mu.Lock()
	defer m.mu.Unlock()
	figures := m.memory
	if now.Sub(m.read) > memoryLasts {
		figures = nil
	}
	usages := []model.Usage{}
	lists := [][]processorTime{m.owners[keyOf(owner)]}
	if owner.UID == "" {
		for key, list := range m.owners {
			if key.manager == owner.Manager {
				lists = append(lists, list)
			}
		}
	}
	for _, list := range lists {
		for _, measured := range list {
			usages = append(usages, model.Usage{
				Name: measured.name, At: m.at, CPU: measured.used, Allocated: measured.allocated,
				Memory: figures[measured.name].used, MemoryLimit: figures[measured.name].limit,
			})
		}
	}
	slices.SortFunc(usages, func(a, b model.Usage) int { return strings.Compare(a.Name, b.Name) })
	return usages
}
