package sim

import (
	"context"
	"net/http"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
	"github.com/generalbots/botcluster-operator/controllers/provider/fake/edge"
)

// The loads of the scenarios, in cores that each bot is busy with, of the one it has: above the threshold of 70 %, too low for
// the bots there are, and between the two.
const (
	highLoad   = 0.9
	lowLoad    = 0.1
	mediumLoad = 0.6
)

// elasticScenarios are about the number of bots, and about those that are replaced. They are long, so each write meets only
// some of the ways to fail: see scenario.stride.
var elasticScenarios = []scenario{
	{
		name:   "the load rises",
		stride: 8,
		given:  scaled(2, 2, 4, mediumLoad),
		when:   func(_ context.Context, r *rig) { r.load(highLoad) },
		then:   settled(readyWith(4)),
	},
	{
		name:   "the load falls, and is back in the middle of the drain",
		stride: 6,
		faults: &fewEvents,
		given:  givenDrainingOnes,
		when: func(ctx context.Context, r *rig) {
			r.load(lowLoad)
			r.until(ctx, "the drain", func() bool { return r.memberState(1, 3) == edge.Draining })
			r.load(highLoad)
		},
		then: settled(func(ctx context.Context, r *rig) bool {
			r.checkSame(3)
			return r.memberState(1, 3) == edge.Active && readyWith(3)(ctx, r)
		}),
	},
	{
		name:   "the load falls for good",
		stride: 8,
		given:  scaled(3, 1, 3, mediumLoad),
		when:   func(_ context.Context, r *rig) { r.load(0) },
		then:   settled(readyWith(1)),
	},
	{
		name:   "a rolling update of four, by two",
		stride: 16,
		given: func(ctx context.Context, r *rig) {
			r.apply(ctx, rolls(2, 1))
			running(4)(ctx, r)
		},
		when: func(ctx context.Context, r *rig) { r.apply(ctx, botImage("bot-2")) },
		then: madeOf(4, "bot-2"),
	},
	{
		name:   "a rolling update that is taken back in the middle",
		stride: 14,
		given:  running(3),
		when: func(ctx context.Context, r *rig) {
			r.apply(ctx, botImage("bot-2"))
			r.until(ctx, "the first new bot", func() bool {
				rollout := r.get(ctx).Status.Rollout
				return rollout != nil && rollout.UpdatedReady > 0
			})
			r.apply(ctx, botImage("bot"))
		},
		then: madeOf(3, "bot"),
	},
	{
		name:   "an update whose bots get no address, and its correction",
		stride: 14,
		given:  running(2),
		when:   stallThenCorrect("mute"),
		then:   madeOf(2, "bot-2"),
	},
	{
		name:   "an update whose bots are never healthy, and its undoing",
		stride: 14,
		given:  running(2),
		when: func(ctx context.Context, r *rig) {
			r.stall(ctx, "sick")
			r.apply(ctx, botImage("bot"))
		},
		then: madeOf(2, "bot"),
	},
	{
		name:   "an update whose bots cannot be created for a while",
		stride: 14,
		given:  running(2),
		when: func(ctx context.Context, r *rig) {
			r.world.Faults().Plan(fake.Fault{
				Mode: fake.Refuse, System: fake.SystemIncus, Class: fake.Write, Verb: http.MethodPost, Path: "/1.0/instances", Times: 3,
			})
			r.apply(ctx, botImage("bot-2"))
		},
		then: madeOf(2, "bot-2"),
	},
}

// scaled begins with an autoscaler at rest.
func scaled(replicas, least, most int32, load float64) func(context.Context, *rig) {
	return func(ctx context.Context, r *rig) {
		r.load(load)
		r.apply(ctx, func(spec *v1alpha1.BotClusterSpec) {
			spec.Replicas = new(replicas)
			spec.Bot.Resources.CPU = new(intstr.FromInt32(1))
			spec.Scaling = quickScaling(least, most)
		})
		r.until(ctx, "the beginning", func() bool {
			return readyWith(int(replicas))(ctx, r) &&
				meta.IsStatusConditionTrue(r.get(ctx).Status.Conditions, v1alpha1.ConditionScalingActive)
		})
	}
}

// settled tells that the autoscaler has seen what its last change brought as well: a value that was measured before it does not
// count, and so there is none for a while. A status that goes on changing never settles.
func settled(then func(context.Context, *rig) bool) func(context.Context, *rig) bool {
	return func(ctx context.Context, r *rig) bool {
		return then(ctx, r) && r.clock.Since(r.calmSince) > longQuiet
	}
}

// quickScaling is an autoscaler that a scenario need not wait for.
func quickScaling(least, most int32) v1alpha1.ScalingSpec {
	return v1alpha1.ScalingSpec{
		Enabled: true, MinInstances: least, MaxInstances: most, CheckInterval: seconds(10), Cooldown: seconds(15),
		StabilizationWindow: seconds(15), ScaleUpCooldown: seconds(1),
	}
}

func seconds(n int) *metav1.Duration {
	return &metav1.Duration{Duration: time.Duration(n) * time.Second}
}

// givenDrainingOnes begins with three bots that take long to drain, of which the third has the least in hand.
func givenDrainingOnes(ctx context.Context, r *rig) {
	scaled(3, 2, 3, mediumLoad)(ctx, r)
	r.apply(ctx, func(spec *v1alpha1.BotClusterSpec) {
		spec.Drain.Timeout = &metav1.Duration{Duration: patience}
	})
	for bot, inFlight := range []int64{5, 5, 1} {
		r.setInFlight(bot+1, inFlight)
	}
	r.until(ctx, "the beginning", func() bool { return readyWith(3)(ctx, r) })
	r.remember(3)
}

// load has every bot, those to come included, bear as much.
func (r *rig) load(cores float64) {
	r.world.Behave(r.everyBot(), func(b *fake.Behaviour) { b.Load.Cores = cores })
}

// everyBot is the pattern of the bots' names.
func (r *rig) everyBot() string {
	return project + "/" + plan.Prefix(r.key.Namespace, r.key.Name) + string(model.TierBot) + "-*"
}

func rolls(surge, unavailable int32) func(*v1alpha1.BotClusterSpec) {
	return func(spec *v1alpha1.BotClusterSpec) {
		spec.RollingUpdate.MaxSurge = new(intstr.FromInt32(surge))
		spec.RollingUpdate.MaxUnavailable = new(intstr.FromInt32(unavailable))
	}
}

func botImage(alias string) func(*v1alpha1.BotClusterSpec) {
	return func(spec *v1alpha1.BotClusterSpec) { spec.Bot.Image.Alias = alias }
}

// madeOf tells that the bots are ready and made from an image, whatever their ordinals.
func madeOf(bots int, alias string) func(context.Context, *rig) bool {
	return func(ctx context.Context, r *rig) bool {
		if !readyWith(bots)(ctx, r) || r.get(ctx).Status.Rollout != nil {
			return false
		}
		for _, sight := range r.ours(string(r.get(ctx).UID)) {
			if r.isBot(sight.Ref.Name) && sight.Config["volatile.base_image"] != r.images[alias] {
				return false
			}
		}
		return true
	}
}

// stall has an update stop at its first bot, while the old ones serve on.
func (r *rig) stall(ctx context.Context, image string) {
	r.apply(ctx, botImage(image))
	r.until(ctx, "the stall", func() bool {
		condition := meta.FindStatusCondition(r.get(ctx).Status.Conditions, v1alpha1.ConditionStalled)
		return condition != nil && condition.Reason == v1alpha1.ReasonRolloutStalled
	})
	serving := 0
	for _, sight := range r.ours(string(r.get(ctx).UID)) {
		if r.isBot(sight.Ref.Name) && sight.Serving && sight.Health == fake.Healthy {
			serving++
		}
	}
	Expect(serving).To(Equal(2), "the old ones serve on\n%s", r.story())
}

// stallThenCorrect sets an image that works after the one that does not.
func stallThenCorrect(image string) func(context.Context, *rig) {
	return func(ctx context.Context, r *rig) {
		r.stall(ctx, image)
		r.apply(ctx, botImage("bot-2"))
	}
}
