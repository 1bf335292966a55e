package sim

import (
	"context"
	"slices"
	"strings"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
	"github.com/generalbots/botcluster-operator/controllers/provider/fake/edge"
)

// edgeScenarios are about what edges are told while they serve.
var edgeScenarios = []scenario{
	{
		faults: &edgeModes,
		name:   "other routes",
		given:  running(2),
		when:   func(ctx context.Context, r *rig) { r.apply(ctx, host("bot.example.com")) },
		then: func(ctx context.Context, r *rig) bool {
			config, _ := r.edges.Routes(r.instance(model.TierEdge, 1))
			return strings.Contains(string(config), "bot.example.com") && readyWith(2)(ctx, r)
		},
	},
	{
		faults: &edgeModes,
		name:   "routes that are refused, and bots that leave meanwhile",
		given:  running(3),
		when: func(ctx context.Context, r *rig) {
			r.edges.RefuseLoads("unknown module: http.handlers.wish")
			r.apply(ctx, func(spec *v1alpha1.BotClusterSpec) {
				host("bot.example.com")(spec)
				replicas(1)(spec)
			})
		},
		then: refusedThenHealed,
	},
	{
		faults: &edgeModes,
		name:   "a certificate is rotated",
		given:  withTLS,
		when:   func(ctx context.Context, r *rig) { r.keepTLS(ctx, pairs()[1]) },
		then: func(ctx context.Context, r *rig) bool {
			held := r.edges.Secrets(r.instance(model.TierEdge, 1))
			return slices.Equal(held.Certificates, certificates(pairs()[1])) && readyWith(1)(ctx, r)
		},
	},
	{
		faults: &edgeModes,
		name:   "the key of the cookies is deleted",
		given:  running(1),
		when: func(ctx context.Context, r *rig) {
			Expect(kubernetes.Client.Delete(ctx, r.keySecret(ctx))).To(Succeed())
		},
		then: func(ctx context.Context, r *rig) bool {
			secret := r.keySecret(ctx)
			held := r.edges.Secrets(r.instance(model.TierEdge, 1))
			return secret != nil && slices.Equal(held.CookieKey, secret.Data[v1alpha1.KeyCookie]) && readyWith(1)(ctx, r)
		},
	},
	{
		faults: &edgeModes,
		name:   "a bot with a request in hand leaves",
		given:  busy(3, 3),
		when:   func(ctx context.Context, r *rig) { r.apply(ctx, lastLeaves(2)) },
		then: func(ctx context.Context, r *rig) bool {
			if r.inFlight(ctx, 3) == 1 {
				r.setInFlight(3, 0)
			}
			return readyWith(2)(ctx, r)
		},
	},
	{
		faults: &edgeModes,
		name:   "a bot is wanted again in the middle of its drain",
		given:  busy(3, 3),
		when: func(ctx context.Context, r *rig) {
			r.apply(ctx, lastLeaves(2))
			r.until(ctx, "the drain", func() bool { return r.memberState(1, 3) == edge.Draining })
			r.apply(ctx, replicas(3))
		},
		then: func(ctx context.Context, r *rig) bool {
			r.checkSame(3)
			return r.memberState(1, 3) == edge.Active && readyWith(3)(ctx, r)
		},
	},
	{
		faults: &edgeModes,
		name:   "a bot is drained by hand",
		given:  busy(2, 2),
		when:   func(ctx context.Context, r *rig) { r.annotate(ctx, "2") },
		then: func(ctx context.Context, r *rig) bool {
			r.checkSame(2)
			if r.inFlight(ctx, 2) == 1 {
				r.setInFlight(2, 0)
			}
			return drainedByHand(ctx, r, 2)
		},
	},
	{
		faults: &edgeModes,
		name:   "a bot that was drained by hand serves again",
		given: func(ctx context.Context, r *rig) {
			running(2)(ctx, r)
			r.annotate(ctx, r.instance(model.TierBot, 2).Name)
			r.until(ctx, "the drain", func() bool { return drainedByHand(ctx, r, 2) })
			r.remember(2)
		},
		when: func(ctx context.Context, r *rig) { r.annotate(ctx, "") },
		then: func(ctx context.Context, r *rig) bool {
			r.checkSame(2)
			return readyWith(2)(ctx, r)
		},
	},
	{
		faults: &edgeModes,
		name:   "one of two edges killed",
		given: func(ctx context.Context, r *rig) {
			r.apply(ctx, func(spec *v1alpha1.BotClusterSpec) { spec.Edge.Instances = 2 })
			r.until(ctx, "the beginning", func() bool { return readyWith(2)(ctx, r) })
		},
		when: func(_ context.Context, r *rig) { r.crash(r.instance(model.TierEdge, 1)) },
		then: func(ctx context.Context, r *rig) bool {
			document, _ := r.edges.Document(r.instance(model.TierEdge, 2))
			for _, member := range document.Members {
				if !member.Serving {
					r.violate("the other edge does not serve with %s", member.Name)
				}
			}
			return readyWith(2)(ctx, r)
		},
	},
}

func host(name v1alpha1.HostName) func(*v1alpha1.BotClusterSpec) {
	return func(spec *v1alpha1.BotClusterSpec) { spec.Edge.Hosts = []v1alpha1.HostName{name} }
}

// withTLS begins with one bot behind an edge that has its certificate from a Secret.
func withTLS(ctx context.Context, r *rig) {
	r.keepTLS(ctx, pairs()[0])
	r.apply(ctx, func(spec *v1alpha1.BotClusterSpec) {
		replicas(1)(spec)
		spec.Edge.TLS = v1alpha1.EdgeTLS{Mode: v1alpha1.TLSModeSecret, SecretRef: &v1alpha1.SecretReference{Name: r.tlsName()}}
	})
	r.until(ctx, "the beginning", func() bool { return readyWith(1)(ctx, r) })
	Expect(r.edges.Secrets(r.instance(model.TierEdge, 1)).Certificates).To(Equal(certificates(pairs()[0])))
}

func certificates(p pair) []edge.Certificate {
	return []edge.Certificate{{Chain: string(p.chain), Key: string(p.key)}}
}

// busy begins with n bots of which one has a request in hand.
func busy(n int32, ordinal int) func(context.Context, *rig) {
	return func(ctx context.Context, r *rig) {
		running(n)(ctx, r)
		r.setInFlight(ordinal, 1)
		r.remember(ordinal)
	}
}

// refusedThenHealed waits until the status says that the routes are refused, although the bots have left; then Caddy takes
// them, and all is as declared.
func refusedThenHealed(ctx context.Context, r *rig) bool {
	bc := r.get(ctx)
	condition := meta.FindStatusCondition(bc.Status.Conditions, v1alpha1.ConditionEdgeReady)
	if r.healed {
		return readyWith(1)(ctx, r)
	}
	left := len(r.ours(string(bc.UID))) == 2
	if left && condition.Reason == v1alpha1.ReasonEdgeRejectedRoutes && strings.Contains(condition.Message, "http.handlers.wish") {
		document, serves := r.edges.Document(r.instance(model.TierEdge, 1))
		Expect(serves && document.RoutesRevision != "").To(BeTrue(), "the routes from before serve on")
		r.edges.RefuseLoads("")
		r.healed = true
	}
	return false
}

// drainedByHand tells that the status says so of a bot, that it runs and that all edges hold it as draining.
func drainedByHand(ctx context.Context, r *rig, ordinal int) bool {
	bc := r.get(ctx)
	name := r.instance(model.TierBot, ordinal).Name
	i := slices.IndexFunc(bc.Status.Instances, func(s v1alpha1.InstanceStatus) bool { return s.Name == name })
	ready := meta.FindStatusCondition(bc.Status.Conditions, v1alpha1.ConditionReady)
	return i >= 0 && bc.Status.Instances[i].Phase == string(plan.PhaseDrained) && bc.Status.Instances[i].DrainedByHand &&
		ready.Status == "True" && strings.HasSuffix(ready.Message, ", 1 drained by hand") && r.memberState(1, ordinal) == edge.Draining &&
		!meta.IsStatusConditionTrue(bc.Status.Conditions, v1alpha1.ConditionReconciling)
}

// annotate says who is to be drained by hand; nobody takes the annotation away.
func (r *rig) annotate(ctx context.Context, who string) {
	bc := &v1alpha1.BotCluster{}
	Expect(kubernetes.Client.Get(ctx, r.key, bc)).To(Succeed())
	patch := client.MergeFrom(bc.DeepCopy())
	if bc.Annotations == nil {
		bc.Annotations = map[string]string{}
	}
	bc.Annotations[v1alpha1.AnnotationDrain] = who
	if who == "" {
		delete(bc.Annotations, v1alpha1.AnnotationDrain)
	}
	Expect(kubernetes.Client.Patch(ctx, bc, patch)).To(Succeed())
	r.gate.saw(bc, nil)
}

// memberState is what an edge holds of a bot, empty when it does not list it.
func (r *rig) memberState(edgeOrdinal, bot int) edge.State {
	document, _ := r.edges.Document(r.instance(model.TierEdge, edgeOrdinal))
	for _, member := range document.Members {
		if member.Name == r.instance(model.TierBot, bot).Name {
			return member.State
		}
	}
	return ""
}

// inFlight is what the status says that a draining bot has left; -1 when it says nothing.
func (r *rig) inFlight(ctx context.Context, bot int) int64 {
	for _, status := range r.get(ctx).Status.Instances {
		if status.Name == r.instance(model.TierBot, bot).Name && status.InFlight != nil {
			return *status.InFlight
		}
	}
	return -1
}

func (r *rig) setInFlight(bot int, count int64) {
	r.edges.SetInFlight(r.instance(model.TierEdge, 1), r.instance(model.TierBot, bot).Name, count)
}

// remember keeps which boot of a bot runs; checkSame asserts that it still does.
func (r *rig) remember(bot int) {
	sight, _ := r.world.Look(r.instance(model.TierBot, bot))
	r.boots[bot] = sight.Boot
}

func (r *rig) checkSame(bot int) {
	if sight, there := r.world.Look(r.instance(model.TierBot, bot)); !there || sight.Boot != r.boots[bot] {
		r.violate("%s was stopped or made anew", r.instance(model.TierBot, bot).Name)
	}
}

// keySecret is the Secret with the key of the cookies, nil when there is none.
func (r *rig) keySecret(ctx context.Context) *corev1.Secret {
	secret := &corev1.Secret{}
	err := kubernetes.Client.Get(ctx, client.ObjectKey{Namespace: r.key.Namespace, Name: r.key.Name + v1alpha1.KeySecretSuffix}, secret)
	Expect(client.IgnoreNotFound(err)).To(Succeed())
	if err != nil {
		return nil
	}
	return secret
}

// lastLeaves asks for so few bots that the last one leaves, busy or not.
func lastLeaves(n int32) func(*v1alpha1.BotClusterSpec) {
	return func(spec *v1alpha1.BotClusterSpec) {
		replicas(n)(spec)
		spec.Scaling.Victims = v1alpha1.VictimsHighestOrdinal
	}
}
