package plan_test

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

var (
	noon  = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)
	owner = model.Owner{Manager: "kube", UID: "uid-crew", Namespace: "chat", Name: "crew", Prefix: "crew-"}

	errAway = errors.New("it does not answer")
)

const (
	botTemplate, edgeTemplate = "bot-template-1", "edge-template-1"
	newTemplate               = "template-2"
	filesHash                 = "files-1"
)

// scene is one moment: what is wanted, what was seen, and the time. It begins calm, with all as it should be; a spec then
// changes what it is about.
type scene struct {
	want plan.Blueprint
	seen plan.Observed
	now  time.Time
}

// calm is a scene in which that many bots and edges have been running for an hour.
func calm(bots, edges int) *scene {
	s := &scene{want: blueprint(bots, edges), now: noon}
	for ordinal := 1; ordinal <= edges; ordinal++ {
		s.seen.Inventory.Instances = append(s.seen.Inventory.Instances, runningInstance(model.TierEdge, ordinal))
	}
	for ordinal := 1; ordinal <= bots; ordinal++ {
		s.seen.Inventory.Instances = append(s.seen.Inventory.Instances, runningInstance(model.TierBot, ordinal))
	}
	s.seen.Inventory.Failures = map[string]model.Failure{}
	s.seen.Edges = map[string]plan.EdgeObservation{}
	for ordinal := 1; ordinal <= edges; ordinal++ {
		s.seen.Edges[edgeName(ordinal)] = plan.EdgeObservation{}
	}
	s.informEdges()
	return s
}

func blueprint(bots, edges int) plan.Blueprint {
	return plan.Blueprint{
		Owner: owner,
		Tiers: []plan.TierBlueprint{
			{
				Tier: model.TierEdge, Replicas: edges, Unavailable: 1, Template: edgeTemplate,
				Image: model.Image{Alias: "edge"}, Profiles: []string{"default"}, Config: map[string]string{},
				Devices: func(int) map[string]model.Device { return map[string]model.Device{"root": rootDisk()} },
			},
			{
				Tier: model.TierBot, Replicas: bots, Surge: 1, Template: botTemplate,
				Image: model.Image{Alias: "bot"}, Profiles: []string{"default"},
				Config: map[string]string{"limits.memory": "1GiB", "limits.cpu": ""},
				Files:  []model.File{{Path: "/opt/gbo/conf/botserver.env", Mode: 0o600}}, FilesHash: filesHash,
				Devices: func(int) map[string]model.Device {
					return map[string]model.Device{"root": rootDisk(), "bot-port": nil}
				},
			},
		},
		Probe:   model.Probe{Path: "/api/health", Interval: 10 * time.Second, Timeout: 5 * time.Second, Retries: 3},
		BotPort: 8080,
		Routes:  model.Routes{Revision: "routes-1", Config: []byte("{}")},
		Policy:  plan.DefaultPolicy(),
	}
}

func rootDisk() model.Device { return model.Device{"type": "disk", "path": "/", "pool": "default"} }

func botName(ordinal int) string  { return plan.InstanceName(owner.Prefix, model.TierBot, ordinal) }
func edgeName(ordinal int) string { return plan.InstanceName(owner.Prefix, model.TierEdge, ordinal) }

// runningInstance is as the blueprint wants it, and has been for an hour.
func runningInstance(tier model.Tier, ordinal int) model.Instance {
	out := model.Instance{
		Name: plan.InstanceName(owner.Prefix, tier, ordinal), Owned: true, Owner: owner, Tier: tier, Ordinal: ordinal,
		State: model.StateRunning, Address: addressOf(tier, ordinal),
		CreatedAt: noon.Add(-time.Hour), StartedAt: noon.Add(-time.Hour),
		Config: map[string]string{}, Devices: map[string]model.Device{"root": rootDisk()},
	}
	if tier == model.TierEdge {
		out.Template = edgeTemplate
		return out
	}
	out.Template, out.Configured = botTemplate, filesHash
	out.Config = map[string]string{"limits.memory": "1GiB", "limits.disk.priority": "7"} // the second is somebody else's
	return out
}

func addressOf(tier model.Tier, ordinal int) netip.Addr {
	third := byte(1)
	if tier == model.TierEdge {
		third = 2
	}
	return netip.AddrFrom4([4]byte{10, 0, third, byte(ordinal)})
}

// informEdges makes all edges know the current routes and pool, with every member healthy.
func (s *scene) informEdges() {
	pool := s.plan().Pool
	for name := range s.seen.Edges {
		state := model.EdgeState{Process: "run-1", RoutesRevision: s.want.Routes.Revision, PoolRevision: pool.Revision}
		for _, member := range pool.Members {
			state.Members = append(state.Members, model.MemberStatus{
				Name: member.Name, Address: member.Address, State: member.State,
				Serving: member.State == model.MemberActive, Probe: model.ProbeHealthy, StatusCode: 200,
			})
		}
		s.seen.Edges[name] = plan.EdgeObservation{State: state}
	}
}

// instance returns the instance of that name, to be changed.
func (s *scene) instance(name string) *model.Instance {
	GinkgoHelper()
	i := slices.IndexFunc(s.seen.Inventory.Instances, func(i model.Instance) bool { return i.Name == name })
	if i < 0 {
		Fail(fmt.Sprintf("the scene has no instance %q", name))
	}
	return &s.seen.Inventory.Instances[i]
}

func (s *scene) bot(ordinal int) *model.Instance  { return s.instance(botName(ordinal)) }
func (s *scene) edge(ordinal int) *model.Instance { return s.instance(edgeName(ordinal)) }

// stopBot makes a bot stop long ago.
func (s *scene) stopBot(ordinal int) *model.Instance {
	bot := s.bot(ordinal)
	bot.State, bot.Address = model.StateStopped, netip.Addr{}
	return bot
}

// remove takes an instance away.
func (s *scene) remove(name string) {
	s.seen.Inventory.Instances = slices.DeleteFunc(s.seen.Inventory.Instances, func(i model.Instance) bool { return i.Name == name })
	delete(s.seen.Edges, name)
}

// hideEdge makes an edge one that runs and does not answer.
func (s *scene) hideEdge(ordinal int) {
	s.seen.Edges[edgeName(ordinal)] = plan.EdgeObservation{Err: errAway}
}

// forgetPool is an edge whose Caddy has just begun: it holds its routes and no pool.
func (s *scene) forgetPool(ordinal int) {
	s.seen.Edges[edgeName(ordinal)] = plan.EdgeObservation{State: model.EdgeState{RoutesRevision: s.want.Routes.Revision}}
}

// onEdge changes what an edge says of a bot.
func (s *scene) onEdge(edge, bot int, change func(*model.MemberStatus)) {
	GinkgoHelper()
	state := s.seen.Edges[edgeName(edge)].State
	i := slices.IndexFunc(state.Members, func(m model.MemberStatus) bool { return m.Name == botName(bot) })
	if i < 0 {
		Fail(fmt.Sprintf("edge %d does not list bot %d", edge, bot))
	}
	change(&state.Members[i])
}

// probe sets what an edge found of a bot.
func (s *scene) probe(edge, bot int, result model.ProbeResult) {
	GinkgoHelper()
	s.onEdge(edge, bot, func(m *model.MemberStatus) { m.Probe = result })
}

// listOn makes an edge list a bot in that way.
func (s *scene) listOn(edge, ordinal int, member model.MemberStatus) {
	member.Name = botName(ordinal)
	s.forgetBot(edge, ordinal)
	observed := s.seen.Edges[edgeName(edge)]
	observed.State.Members = append(observed.State.Members, member)
	s.seen.Edges[edgeName(edge)] = observed
}

// forgetBot makes an edge list a bot no more.
func (s *scene) forgetBot(edge, bot int) {
	observed := s.seen.Edges[edgeName(edge)]
	observed.State.Members = slices.DeleteFunc(observed.State.Members, func(m model.MemberStatus) bool { return m.Name == botName(bot) })
	s.seen.Edges[edgeName(edge)] = observed
}

// fail notes a failed operation of some time ago.
func (s *scene) fail(name, operation string, count int, ago time.Duration) {
	s.seen.Inventory.Failures[name] = model.Failure{Operation: operation, Message: "no luck", At: s.now.Add(-ago), Count: count}
}

// mark makes an instance leave since some time.
func (s *scene) mark(name string, ago time.Duration) {
	s.instance(name).DrainingSince = s.now.Add(-ago)
}

// tier is the blueprint of a tier, to be changed.
func (s *scene) tier(tier model.Tier) *plan.TierBlueprint {
	i := slices.IndexFunc(s.want.Tiers, func(t plan.TierBlueprint) bool { return t.Tier == tier })
	return &s.want.Tiers[i]
}

func (s *scene) plan() plan.Plan { return plan.BotCluster(s.want, s.seen, s.now) }

// told are the steps of a plan as sentences.
func told(steps []plan.Step) []string {
	out := make([]string, 0, len(steps))
	for _, step := range steps {
		out = append(out, step.String())
	}
	return out
}

// assessment finds what a plan says of an instance.
func assessment(p plan.Plan, name string) plan.Assessment {
	GinkgoHelper()
	i := slices.IndexFunc(p.Assessments, func(a plan.Assessment) bool { return a.Name == name })
	if i < 0 {
		Fail(fmt.Sprintf("nothing is said of %q", name))
	}
	return p.Assessments[i]
}

// step finds the step of a verb for a target.
func step(p plan.Plan, verb plan.Verb, target string) plan.Step {
	GinkgoHelper()
	i := slices.IndexFunc(p.Steps, func(s plan.Step) bool { return s.Verb == verb && s.Target == target })
	if i < 0 {
		Fail(fmt.Sprintf("no %s of %q in the plan:\n%s", verb, target, p))
	}
	return p.Steps[i]
}
