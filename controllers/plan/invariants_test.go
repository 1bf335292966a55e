package plan_test

import (
	"slices"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

// expectSafePlan asserts what must hold of every plan, whatever the world: it looks only at what the pass saw.
func expectSafePlan(want plan.Blueprint, seen plan.Observed, p plan.Plan) {
	GinkgoHelper()
	instances := map[string]model.Instance{}
	for _, instance := range seen.Inventory.Instances {
		instances[instance.Name] = instance
	}
	targets := map[string]int{}
	for _, s := range p.Steps {
		Expect(s.Why).NotTo(BeEmpty(), string(s.Verb)+" "+s.Target)
		switch s.Verb {
		case plan.VerbSetPool, plan.VerbSetSecrets, plan.VerbSetRoutes:
			edge, asked := seen.Edges[s.Target]
			Expect(asked && edge.Err == nil).To(BeTrue(), "it does not answer: "+s.String())
		case plan.VerbCreateKey, plan.VerbCreateVolume, plan.VerbDeleteVolume:
		case plan.VerbCreate:
			Expect(instances).NotTo(HaveKey(s.Target), s.String())
			targets[s.Target]++
		default:
			instance, found := instances[s.Target]
			Expect(found && instance.Owned && instance.State != model.StateUnknown).To(BeTrue(), "not ours to touch: "+s.String())
			Expect(instance.Operation).To(BeEmpty(), "it is busy: "+s.String())
			targets[s.Target]++
		}
		if !seen.Complete() {
			Expect(s.Verb).To(BeElementOf(plan.VerbStart, plan.VerbConfigure, plan.VerbCreateKey, plan.VerbSetPool, plan.VerbSetSecrets,
				plan.VerbSetRoutes), s.String())
		}
		if !seen.MayRemove(s.Tier) {
			Expect(s.Verb).NotTo(BeElementOf(plan.VerbMark, plan.VerbStop, plan.VerbDelete, plan.VerbDeleteVolume), s.String())
		}
		if s.Verb == plan.VerbStop && s.Tier == model.TierBot {
			expectReleased(seen, s)
		}
	}
	for target, count := range targets {
		if hasStep(p, target, plan.VerbPromote) && hasStep(p, target, plan.VerbStart) {
			count--
		}
		Expect(count).To(Equal(1), "one step a pass: "+target)
	}
	expectStandbys(seen, p)
	expectBudgets(want, p)
	expectPool(want, instances, seen, p.Pool)
}

// expectReleased asserts that no edge may send anything to a bot that is stopped.
func expectReleased(seen plan.Observed, stop plan.Step) {
	GinkgoHelper()
	for _, instance := range seen.Inventory.Instances {
		mayBeEdge := instance.Tier == model.TierEdge || strings.Contains(instance.Name, "-edge-")
		Expect(mayBeEdge && instance.State == model.StateUnknown).To(BeFalse(), "an edge cannot be read: "+stop.String())
	}
	for name, edge := range seen.Edges {
		Expect(edge.Err).NotTo(HaveOccurred(), name+" does not answer: "+stop.String())
		for _, member := range edge.State.Members {
			Expect(member.Name == stop.Target && member.State != model.MemberRemoved).To(BeFalse(), name+" lists it: "+stop.String())
		}
	}
}

// expectBudgets asserts that no more are taken away and launched at a time than the policy allows.
func expectBudgets(want plan.Blueprint, p plan.Plan) {
	GinkgoHelper()
	launches := 0
	for _, a := range p.Assessments {
		frozen := a.Instance != nil && a.Instance.State == model.StateFrozen // a thaw costs nothing
		if hasStep(p, a.Name, plan.VerbCreate, plan.VerbStart) && !frozen {
			launches++
		}
	}
	Expect(launches).To(BeNumerically("<=", want.Policy.MaxLaunching))
	for _, tier := range want.Tiers {
		if tier.Tier == model.TierBot {
			expectBotBudget(tier, p)
			continue
		}
		leaving, taken := replaced(p, tier.Tier)
		if taken > 0 {
			Expect(leaving+taken).To(BeNumerically("<=", max(tier.Unavailable, 1)), p.String())
		}
	}
}

// replaced counts the wanted instances of a tier that leave already, and those that a plan takes away in addition.
func replaced(p plan.Plan, tier model.Tier) (leaving, taken int) {
	for _, a := range p.Assessments {
		switch {
		case a.Tier != tier || !a.Wanted:
		case a.Leaving():
			leaving++
		case hasStep(p, a.Name, plan.VerbMark, plan.VerbDelete):
			taken++
		}
	}
	return leaving, taken
}

func hasStep(p plan.Plan, target string, verbs ...plan.Verb) bool {
	return slices.ContainsFunc(p.Steps, func(s plan.Step) bool { return s.Target == target && slices.Contains(verbs, s.Verb) })
}

// expectBotBudget asserts I1: what a plan makes leaves no more bots than are wanted and the surge, and what it takes away while it
// serves leaves as many serving as must.
func expectBotBudget(tier plan.TierBlueprint, p plan.Plan) {
	GinkgoHelper()
	there, made, serving, taken, drained := 0, 0, 0, 0, 0
	for _, a := range p.Assessments {
		if a.Tier != model.TierBot || a.Phase == plan.PhaseConflict || a.Standby || a.Away {
			continue
		}
		if a.Instance != nil && !a.Instance.Standby {
			there++
		}
		if hasStep(p, a.Name, plan.VerbCreate, plan.VerbPromote) {
			made++
		}
		if a.Wanted && a.Drained() {
			drained++ // it counts as one of those that are to serve
		}
		if a.Phase == plan.PhaseReady && !a.Leaving() {
			serving++
			if hasStep(p, a.Name, plan.VerbMark, plan.VerbStop, plan.VerbDelete) {
				taken++
			}
		}
	}
	surge, unavailable := tier.Surge, tier.Unavailable
	if surge+unavailable == 0 {
		surge = 1
	}
	if made > 0 {
		Expect(there+made).To(BeNumerically("<=", tier.Replicas+surge), p.String())
	}
	if taken > 0 {
		Expect(serving-taken).To(BeNumerically(">=", tier.Replicas-unavailable-drained), p.String())
	}
}

// expectStandbys asserts that only standbys are frozen that every edge finds well, that they leave the pools with that, and that no
// more are made than are to wait.
func expectStandbys(seen plan.Observed, p plan.Plan) {
	GinkgoHelper()
	for _, a := range p.Assessments {
		if !hasStep(p, a.Name, plan.VerbFreeze) {
			continue
		}
		Expect(a.Standby && a.Wanted && a.Instance.Standby).To(BeTrue(), "it serves, or is to: "+a.Name)
		Expect(seen.Edges).NotTo(BeEmpty())
		for name, edge := range seen.Edges {
			i := slices.IndexFunc(edge.State.Members, func(m model.MemberStatus) bool { return m.Name == a.Name })
			Expect(edge.Err == nil && i >= 0 && edge.State.Members[i].Probe == model.ProbeHealthy).To(BeTrue(), name+" does not find it well: "+a.Name)
			Expect(hasStep(p, name, plan.VerbSetPool)).To(BeTrue(), name+" lists it: "+a.Name)
		}
		Expect(p.Pool.Members).NotTo(ContainElement(HaveField("Name", a.Name)))
	}
}

// expectPool asserts that the pool names only bots that run and are ours, or that cannot be read.
func expectPool(want plan.Blueprint, instances map[string]model.Instance, seen plan.Observed, pool model.Pool) {
	GinkgoHelper()
	Expect(slices.IsSortedFunc(pool.Members, func(a, b model.Member) int { return strings.Compare(a.Name, b.Name) })).To(BeTrue())
	for _, member := range pool.Members {
		instance, found := instances[member.Name]
		Expect(found).To(BeTrue(), member.Name+" is in the pool and does not exist")
		if instance.State == model.StateUnknown {
			held := false
			for _, edge := range seen.Edges {
				held = held || slices.ContainsFunc(edge.State.Members, func(m model.MemberStatus) bool {
					return m.Name == member.Name && m.Address == member.Address && m.State == member.State
				})
			}
			Expect(held).To(BeTrue(), member.Name+" is in the pool, cannot be read, and no edge holds it so")
			continue
		}
		Expect(instance.Owned && instance.State == model.StateRunning).To(BeTrue(), member.Name+" is in the pool and does not run")
		state := model.MemberActive
		if !instance.DrainingSince.IsZero() || want.Drained[member.Name] || instance.Standby {
			state = model.MemberDraining
		}
		Expect(member.State).To(Equal(state))
	}
}

// expectSound asserts what must hold of the world itself after every step.
func (w *world) expectSound() {
	GinkgoHelper()
	ordinals := map[string]string{}
	for _, name := range w.names() {
		m := w.machines[name]
		if !m.Owned {
			continue
		}
		key := string(m.Tier) + plan.InstanceName("", m.Tier, m.Ordinal)
		Expect(ordinals).NotTo(HaveKey(key), "two instances with one ordinal")
		ordinals[key] = name
	}
}

// expectUnharmed asserts that a pass takes nothing from those who are served: who is stopped gets no requests, also from
// edges that the pass did not see.
func (w *world) expectUnharmed(steps []plan.Step) {
	GinkgoHelper()
	for _, s := range steps {
		if s.Tier != model.TierBot || s.Verb != plan.VerbStop {
			continue
		}
		for name, m := range w.machines {
			if m.caddy != nil {
				active := slices.ContainsFunc(m.caddy.pool.Members, func(member model.Member) bool { return member.Name == s.Target })
				Expect(active).To(BeFalse(), name+" still lists it: "+s.String())
			}
		}
	}
}

// countOf counts the instances of a tier.
func (w *world) countOf(tier model.Tier) int {
	count := 0
	for _, m := range w.machines {
		if m.Tier == tier {
			count++
		}
	}
	return count
}
