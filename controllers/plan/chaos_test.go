package plan_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

const (
	// disturbedPasses is how many passes bad things happen for.
	disturbedPasses = 60
	// healingPasses is how many passes a world gets to be as wanted after that: the longest delay after a failure and the
	// address deadline, and a roll of all instances.
	healingPasses = 400
)

// memberNames are the members of the clusters in which chaos breaks out.
var memberNames = []string{"north", "south", "west"}

// chaos is a world to which things happen at random, and its log.
type chaos struct {
	*world

	r    *rand.Rand
	text strings.Builder
	// most is the largest number of bots that there might be so far, least the smallest number of those that had to serve.
	most, least int
}

func newChaos(seed uint64) *chaos {
	c := &chaos{world: newWorld(blueprint(3, 2)), r: dice(seed)}
	c.want.Secrets.Revision, c.want.KeySecret = "secrets-1", "crew-edge"
	c.want.Tiers[1].Surge, c.want.Tiers[1].Unavailable, c.want.Tiers[1].Standby = c.r.IntN(3), c.r.IntN(3), c.r.IntN(3)
	c.want.Probe.Interval, c.want.Policy.AddressDeadline = time.Second, oneOf(c.r, 8*time.Second, 45*time.Second)
	c.want.Policy.ReplaceAfter = oneOf(c.r, 20*time.Second, time.Minute)
	if chance(c.r, 2) {
		c.want.Policy.LostAfter = 10 * time.Second
		for _, name := range memberNames {
			c.want.Members = append(c.want.Members, model.HostMember{Name: name, State: model.HostMemberOnline})
		}
		for i := range c.want.Tiers {
			c.want.Tiers[i].Placement = plan.Placement{Spread: chance(c.r, 2), Targets: oneOf(c.r, nil, []string{"north", "south"})}
		}
	}
	c.want.Tiers[0].VolumePool = oneOf(c.r, "", "fast")
	if c.want.Tiers[0].VolumePool != "" {
		c.want.Tiers[0].Devices = func(ordinal int) map[string]model.Device {
			return map[string]model.Device{"root": rootDisk(), "data": {"type": "disk", "source": plan.VolumeName(edgeName(ordinal))}}
		}
	}
	return c
}

func (c *chaos) note(format string, args ...any) {
	fmt.Fprintf(&c.text, "[%3ds] "+format+"\n", append([]any{int(c.now.Sub(noon).Seconds())}, args...)...)
}

// pass makes a pass; the operator may be killed in the middle of it.
func (c *chaos) pass(killed bool) plan.Plan {
	GinkgoHelper()
	seen := c.observe()
	next := plan.BotCluster(c.want, seen, c.now)
	c.note("plan %s", strings.Join(told(next.Steps), "\n            "))
	expectSafePlan(c.want, seen, next)
	steps := next.Steps
	if killed {
		steps = steps[:c.r.IntN(len(steps)+1)]
		c.note("the operator is killed after %d steps", len(steps))
	}
	c.expectUnharmed(steps)
	for _, step := range steps {
		c.do(step)
	}
	c.expectSound()
	c.tick()
	c.expectSound()
	for _, line := range c.news {
		c.note("%s", line)
	}
	c.news = nil
	return next
}

// disturb lets one bad thing happen.
func (c *chaos) disturb() {
	names := c.names()
	if len(names) == 0 || chance(c.r, 3) {
		what := oneOf(c.r, wishes...)
		c.note("%s", what.name)
		what.happens(c)
		return
	}
	m, what := c.machines[names[c.r.IntN(len(names))]], oneOf(c.r, mishaps...)
	c.note("%s: %s", m.Name, what.name)
	if m.Owned {
		what.happens(c, m)
	}
}

type mishap struct {
	name    string
	happens func(*chaos, *machine)
}

// mishaps are what befalls a machine.
var mishaps = []mishap{
	{"killed", func(c *chaos, m *machine) { c.halt(m) }},
	{"deleted", func(c *chaos, m *machine) { delete(c.machines, m.Name) }},
	{"frozen", func(_ *chaos, m *machine) {
		if m.State == model.StateRunning && m.Operation == "" {
			m.State, m.caddy = model.StateFrozen, nil
		}
	}},
	{"thawed", func(c *chaos, m *machine) {
		if m.State == model.StateFrozen && m.Operation == "" {
			m.State = model.StateRunning
		}
	}},
	{"hidden", func(_ *chaos, m *machine) { m.hidden = true }},
	{"found", func(_ *chaos, m *machine) { m.hidden = false }},
	{"deaf", func(_ *chaos, m *machine) { m.deaf = true }},
	{"heard", func(_ *chaos, m *machine) { m.deaf = false }},
	{"sick", func(c *chaos, m *machine) { m.health = oneOf(c.r, model.ProbeDegraded, model.ProbeUnhealthy) }},
	{"well", func(_ *chaos, m *machine) { m.health = model.ProbeHealthy }},
	{"busy", func(_ *chaos, m *machine) { m.requests = 1 }},
	{"idle", func(_ *chaos, m *machine) { m.requests = 0 }},
	{"its Caddy starts again", func(_ *chaos, m *machine) {
		if m.caddy != nil {
			m.caddy = &caddy{probes: map[string]model.ProbeResult{}, routes: m.caddy.routes, secrets: m.caddy.secrets}
		}
	}},
	{"its address is lost", func(_ *chaos, m *machine) {
		if m.Operation == "" && m.State == model.StateRunning {
			m.mute, m.caddy, m.Address = true, nil, noAddress
		}
	}},
	{"started by hand", func(c *chaos, m *machine) {
		if m.State == model.StateStopped && m.Operation == "" {
			m.State, m.StartedAt = model.StateRunning, c.now
		}
	}},
}

type wish struct {
	name    string
	happens func(*chaos)
}

// wishes change what is wanted, or what Incus can do.
var wishes = []wish{
	{"another number of bots", func(c *chaos) { c.want.Tiers[1].Replicas = c.r.IntN(5) }},
	{"another number of edges", func(c *chaos) { c.want.Tiers[0].Replicas = 1 + c.r.IntN(2) }},
	{"another template of the bots", func(c *chaos) { c.want.Tiers[1].Template = oneOf(c.r, botTemplate, newTemplate) }},
	{"other limits of a rolling update", func(c *chaos) {
		c.want.Tiers[1].Surge, c.want.Tiers[1].Unavailable = c.r.IntN(3), c.r.IntN(3)
	}},
	{"another number of standbys", func(c *chaos) { c.want.Tiers[1].Standby = c.r.IntN(3) }},
	{"another template of the edges", func(c *chaos) { c.want.Tiers[0].Template = oneOf(c.r, edgeTemplate, newTemplate) }},
	{"other routes", func(c *chaos) { c.want.Routes.Revision = oneOf(c.r, "routes-1", "routes-2") }},
	{"other limits", func(c *chaos) {
		c.want.Tiers[1].Config = map[string]string{"limits.memory": oneOf(c.r, "1GiB", "2GiB"), "limits.cpu": oneOf(c.r, "", "4")}
	}},
	{"another key of the cookies", func(c *chaos) { c.want.Secrets.Revision = oneOf(c.r, "secrets-1", "secrets-2") }},
	{"the key of the cookies is deleted", func(c *chaos) { c.keyless = true }},
	{"the secrets of the edges are away", func(c *chaos) { c.edgeSecretsErr = errAway }},
	{"the secrets of the edges are there", func(c *chaos) { c.edgeSecretsErr = nil }},
	{"a bot is drained by hand", func(c *chaos) { c.want.Drained = map[string]bool{botName(1 + c.r.IntN(3)): true} }},
	{"nobody is drained by hand", func(c *chaos) { c.want.Drained = nil }},
	{"a member of the cluster is offline, online or evacuated", func(c *chaos) {
		if len(c.want.Members) > 0 {
			c.memberIs(oneOf(c.r, memberNames...),
				oneOf(c.r, model.HostMemberOnline, model.HostMemberOnline, model.HostMemberOffline, model.HostMemberEvacuated))
		}
	}},
	{"the facts are away", func(c *chaos) { c.factsErr = errAway }},
	{"the facts are there", func(c *chaos) { c.factsErr = nil }},
	{"half of all operations fail", func(c *chaos) { c.failsNext = func(string, string) bool { return chance(c.r, 2) } }},
	{"no operation fails", func(c *chaos) { c.failsNext = func(string, string) bool { return false } }},
	{"somebody takes a name", func(c *chaos) {
		name := botName(1 + c.r.IntN(4))
		if _, taken := c.machines[name]; !taken {
			c.machines[name] = &machine{Instance: model.Instance{Name: name, State: model.StateRunning, Ordinal: -1}}
		}
	}},
}

// heal takes away what the operator cannot heal.
func (c *chaos) heal() {
	c.note("from here on nothing bad happens")
	c.edgeSecretsErr, c.want.Drained = nil, nil
	for _, member := range slices.Clone(c.want.Members) {
		c.memberIs(member.Name, model.HostMemberOnline)
	}
	c.factsErr, c.failsNext = nil, func(string, string) bool { return false }
	for name, m := range c.machines {
		m.hidden, m.deaf, m.health, m.requests = false, false, model.ProbeHealthy, 0
		if !m.Owned {
			delete(c.machines, name)
		}
	}
}

// rest passes until there is nothing to do and nothing to await.
func (c *chaos) rest() {
	GinkgoHelper()
	for range healingPasses {
		quiet := c.quiet() // one operation may follow another without a step
		if next := c.pass(false); quiet && len(next.Steps) == 0 && next.Recheck == 0 && c.quiet() {
			return
		}
	}
	for _, a := range plan.BotCluster(c.want, c.observe(), c.now).Assessments {
		c.note("%s is %s, wanted: %t, outdated: %t, leaving: %t: %s", a.Name, a.Phase, a.Wanted, a.Outdated, a.Leaving(), a.Message)
	}
	Fail("the world does not come to rest")
}

func (w *world) quiet() bool {
	for _, m := range w.machines {
		if m.Operation != "" {
			return false
		}
	}
	return true
}

// expectAsWanted asserts that there is what is wanted and nothing else, and that it serves.
func (c *chaos) expectAsWanted() {
	GinkgoHelper()
	count := c.want.Tiers[1].Standby
	for _, tier := range c.want.Tiers {
		count += tier.Replicas
	}
	waiting := 0
	Expect(c.machines).To(HaveLen(count))
	Expect(c.countOf(model.TierEdge)).To(Equal(c.want.Tiers[0].Replicas))
	for name, m := range c.machines {
		if m.Standby {
			waiting++
			Expect(m.State).To(Equal(model.StateFrozen), name)
		} else {
			Expect(m.State).To(Equal(model.StateRunning), name)
		}
		Expect(m.DrainingSince).To(BeZero(), name)
		for _, tier := range c.want.Tiers {
			if m.Tier == tier.Tier {
				Expect(m.Template).To(Equal(tier.Template), name)
				Expect(m.Configured).To(Equal(tier.FilesHash), name)
				Expect(m.Config["limits.memory"]).To(Equal(tier.Config["limits.memory"]), name)
			}
		}
	}
	Expect(waiting).To(Equal(c.want.Tiers[1].Standby))
	for name, m := range c.machines {
		Expect(m.caddy == nil || m.caddy.secrets == c.want.Secrets.Revision).To(BeTrue(), name)
	}
	Expect(c.serving()).To(Equal(c.want.Tiers[1].Replicas))
}

var _ = Describe("A world to which bad things happen", func() {
	It("is never harmed by a plan, and is as wanted some time after they end", func() {
		forEachSeed(func(seed uint64) {
			c := newChaos(seed)
			try(seed, c.text.String, func() {
				for range disturbedPasses {
					if chance(c.r, 3) {
						c.disturb()
					}
					c.pass(chance(c.r, 10))
				}
				c.heal()
				c.rest()
				c.expectAsWanted()
			})
		})
	})
})
