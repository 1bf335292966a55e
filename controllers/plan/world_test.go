package plan_test

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

// tick is how long a world rests between two passes. What a pass starts is done at the next tick.
const tick = time.Second

var noAddress netip.Addr

// world is a small Incus with Caddys in its edges: enough of both to carry out plans, and strict about what may be asked.
type world struct {
	now      time.Time
	want     plan.Blueprint
	machines map[string]*machine
	volumes  map[string]model.Volume
	failures map[string]model.Failure
	factsErr error
	// edgeSecretsErr keeps the edges' secrets from being read; keyless tells that the Secret with their key is missing.
	edgeSecretsErr error
	keyless        bool
	news           []string // what happened since the last look
	failsNext      func(operation, name string) bool
	addresses      int
	// badTemplate is one whose bots never become healthy.
	badTemplate string
	// taken counts the steps that were carried out, by verb.
	taken map[plan.Verb]int
}

// machine is an instance, and what runs in it.
type machine struct {
	model.Instance
	health   model.ProbeResult
	requests int64 // in flight at a bot
	hidden   bool  // its cluster member is away
	deaf     bool  // an edge whose admin API does not answer
	mute     bool  // it never gets an address
	files    string
	caddy    *caddy
}

type caddy struct {
	routes  string
	secrets string
	pool    model.Pool
	probes  map[string]model.ProbeResult
}

func newWorld(want plan.Blueprint) *world {
	return &world{
		now: noon, want: want, machines: map[string]*machine{}, volumes: map[string]model.Volume{},
		failures: map[string]model.Failure{}, taken: map[plan.Verb]int{}, failsNext: func(string, string) bool { return false },
	}
}

func (w *world) say(format string, args ...any) {
	w.news = append(w.news, fmt.Sprintf(format, args...))
}

func (w *world) names() []string { return slices.Sorted(maps.Keys(w.machines)) }

// observe is what a pass sees.
func (w *world) observe() plan.Observed {
	seen := plan.Observed{FactsErr: w.factsErr, EdgeSecretsErr: w.edgeSecretsErr, KeyMissing: w.keyless, Edges: map[string]plan.EdgeObservation{}}
	seen.Inventory.Failures = maps.Clone(w.failures)
	for _, name := range w.names() {
		m := w.machines[name]
		if m.hidden && m.Location != "" { // its tags are known, and where it is
			hidden := m.Instance
			hidden.State, hidden.Operation = model.StateUnknown, ""
			seen.Inventory.Instances = append(seen.Inventory.Instances, hidden)
			continue
		}
		if m.hidden {
			seen.Inventory.Instances = append(seen.Inventory.Instances, model.Instance{Name: name, State: model.StateUnknown, Ordinal: -1})
			continue
		}
		seen.Inventory.Instances = append(seen.Inventory.Instances, m.Instance)
		if m.Owned && m.Tier == model.TierEdge && m.State == model.StateRunning {
			seen.Edges[name] = w.ask(m)
		}
	}
	if w.keyless {
		seen.EdgeSecretsErr = errAway
	}
	for _, name := range slices.Sorted(maps.Keys(w.volumes)) {
		seen.Inventory.Volumes = append(seen.Inventory.Volumes, w.volumes[name])
	}
	return seen
}

func (w *world) ask(edge *machine) plan.EdgeObservation {
	if edge.caddy == nil || edge.deaf {
		return plan.EdgeObservation{Err: errAway}
	}
	state := model.EdgeState{RoutesRevision: edge.caddy.routes, SecretsRevision: edge.caddy.secrets, PoolRevision: edge.caddy.pool.Revision}
	listed := map[string]bool{}
	for _, member := range edge.caddy.pool.Members {
		listed[member.Name] = true
		state.Members = append(state.Members, model.MemberStatus{
			Name: member.Name, Address: member.Address, State: member.State,
			Probe: edge.caddy.probes[member.Name], InFlight: w.requestsOf(member.Name),
		})
	}
	for _, name := range w.names() {
		if requests := w.requestsOf(name); requests > 0 && !listed[name] {
			state.Members = append(state.Members, model.MemberStatus{Name: name, State: model.MemberRemoved, InFlight: requests})
		}
	}
	return plan.EdgeObservation{State: state}
}

func (w *world) requestsOf(bot string) int64 {
	if m, found := w.machines[bot]; found && m.State == model.StateRunning {
		return m.requests
	}
	return 0
}

// do carries out a step. It fails the spec when a provider would refuse it.
func (w *world) do(s plan.Step) {
	GinkgoHelper()
	w.taken[s.Verb]++
	switch s.Verb {
	case plan.VerbCreateVolume:
		w.volumes[s.Target] = owned(s.Volume)
	case plan.VerbDeleteVolume:
		Expect(w.volumes).To(HaveKey(s.Target))
		delete(w.volumes, s.Target)
	case plan.VerbCreate:
		w.create(s)
	case plan.VerbCreateKey:
		Expect(w.keyless).To(BeTrue(), "one that is there is never touched")
		w.keyless = false
	case plan.VerbSetPool, plan.VerbSetSecrets, plan.VerbSetRoutes:
		w.tell(s)
	default:
		w.change(s)
	}
}

func owned(volume model.Volume) model.Volume {
	volume.Owned = true
	return volume
}

func (w *world) create(s plan.Step) {
	GinkgoHelper()
	Expect(w.machines).NotTo(HaveKey(s.Target), s.String())
	for _, device := range s.Instance.Devices {
		if source := device["source"]; source != "" {
			Expect(w.volumes).To(HaveKey(source), s.String())
		}
	}
	operation := "create"
	w.machines[s.Target] = &machine{health: model.ProbeHealthy, Instance: model.Instance{
		Name: s.Target, Owned: true, Owner: s.Instance.Owner, Tier: s.Tier, Ordinal: s.Instance.Ordinal,
		State: model.StateStopped, Standby: s.Instance.Standby, Operation: operation, Template: s.Instance.Template, CreatedAt: w.now,
		Config: maps.Clone(s.Instance.Config), Devices: maps.Clone(s.Instance.Devices),
	}}
	w.machines[s.Target].Location = w.home(s)
	if s.Instance.Start {
		w.machines[s.Target].Operation = "create and start"
	}
	if s.Tier == model.TierBot && s.Instance.Template == w.badTemplate {
		w.machines[s.Target].health = model.ProbeUnhealthy
	}
}

// home is the member of the cluster that an instance is made on: the one that the plan chose, or any that is online.
func (w *world) home(s plan.Step) string {
	GinkgoHelper()
	var online []string
	for _, member := range w.want.Members {
		if member.State == model.HostMemberOnline {
			online = append(online, member.Name)
		}
	}
	switch {
	case s.Instance.Location != "":
		Expect(online).To(ContainElement(s.Instance.Location), s.String())
		return s.Instance.Location
	case len(online) > 0:
		return online[s.Instance.Ordinal%len(online)]
	default:
		return ""
	}
}

// memberIs changes the state of a member of the cluster. What is on one that is offline cannot be read, and runs on; what is on
// one that is evacuated stops.
func (w *world) memberIs(name string, state model.HostMemberState) {
	i := slices.IndexFunc(w.want.Members, func(m model.HostMember) bool { return m.Name == name })
	if w.want.Members[i].State == state {
		return
	}
	w.want.Members[i].State, w.want.Members[i].Since = state, w.now
	for _, m := range w.machines {
		if m.Location != name {
			continue
		}
		m.hidden = state == model.HostMemberOffline
		if state == model.HostMemberEvacuated && m.Operation == "" {
			w.halt(m)
		}
	}
}

func (w *world) change(s plan.Step) {
	GinkgoHelper()
	m := w.machines[s.Target]
	Expect(m).NotTo(BeNil(), s.String())
	Expect(m.Owned && !m.hidden).To(BeTrue(), "somebody else's: "+s.String())
	Expect(m.Operation).To(BeEmpty(), "it is busy: "+s.String())
	switch s.Verb {
	case plan.VerbConfigure:
		Expect(m.State).To(Equal(model.StateStopped), s.String())
		m.Operation, m.files = "configure", s.FilesHash
	case plan.VerbStart:
		Expect(m.State).NotTo(Equal(model.StateRunning), s.String())
		m.Operation = "start"
	case plan.VerbStop:
		Expect(m.State).NotTo(Equal(model.StateStopped), s.String())
		m.Operation = "stop"
	case plan.VerbDelete:
		Expect(m.State).To(Equal(model.StateStopped), s.String())
		m.Operation = "delete"
	case plan.VerbFreeze:
		Expect(m.State).To(Equal(model.StateRunning), s.String())
		m.Operation = "freeze"
	case plan.VerbChange, plan.VerbMark, plan.VerbUnmark, plan.VerbRestart, plan.VerbPromote:
		maps.Copy(m.Config, s.Change.Config)
		maps.Copy(m.Devices, s.Change.Devices)
		if s.Change.DrainingSince != nil {
			m.DrainingSince = *s.Change.DrainingSince
		}
		if s.Change.Standby != nil {
			m.Standby = *s.Change.Standby
		}
		if s.Change.Restarted != nil {
			m.Restarted = *s.Change.Restarted
		}
	default:
		Fail("no such verb: " + s.String())
	}
}

func (w *world) tell(s plan.Step) {
	GinkgoHelper()
	m := w.machines[s.Target]
	Expect(m != nil && m.Owned && m.caddy != nil && !m.deaf && !m.hidden).To(BeTrue(), "it does not answer: "+s.String())
	if s.Verb == plan.VerbSetRoutes {
		m.caddy.routes = s.Routes.Revision
		return
	}
	if s.Verb == plan.VerbSetSecrets {
		m.caddy.secrets = s.Secrets.Revision
		return
	}
	m.caddy.pool = s.Pool
	probes := map[string]model.ProbeResult{}
	for _, member := range s.Pool.Members {
		if result, known := m.caddy.probes[member.Name]; known {
			probes[member.Name] = result
			continue
		}
		probes[member.Name] = model.ProbeUnknown
	}
	m.caddy.probes = probes
}

// tick lets a second pass: what was started is done, what runs goes on.
func (w *world) tick() {
	w.now = w.now.Add(tick)
	for _, name := range w.names() {
		m := w.machines[name]
		operation := m.Operation
		m.Operation = ""
		switch {
		case operation == "":
			w.live(m)
		case w.failsNext(operation, name):
			last := w.failures[name]
			w.failures[name] = model.Failure{Operation: strings.Fields(operation)[0], Message: "no luck", At: w.now, Count: last.Count + 1}
		default:
			delete(w.failures, name)
			w.finish(m, operation)
		}
	}
	for _, name := range w.names() {
		w.probe(name, w.machines[name])
	}
}

func (w *world) finish(m *machine, operation string) {
	switch operation {
	case "create":
		w.say("%s is made", m.Name)
	case "configure":
		if m.State != model.StateStopped { // started by somebody meanwhile: what runs did not see its files
			return
		}
		m.Configured = m.files
		m.Operation = "start"
		w.say("%s has its files", m.Name)
	case "create and start", "start":
		if m.State == model.StateFrozen {
			w.say("%s thaws", m.Name)
			m.State = model.StateRunning
			return
		}
		w.say("%s boots", m.Name)
		m.State, m.StartedAt = model.StateRunning, w.now
	case "freeze":
		w.say("%s is frozen", m.Name)
		if m.State == model.StateRunning {
			m.State = model.StateFrozen
		}
	case "stop":
		w.say("%s stopped", m.Name)
		w.halt(m)
	case "delete":
		w.say("%s is gone", m.Name)
		delete(w.machines, m.Name)
	}
}

// halt takes away what a machine has only while it runs.
func (w *world) halt(m *machine) {
	m.State, m.Address, m.caddy, m.requests = model.StateStopped, noAddress, nil, 0
}

// live is what a running machine does by itself: it gets an address; a Caddy in it answers a tick later.
func (w *world) live(m *machine) {
	switch {
	case m.State != model.StateRunning:
	case m.mute:
	case !m.Address.IsValid():
		w.addresses++
		m.Address = netip.AddrFrom4([4]byte{10, 0, byte(w.addresses >> 8), byte(w.addresses)})
	case m.Tier == model.TierEdge && m.caddy == nil:
		w.say("%s answers", m.Name)
		m.caddy = &caddy{probes: map[string]model.ProbeResult{}}
	}
}

func (w *world) probe(edge string, m *machine) {
	if m.caddy == nil {
		return
	}
	for _, member := range m.caddy.pool.Members {
		found := model.ProbeUnhealthy
		bot, exists := w.machines[member.Name]
		if exists && bot.State == model.StateRunning && strings.HasPrefix(member.Address, bot.Address.String()+":") {
			found = bot.health
		}
		if m.caddy.probes[member.Name] != found {
			w.say("%s finds %s %s", edge, member.Name, found)
		}
		m.caddy.probes[member.Name] = found
	}
}

// serves tells that a bot gets requests from every edge that runs.
func (w *world) serves(bot string) bool {
	if m, found := w.machines[bot]; !found || m.State != model.StateRunning || !m.Address.IsValid() {
		return false
	}
	edges := 0
	for _, m := range w.machines {
		if m.caddy == nil {
			continue
		}
		edges++
		active := slices.ContainsFunc(m.caddy.pool.Members, func(member model.Member) bool {
			return member.Name == bot && member.State == model.MemberActive
		})
		if !active || m.caddy.probes[bot] != model.ProbeHealthy {
			return false
		}
	}
	return edges > 0
}

// serving counts the bots that serve.
func (w *world) serving() int {
	count := 0
	for name, m := range w.machines {
		if m.Tier == model.TierBot && w.serves(name) {
			count++
		}
	}
	return count
}
