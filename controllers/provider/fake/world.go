package fake

import (
	"sync"
	"time"

	incusapi "github.com/lxc/incus/v6/shared/api"
)

// Ref names an instance: names are unique within a project.
type Ref struct{ Project, Name string }

func (r Ref) String() string { return r.Project + "/" + r.Name }

// Config describes a new World; the zero value of every field but Clock is a good one.
type Config struct {
	Clock     Clock
	Seed      uint64    // of every draw and identifier
	Latencies Latencies // zero: everything is done at once
	// Extensions replaces the list of API extensions that the server claims; nil means DefaultExtensions.
	Extensions []string
	// Version of the server, default 6.0.4, that of Debian. It decides how a name that is taken is refused: 6.0 ends the
	// operation with the database's error, later ones answer the request with it.
	Version string
	CPUs    int   // of each host; default 8
	Memory  int64 // of each host, in bytes; default 16 GiB
}

// World is a daemon, or a cluster of them, with everything that it holds. It is safe for concurrent use.
type World struct {
	mu      sync.Mutex
	clock   Clock
	stepper stepper // nil on a clock that moves by itself
	waker   Waker   // nil on a clock that does not

	now      time.Time
	timeline timeline
	order    uint64
	disarm   func() // of the wake-up call; nil when there is none
	armed    time.Time
	closed   bool

	seed   uint64
	serial uint64
	draws  map[string]uint64

	host         host
	latencies    Latencies
	projects     map[string]*project
	images       []*Image
	pools        map[string]*Pool
	networks     map[string]*network
	members      []*Member
	certificates []incusapi.Certificate
	instances    map[Ref]*instance
	sorted       []*instance // by project and name; nil when it must be made again
	operations   map[string]*operation
	behaviours   []behaviourRule
	services     []Service
	commands     []Command
	lastPID      int64
	lastVersion  uint64
	changed      chan struct{} // closed and replaced at every change of an instance
	reports      []func(Locked, Ref)
	metrics      map[string]metricsPage

	bus     bus
	journal journal
	faults  Faults
}

// New is a world with one project, one network of 65,000 addresses, one pool of 1 TiB and the default profile that joins
// them, as after a first "incus admin init". It has no image and no instance.
func New(config Config) *World {
	w := &World{
		clock:      config.Clock,
		now:        config.Clock.Now(),
		seed:       config.Seed,
		draws:      map[string]uint64{},
		host:       newHost(config),
		latencies:  config.Latencies,
		projects:   map[string]*project{},
		pools:      map[string]*Pool{},
		networks:   map[string]*network{},
		instances:  map[Ref]*instance{},
		operations: map[string]*operation{},
		changed:    make(chan struct{}),
		metrics:    map[string]metricsPage{},
	}
	w.stepper, _ = config.Clock.(stepper)
	w.waker, _ = config.Clock.(Waker)
	if w.stepper == nil && w.waker == nil {
		panic("fake: nothing would ever happen by a clock that neither is stepped nor is a Waker, such as WallClock")
	}
	w.faults.world = w
	w.bus.world = w
	w.addProject(incusapi.ProjectDefaultName, nil)
	w.AddNetwork(Network{Name: "incusbr0", CIDR: "10.20.0.1/16"})
	w.AddPool(Pool{Name: "default", Driver: "btrfs", Capacity: 1 << 40})
	w.projects[incusapi.ProjectDefaultName].profiles["default"] = defaultProfile("default", "incusbr0")
	return w
}

// Close ends the world: what runs in its instances is killed, who waits is let go, and no timer is left.
func (w *World) Close() {
	defer w.enter()()
	if w.closed {
		return
	}
	w.closed = true
	if w.disarm != nil {
		w.disarm()
	}
	w.timeline = nil
	for _, i := range w.instances {
		i.killProcesses(exitKilled)
	}
	w.bus.closeAll()
	close(w.changed)
}

// Changed is closed at the next change of any instance: its status, its address, its health, its end.
func (w *World) Changed() <-chan struct{} {
	defer w.enter()()
	return w.changed
}

// SetLatencies changes how long operations take from now on.
func (w *World) SetLatencies(latencies Latencies) {
	defer w.enter()()
	w.latencies = latencies
}

// Faults is the plan of what goes wrong.
func (w *World) Faults() *Faults { return &w.faults }

// touch marks a change of an instance.
func (w *World) touch(i *instance) {
	w.lastVersion++
	i.version = w.lastVersion
	if w.closed {
		return
	}
	close(w.changed)
	w.changed = make(chan struct{})
	for _, report := range w.reports {
		report(Locked{w}, i.ref)
	}
}

// touchAll marks a change that may show in every instance, such as that of a profile.
func (w *World) touchAll() {
	for _, i := range w.instances {
		w.touch(i)
	}
}
