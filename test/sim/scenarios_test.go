package sim

import (
	"context"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

// scenario is one thing that users or fate do to a BotCluster.
type scenario struct {
	name string
	// given brings the world to where it begins; no fault meets that.
	given func(ctx context.Context, r *rig)
	// when is what happens; then tells that the operator has dealt with it.
	when func(ctx context.Context, r *rig)
	then func(ctx context.Context, r *rig) bool
	// faults are the ways in which its writes are to fail; nil for all there are.
	faults *modes
	// stride is for long scenarios: each write meets only one in so many of the ways to fail, each way at other writes. 0 and 1
	// are all of them.
	stride int
}

func (s scenario) modes() modes {
	if s.faults != nil {
		return *s.faults
	}
	return allModes
}

// scenarios are all there are.
var scenarios = []scenario{
	{
		name: "create",
		when: func(ctx context.Context, r *rig) { r.apply(ctx, replicas(3)) },
		then: readyWith(3),
	},
	{
		name: "create with TLS, which needs a data volume",
		when: func(ctx context.Context, r *rig) {
			r.apply(ctx, func(spec *v1alpha1.BotClusterSpec) { spec.Edge.TLS.Mode = v1alpha1.TLSModeInternal })
		},
		then: readyWith(2),
	},
	{
		name:  "scale up",
		given: running(1),
		when:  func(ctx context.Context, r *rig) { r.apply(ctx, replicas(3)) },
		then:  readyWith(3),
	},
	{
		name:  "scale down",
		given: running(3),
		when:  func(ctx context.Context, r *rig) { r.apply(ctx, replicas(1)) },
		then:  readyWith(1),
	},
	{
		name:  "a second edge",
		given: running(1),
		when: func(ctx context.Context, r *rig) {
			r.apply(ctx, func(s *v1alpha1.BotClusterSpec) { s.Edge.Instances = 2 })
		},
		then: readyWith(1),
	},
	{
		name:  "instance killed",
		given: running(2),
		when:  func(_ context.Context, r *rig) { r.crash(r.instance(model.TierBot, 1)) },
		then:  readyWith(2),
	},
	{
		name:  "instance deleted",
		given: running(2),
		when:  func(_ context.Context, r *rig) { r.vanish(r.instance(model.TierBot, 2)) },
		then:  readyWith(2),
	},
	{
		name:  "edge killed",
		given: running(2),
		when:  func(_ context.Context, r *rig) { r.crash(r.instance(model.TierEdge, 1)) },
		then:  readyWith(2),
	},
	{
		name:  "edge deleted",
		given: running(2),
		when:  func(_ context.Context, r *rig) { r.vanish(r.instance(model.TierEdge, 1)) },
		then:  readyWith(2),
	},
	{
		name:  "limits changed",
		given: running(2),
		when: func(ctx context.Context, r *rig) {
			r.apply(ctx, func(spec *v1alpha1.BotClusterSpec) {
				spec.Bot.Resources = v1alpha1.Resources{CPU: new(intstr.FromInt32(2)), Memory: "1GiB"}
			})
		},
		then: readyWith(2),
	},
	{
		name:  "image changed",
		given: running(2),
		when: func(ctx context.Context, r *rig) {
			r.apply(ctx, func(spec *v1alpha1.BotClusterSpec) { spec.Bot.Image.Alias = "bot-2" })
		},
		then: readyWith(2),
	},
	{
		name:  "delete",
		given: running(2),
		when: func(ctx context.Context, r *rig) {
			Expect(kubernetes.Client.Delete(ctx, r.get(ctx))).To(Succeed())
			r.gate.forget()
		},
		then: func(ctx context.Context, r *rig) bool { return r.get(ctx) == nil },
	},
}

func replicas(n int32) func(*v1alpha1.BotClusterSpec) {
	return func(spec *v1alpha1.BotClusterSpec) { spec.Replicas = new(n) }
}

// running begins with a BotCluster of n bots at rest.
func running(n int32) func(context.Context, *rig) {
	return func(ctx context.Context, r *rig) {
		GinkgoHelper()
		r.apply(ctx, replicas(n))
		r.until(ctx, "the beginning", func() bool { return readyWith(int(n))(ctx, r) })
	}
}

// readyWith tells that the status says Ready for the current spec, and that the world agrees.
func readyWith(bots int) func(context.Context, *rig) bool {
	return func(ctx context.Context, r *rig) bool {
		bc := r.get(ctx)
		ready := meta.FindStatusCondition(bc.Status.Conditions, v1alpha1.ConditionReady)
		if ready == nil || ready.Status != "True" || ready.ObservedGeneration != bc.Generation {
			return false
		}
		if meta.IsStatusConditionTrue(bc.Status.Conditions, v1alpha1.ConditionReconciling) {
			return false
		}
		return int(bc.Status.ReadyReplicas) == bots && r.asDeclared(bc, bots)
	}
}

// asDeclared looks at the world itself: the instances that should be there and no others, all serving and known to every edge,
// but for those that wait frozen, which no edge knows.
func (r *rig) asDeclared(bc *v1alpha1.BotCluster, bots int) bool {
	edges := int(max(bc.Spec.Edge.Instances, 1))
	ours := r.ours(string(bc.UID))
	if len(ours) != bots+edges+int(bc.Spec.Scaling.WarmStandby) {
		return false
	}
	waiting := int32(0)
	for _, sight := range ours {
		switch {
		case isStandby(sight):
			if sight.Status != "Frozen" {
				return false
			}
			waiting++
		case !sight.Serving:
			return false
		}
	}
	if waiting != bc.Spec.Scaling.WarmStandby {
		return false
	}
	for ordinal := 1; ordinal <= edges; ordinal++ {
		document, serving := r.edges.Document(r.instance(model.TierEdge, ordinal))
		if !serving || len(document.Members) != bots {
			return false
		}
		for _, member := range document.Members {
			if !member.Serving {
				return false
			}
		}
	}
	return true
}

// isStandby tells that a bot waits until it is needed.
func isStandby(sight fake.Sight) bool { return sight.Config["user.botcluster.standby"] != "" }

// instance names an instance of the BotCluster.
func (r *rig) instance(tier model.Tier, ordinal int) fake.Ref {
	return fake.Ref{Project: project, Name: plan.InstanceName(plan.Prefix(r.key.Namespace, r.key.Name), tier, ordinal)}
}

var _ = Describe("An instance without an address", func() {
	It("is reported with its likely cause after the deadline, and replaced within the budget", func(ctx context.Context) {
		r := newRig(ctx)
		defer r.close()
		running(2)(ctx, r)
		starved := r.instance(model.TierBot, 1)
		first, _ := r.world.Look(starved)
		r.world.Behave(starved.String(), func(b *fake.Behaviour) { b.NoAddress = true })
		r.crash(starved)
		r.until(ctx, "the report", func() bool {
			condition := meta.FindStatusCondition(r.get(ctx).Status.Conditions, v1alpha1.ConditionBotsReady)
			return condition.Reason == v1alpha1.ReasonNoAddress && strings.Contains(condition.Message, "fs.inotify.max_user_instances")
		})
		r.until(ctx, "the replacement", func() bool {
			second, there := r.world.Look(starved)
			return !there || second.CreatedAt.After(first.CreatedAt)
		})
		other, _ := r.world.Look(r.instance(model.TierBot, 2))
		Expect(other.Serving).To(BeTrue(), "the other one serves on")
		r.world.Recover(starved.String())
		r.until(ctx, "the recovery", func() bool { return readyWith(2)(ctx, r) })
		r.rest(ctx)
		r.discard(ctx)
	}, NodeTimeout(2*time.Minute))
})
