package plan_test

import (
	"fmt"
	"math/rand/v2"
	"strings"

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

// chaos is a world to which things happen at random, and its log.
type chaos struct {
	*world

	r    *rand.Rand
	text strings.Builder
}

func newChaos(seed uint64) *chaos {
	c := &chaos{world: newWorld(blueprint(3, 2)), r: dice(seed)}
	c.want.Policy.MaxUnavailable = 1 + c.r.IntN(2)
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
		c.disturbWishes()
		return
	}
	name := names[c.r.IntN(len(names))]
	m := c.machines[name]
	what := oneOf(c.r, "killed", "deleted", "frozen", "hidden", "found", "deaf", "heard", "sick", "well", "busy", "idle", "restarted", "mute", "started bare")
	c.note("%s: %s", name, what)
	if !m.Owned {
		return
	}
	switch what {
	case "killed":
		c.halt(m)
	case "deleted":
		delete(c.machines, name)
	case "frozen":
		if m.State == model.StateRunning && m.Operation == "" {
			m.State, m.caddy = model.StateFrozen, nil
		}
	case "hidden", "found":
		m.hidden = what == "hidden"
	case "deaf", "heard":
		m.deaf = what == "deaf"
	case "sick":
		m.health = oneOf(c.r, model.ProbeDegraded, model.ProbeUnhealthy)
	case "well":
		m.health = model.ProbeHealthy
	case "busy", "idle":
		m.requests = map[string]int64{"busy": 1}[what]
	case "restarted":
		if m.caddy != nil {
			m.caddy = &caddy{probes: map[string]model.ProbeResult{}, routes: m.caddy.routes}
		}
	case "mute":
		if m.Operation == "" && m.State == model.StateRunning {
			m.mute, m.caddy, m.Address = true, nil, noAddress
		}
	case "started bare":
		if m.State == model.StateStopped && m.Operation == "" {
			m.State, m.StartedAt = model.StateRunning, c.now
		}
	}
}

// disturbWishes changes what is wanted, or what Incus does.
func (c *chaos) disturbWishes() {
	what := oneOf(c.r, "replicas", "edges", "bot template", "edge template", "routes", "facts away", "facts there", "failing", "working", "foreign", "limits")
	c.note("%s", what)
	edges, bots := &c.want.Tiers[0], &c.want.Tiers[1]
	switch what {
	case "replicas":
		bots.Replicas = c.r.IntN(5)
	case "edges":
		edges.Replicas = 1 + c.r.IntN(2)
	case "bot template":
		bots.Template = oneOf(c.r, botTemplate, newTemplate)
	case "edge template":
		edges.Template = oneOf(c.r, edgeTemplate, newTemplate)
	case "routes":
		c.want.Routes.Revision = oneOf(c.r, "routes-1", "routes-2")
	case "facts away":
		c.factsErr = errAway
	case "facts there":
		c.factsErr = nil
	case "failing":
		c.failsNext = func(string, string) bool { return chance(c.r, 2) }
	case "working":
		c.failsNext = func(string, string) bool { return false }
	case "foreign":
		name := botName(1 + c.r.IntN(4))
		if _, taken := c.machines[name]; !taken {
			c.machines[name] = &machine{Instance: model.Instance{Name: name, State: model.StateRunning, Ordinal: -1}}
		}
	case "limits":
		bots.Config = map[string]string{"limits.memory": oneOf(c.r, "1GiB", "2GiB"), "limits.cpu": oneOf(c.r, "", "4")}
	}
}

// heal takes away what the operator cannot heal.
func (c *chaos) heal() {
	c.note("from here on nothing bad happens")
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
		if next := c.pass(false); len(next.Steps) == 0 && next.Recheck == 0 && c.quiet() {
			return
		}
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
	count := 0
	for _, tier := range c.want.Tiers {
		count += tier.Replicas
	}
	Expect(c.machines).To(HaveLen(count))
	for name, m := range c.machines {
		Expect(c.wanted(name)).To(BeTrue(), name)
		Expect(m.State).To(Equal(model.StateRunning), name)
		Expect(m.DrainingSince).To(BeZero(), name)
		for _, tier := range c.want.Tiers {
			if m.Tier == tier.Tier {
				Expect(m.Template).To(Equal(tier.Template), name)
				Expect(m.Configured).To(Equal(tier.FilesHash), name)
				Expect(m.Config["limits.memory"]).To(Equal(tier.Config["limits.memory"]), name)
			}
		}
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
