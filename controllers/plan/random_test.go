package plan_test

import (
	"math/rand/v2"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

// seeds is how many random worlds each property is tried on. The same ones every time; SEEDS=10000 tries more, SEED=42 only one.
func seeds() uint64 {
	const usual = 200
	if count, err := strconv.ParseUint(os.Getenv("SEEDS"), 10, 64); err == nil {
		return count
	}
	return usual
}

// dice draws for one seed.
func dice(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 0)) }

func oneOf[T any](r *rand.Rand, values ...T) T { return values[r.IntN(len(values))] }

// chance is true once in n times.
func chance(r *rand.Rand, n int) bool { return r.IntN(n) == 0 }

// randomScene is any moment whatever, sensible or not.
func randomScene(seed uint64) *scene {
	r := dice(seed)
	s := &scene{want: blueprint(r.IntN(6), 1+r.IntN(3)), now: noon}
	s.tier(model.TierBot).Surge, s.tier(model.TierBot).Unavailable = r.IntN(3), r.IntN(3)
	s.tier(model.TierBot).Standby = oneOf(r, 0, 0, 1, 2)
	s.want.Policy.Victims = oneOf(r, plan.LeastConnections, plan.HighestOrdinal)
	s.want.Policy.MaxLaunching = 1 + r.IntN(6)
	s.want.Policy.DrainTimeout = oneOf(r, 0, 30*time.Second)
	s.tier(model.TierEdge).VolumePool = oneOf(r, "", "fast")
	s.tier(model.TierBot).Template = oneOf(r, botTemplate, newTemplate)
	s.tier(model.TierEdge).Template = oneOf(r, edgeTemplate, edgeTemplate, newTemplate)
	s.seen.Inventory.Failures = map[string]model.Failure{}
	for _, tier := range []model.Tier{model.TierEdge, model.TierBot} {
		for ordinal := 1; ordinal <= 7; ordinal++ {
			if !chance(r, 4) {
				s.seen.Inventory.Instances = append(s.seen.Inventory.Instances, randomInstance(r, tier, ordinal))
			}
			if chance(r, 5) {
				s.fail(plan.InstanceName(owner.Prefix, tier, ordinal), oneOf(r, "create", "start", "stop", "delete", "update"),
					1+r.IntN(9), time.Duration(r.IntN(90))*time.Second)
			}
			if tier == model.TierEdge && chance(r, 2) {
				s.seen.Inventory.Volumes = append(s.seen.Inventory.Volumes, randomVolume(r, ordinal))
			}
		}
	}
	for _, name := range memberNames[:r.IntN(4)] {
		s.want.Members = append(s.want.Members, model.HostMember{
			Name: name, State: oneOf(r, model.HostMemberOnline, model.HostMemberOffline, model.HostMemberEvacuated),
			Since: oneOf(r, noon, noon.Add(-time.Hour)),
		})
	}
	s.tier(model.TierBot).Placement = plan.Placement{Spread: chance(r, 2), Targets: oneOf(r, nil, []string{"north"}, []string{"@none"})}
	s.seen.FactsErr = oneOf(r, nil, nil, nil, errAway)
	if chance(r, 4) {
		s.seen.SecretsErr, s.tier(model.TierBot).Files, s.tier(model.TierBot).FilesHash = errAway, nil, ""
	}
	s.want.Secrets.Revision = oneOf(r, "", "secrets-1")
	s.seen.EdgeSecretsErr = oneOf(r, nil, nil, nil, errAway)
	s.seen.KeyMissing = s.seen.EdgeSecretsErr != nil && chance(r, 2)
	s.want.Drained = map[string]bool{botName(1 + r.IntN(7)): chance(r, 3), botName(1 + r.IntN(7)): chance(r, 6)}
	s.randomEdges(r)
	return s
}

func randomInstance(r *rand.Rand, tier model.Tier, ordinal int) model.Instance {
	i := runningInstance(tier, ordinal)
	i.State = oneOf(r, model.StateRunning, model.StateRunning, model.StateRunning, model.StateStopped, model.StateFrozen, model.StateUnknown)
	i.Operation = oneOf(r, "", "", "", "", "create", "start", "stop", "delete", "update", "freeze")
	i.Owned = !chance(r, 8)
	i.DrainingSince = oneOf(r, time.Time{}, time.Time{}, noon.Add(-time.Hour), noon.Add(-5*time.Second), noon, noon.Add(time.Hour))
	i.Standby = chance(r, 6)
	i.Location = oneOf(r, "", "north", "south", "west")
	i.Restarted = oneOf(r, time.Time{}, time.Time{}, i.DrainingSince, noon.Add(-time.Minute), noon.Add(-time.Hour))
	i.StartedAt = oneOf(r, noon.Add(-time.Hour), noon.Add(-time.Second), time.Time{})
	if chance(r, 4) || i.State == model.StateStopped {
		i.Address = netip.Addr{}
	}
	if chance(r, 3) {
		i.Template = newTemplate
	}
	if chance(r, 6) {
		i.Configured = ""
	}
	if chance(r, 6) {
		i.Config = map[string]string{"limits.cpu": "2"}
	}
	if i.State == model.StateUnknown && chance(r, 2) { // not even the tags
		return model.Instance{Name: i.Name, State: model.StateUnknown, Ordinal: -1}
	}
	return i
}

func randomVolume(r *rand.Rand, ordinal int) model.Volume {
	volume := edgeVolume(ordinal)
	volume.Owned = !chance(r, 4)
	volume.Owner.UID = oneOf(r, owner.UID, owner.UID, "uid-before")
	volume.Pool = oneOf(r, "fast", "fast", "slow")
	return volume
}

// randomEdges lets the edges that run answer, or not.
func (s *scene) randomEdges(r *rand.Rand) {
	s.seen.Edges = map[string]plan.EdgeObservation{}
	current := s.plan().Pool
	for _, instance := range s.seen.Inventory.Instances {
		if instance.Tier != model.TierEdge || !instance.Owned || instance.State != model.StateRunning {
			continue
		}
		if chance(r, 5) {
			s.seen.Edges[instance.Name] = plan.EdgeObservation{Err: errAway}
			continue
		}
		state := model.EdgeState{
			RoutesRevision: oneOf(r, s.want.Routes.Revision, s.want.Routes.Revision, "routes-0", ""),
			PoolRevision:   oneOf(r, current.Revision, current.Revision, "pool-0", ""),

			SecretsRevision: oneOf(r, "secrets-1", "secrets-1", "secrets-0", ""),
		}
		for ordinal := 1; ordinal <= 7; ordinal++ {
			if chance(r, 3) {
				continue
			}
			state.Members = append(state.Members, model.MemberStatus{
				Name: botName(ordinal), Address: "10.0.1.1:8080",
				State:    oneOf(r, model.MemberActive, model.MemberActive, model.MemberDraining, model.MemberRemoved),
				Probe:    oneOf(r, model.ProbeHealthy, model.ProbeHealthy, model.ProbeDegraded, model.ProbeUnhealthy, model.ProbeUnknown),
				InFlight: int64(oneOf(r, 0, 0, 1)),
			})
		}
		s.seen.Edges[instance.Name] = plan.EdgeObservation{State: state}
	}
}

// shuffle puts all lists of what was seen into another order.
func (s *scene) shuffle(r *rand.Rand) {
	instances, volumes := s.seen.Inventory.Instances, s.seen.Inventory.Volumes
	r.Shuffle(len(instances), func(i, j int) { instances[i], instances[j] = instances[j], instances[i] })
	r.Shuffle(len(volumes), func(i, j int) { volumes[i], volumes[j] = volumes[j], volumes[i] })
	for _, edge := range s.seen.Edges {
		members := edge.State.Members
		r.Shuffle(len(members), func(i, j int) { members[i], members[j] = members[j], members[i] })
	}
}

// forEachSeed tries a property on every seed.
func forEachSeed(property func(seed uint64)) {
	GinkgoHelper()
	if seed, err := strconv.ParseUint(os.Getenv("SEED"), 10, 64); err == nil {
		try(seed, func() string { return "" }, func() { property(seed) })
		return
	}
	for seed := range seeds() {
		try(seed, func() string { return "" }, func() { property(seed) })
	}
}

// try runs a property; when it fails, the seed and the story so far are in the report.
func try(seed uint64, story func() string, property func()) {
	GinkgoHelper()
	held := false
	defer func() {
		if !held {
			GinkgoWriter.Printf("seed %d\n%s", seed, story())
		}
	}()
	property()
	held = true
}

var _ = Describe("Any moment whatever", func() {
	It("gets a plan that is safe", func() {
		forEachSeed(func(seed uint64) {
			s := randomScene(seed)
			expectSafePlan(s.want, s.seen, s.plan())
		})
	})

	It("gets the same plan every time, in whatever order things are listed", func() {
		forEachSeed(func(seed uint64) {
			first, second := randomScene(seed), randomScene(seed)
			p := first.plan()
			Expect(first.seen).To(Equal(second.seen), "planning changed what was seen")
			Expect(second.plan()).To(Equal(p))
			second.shuffle(dice(seed + 1))
			Expect(second.plan()).To(Equal(p))
		})
	})

	It("gets a teardown that touches only what is the owner's, edges first, and waits for what cannot be read", func() {
		forEachSeed(func(seed uint64) {
			first, second := randomScene(seed), randomScene(seed)
			p := first.teardown(true)
			expectSafeTeardown(first.seen, p)
			second.shuffle(dice(seed + 1))
			Expect(second.teardown(true)).To(Equal(p))
		})
	})

	It("says of every instance how it does, each once", func() {
		forEachSeed(func(seed uint64) {
			s := randomScene(seed)
			names := map[string]bool{}
			for _, a := range s.plan().Assessments {
				Expect(names).NotTo(HaveKey(a.Name))
				names[a.Name] = true
				Expect(a.Phase).NotTo(BeEmpty())
				Expect(a.Wanted || a.Instance != nil).To(BeTrue())
				Expect(a.Instance == nil).To(Equal(a.Phase == plan.PhaseAbsent))
			}
			for _, instance := range s.seen.Inventory.Instances {
				if instance.Owned {
					Expect(names).To(HaveKey(instance.Name))
				}
			}
		})
	})
})

func expectSafeTeardown(seen plan.Observed, p plan.Plan) {
	GinkgoHelper()
	tiers := map[model.Tier]bool{}
	hidden, remaining := false, 0
	for _, instance := range seen.Inventory.Instances {
		hidden = hidden || instance.State == model.StateUnknown
		if instance.Owned {
			remaining++
		}
	}
	for _, s := range p.Steps {
		tiers[s.Tier] = true
		Expect(s.Verb).To(BeElementOf(plan.VerbStop, plan.VerbDelete, plan.VerbDeleteVolume), s.String())
		if s.Verb == plan.VerbDeleteVolume {
			Expect(s.Volume.Owned).To(BeTrue(), s.String())
			Expect(s.Volume.Owner.UID).To(Equal(owner.UID), s.String())
			Expect(remaining).To(BeZero(), "an instance may still use it: "+s.String())
			continue
		}
		i := slices.IndexFunc(seen.Inventory.Instances, func(i model.Instance) bool { return i.Name == s.Target })
		instance := seen.Inventory.Instances[i]
		Expect(instance.Owned && instance.State != model.StateUnknown && instance.Operation == "").To(BeTrue(), s.String())
		want := plan.VerbStop
		if instance.State == model.StateStopped {
			want = plan.VerbDelete
		}
		Expect(s.Verb).To(Equal(want), s.String())
	}
	Expect(len(tiers)).To(BeNumerically("<=", 1), "one tier after the other")
	Expect(p.Done && (hidden || remaining > 0)).To(BeFalse(), "it is not over")
}
