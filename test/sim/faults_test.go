package sim

import (
	"context"
	"fmt"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

// fault is one thing that goes wrong in one run of a scenario.
type fault struct {
	name string
	// write and way are where it is among the writes of its scenario and among the ways in which these may fail.
	write, way int
	// plant puts it into a rig whose world is at the beginning of the scenario; reached tells that it was met.
	plant   func(r *rig)
	reached func(r *rig) bool
}

// learned is how much a scenario writes and reads when nothing goes wrong.
type learned struct {
	outside, kubernetes int
	// met tells that the fault was.
	met bool
}

const (
	// lessons is how often a scenario is run to learn how much it writes: events come by a real socket, so the passes, and
	// with them the writes, differ a little from run to run. Faults are planned for what every run had.
	lessons = 3
	// attempts is how often a fault is tried that its run did not meet, for the same reason.
	attempts = 4
)

var _ = Describe("Under faults", func() {
	for _, s := range slices.Concat(scenarios, edgeScenarios, elasticScenarios, reserveScenarios) {
		It(s.name+" converges whatever goes wrong", func(ctx context.Context) {
			facts := play(ctx, s, nil)
			for range lessons - 1 {
				again := play(ctx, s, nil)
				facts.outside, facts.kubernetes = min(facts.outside, again.outside), min(facts.kubernetes, again.kubernetes)
			}
			for _, f := range sampled(faultsFor(facts, s.modes()), s.stride) {
				By(f.name)
				plans.Add(1)
				Expect(meets(ctx, s, f)).To(BeTrue(), "the fault %q was not met, so the run proves nothing", f.name)
				converged.Add(1)
			}
		}, NodeTimeout(20*time.Minute))
	}
})

// meets runs a scenario with a fault until it was met.
func meets(ctx context.Context, s scenario, f fault) bool {
	GinkgoHelper()
	for range attempts {
		if play(ctx, s, &f).met {
			return true
		}
	}
	return false
}

// play runs a scenario in a world of its own, with a fault or without.
func play(ctx context.Context, s scenario, f *fault) learned {
	GinkgoHelper()
	r := newRig(ctx)
	defer r.close()
	if s.given != nil {
		s.given(ctx, r)
	}
	outside, kubernetesBefore := len(r.world.Writes()), r.gate.kubernetesWrites()
	if f != nil {
		f.plant(r)
	}
	s.when(ctx, r)
	r.until(ctx, s.name, func() bool { return s.then(ctx, r) })
	facts := learned{outside: len(r.world.Writes()) - outside, kubernetes: r.gate.kubernetesWrites() - kubernetesBefore}
	if f != nil {
		facts.met = f.reached(r)
		r.gate.plan(0, 0, "")
		r.world.Faults().Clear()
	}
	r.rest(ctx)
	r.discard(ctx)
	return facts
}

// discard takes the BotCluster and its Secrets out of the API server, so that it does not fill up. How the operator removes one is a
// scenario of its own.
func (r *rig) discard(ctx context.Context) {
	GinkgoHelper()
	for _, name := range []string{r.key.Name + v1alpha1.KeySecretSuffix, r.tlsName()} {
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: r.key.Namespace, Name: name}}
		Expect(client.IgnoreNotFound(kubernetes.Client.Delete(ctx, secret))).To(Succeed())
	}
	bc := r.get(ctx)
	if bc == nil {
		for _, sight := range r.world.LookAll(project) {
			Expect(sight.Ref.Name).To(Equal(foreignName), "I5: nothing of ours is left")
		}
		return
	}
	bc.Finalizers = nil
	Expect(kubernetes.Client.Update(ctx, bc)).To(Succeed())
	Expect(kubernetes.Client.Delete(ctx, bc)).To(Succeed())
}

// modes are the ways in which each write of a scenario is to fail.
type modes struct {
	deaths     []mode      // at writes to the outside
	outside    []fake.Mode // of writes to the outside
	kubernetes []mode      // at and of writes to the API server
	reads      int         // that are refused
	events     int         // that are lost, and at which the stream is cut
}

// allModes are for scenarios in which instances come and go; edgeModes for those in which edges are told something: there
// are no events then, and what is left out is met in the other scenarios by the same calls.
var (
	allModes = modes{
		deaths:     []mode{dieBefore, dieAfter},
		outside:    []fake.Mode{fake.RefuseConnection, fake.Refuse, fake.LoseAnswer, fake.Conflict},
		kubernetes: []mode{dieBefore, dieAfter, refuse, conflict, loseAnswer},
		reads:      3, events: 3,
	}
	edgeModes = modes{
		deaths:     []mode{dieBefore, dieAfter},
		outside:    []fake.Mode{fake.Refuse, fake.LoseAnswer},
		kubernetes: []mode{dieAfter, conflict},
		reads:      1,
	}
	// fewEvents are for scenarios that change little on Incus.
	fewEvents = modes{
		deaths: allModes.deaths, outside: allModes.outside, kubernetes: allModes.kubernetes, reads: 1, events: 1,
	}
)

// faultsFor lists every fault of every write that a scenario is known to make.
func faultsFor(facts learned, m modes) []fault {
	var out []fault
	for n := 1; n <= facts.outside; n++ {
		for way, m := range m.deaths {
			out = append(out, fault{
				name: fmt.Sprintf("%s write %d to the outside", m, n), write: n, way: way,
				plant:   func(r *rig) { r.gate.plan(n, 0, m) },
				reached: func(r *rig) bool { return r.gate.met() },
			})
		}
		for way, mode := range m.outside {
			f := worldFault(fmt.Sprintf("%s at write %d to the outside", mode, n), fake.Fault{Mode: mode, Class: fake.Write, Nth: n})
			f.write, f.way = n, len(m.deaths)+way
			out = append(out, f)
		}
	}
	for n := 1; n <= facts.kubernetes; n++ {
		for way, m := range m.kubernetes {
			out = append(out, fault{
				name: fmt.Sprintf("%s write %d to the API server", m, n), write: n, way: way,
				plant:   func(r *rig) { r.gate.plan(0, n, m) },
				reached: func(r *rig) bool { return r.gate.met() },
			})
		}
	}
	for n := 1; n <= min(m.reads, facts.outside); n++ {
		out = append(out, worldFault(fmt.Sprintf("read %d is refused", n), fake.Fault{Mode: fake.Refuse, Class: fake.Read, Nth: n, Times: 3}))
	}
	for n := 1; n <= min(m.events, facts.outside); n++ {
		out = append(out,
			worldFault(fmt.Sprintf("event %d is lost", n), fake.Fault{Mode: fake.DropEvent, Nth: n, Times: 2}),
			worldFault(fmt.Sprintf("the event stream is cut at event %d", n), fake.Fault{Mode: fake.CutEvents, Nth: n}),
		)
	}
	return out
}

// sampled keeps one in so many faults of the writes, and all that are not of one: fault number way of write n is kept when n and
// way add up to a multiple of the stride. So every way meets every part of a scenario, and the choice is always the same.
func sampled(faults []fault, stride int) []fault {
	if stride <= 1 {
		return faults
	}
	return slices.DeleteFunc(faults, func(f fault) bool { return f.write > 0 && (f.write+f.way)%stride != 0 })
}

func worldFault(name string, planned fake.Fault) fault {
	return fault{
		name:    name,
		plant:   func(r *rig) { r.world.Faults().Plan(planned) },
		reached: func(r *rig) bool { return len(r.world.Faults().Unreached()) == 0 },
	}
}

// plan lets the n-th write from now on fail; zero for the side that does not.
func (g *gate) plan(outside, kubernetes int, m mode) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.mode, g.atOutside, g.atKubernetes = m, 0, 0
	if outside > 0 {
		g.atOutside = g.outside + outside
	}
	if kubernetes > 0 {
		g.atKubernetes = g.kubernetes + kubernetes
	}
}

// met tells that the planned fault happened.
func (g *gate) met() bool {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return g.reached
}
