package sim

import (
	"context"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

// reserveScenarios are about bots that wait frozen, and about the members of an Incus cluster.
var reserveScenarios = []scenario{
	{
		name:   "a bot that waits is needed",
		stride: 8,
		given:  withStandby(1),
		when:   func(ctx context.Context, r *rig) { r.apply(ctx, replicas(2)) },
		then:   readyWith(2),
	},
	{
		name:   "a bot vanishes while another waits",
		stride: 8,
		given:  withStandby(2),
		when:   func(_ context.Context, r *rig) { r.vanish(r.instance(model.TierBot, 1)) },
		then:   readyWith(2),
	},
	{
		name:   "a rolling update of those that serve and those that wait",
		stride: 16,
		given:  withStandby(2),
		when:   func(ctx context.Context, r *rig) { r.apply(ctx, botImage("bot-2")) },
		then:   madeOf(2, "bot-2"),
	},
	{
		name:   "a member of the Incus cluster is lost, and comes back",
		stride: 8,
		given:  onTwoMembers,
		when: func(ctx context.Context, r *rig) {
			r.world.SetMemberStatus(secondMember, fake.MemberOffline)
			r.until(ctx, "bots elsewhere", func() bool {
				return r.servingOn(ctx, firstMember) == 2 && r.get(ctx).Status.ReadyReplicas == 2
			})
			r.world.SetMemberStatus(secondMember, fake.MemberOnline)
		},
		then: readyWith(2),
	},
	{
		name:   "a member of the Incus cluster is evacuated and restored",
		stride: 10,
		given:  onTwoMembers,
		when: func(ctx context.Context, r *rig) {
			r.fell(ctx, secondMember)
			if err := r.world.Evacuate(secondMember); err != nil {
				panic(err)
			}
			r.until(ctx, "bots elsewhere", func() bool { return r.servingOn(ctx, firstMember) == 2 && readyWith(2)(ctx, r) })
			r.fell(ctx, firstMember) // what was moved is moved back
			if err := r.world.Restore(secondMember); err != nil {
				panic(err)
			}
		},
		then: readyWith(2),
	},
}

// The members of the Incus cluster. The first one answers the API.
const (
	firstMember  = "node-1"
	secondMember = "node-2"
)

// withStandby begins with n bots that serve and one that waits.
func withStandby(n int32) func(context.Context, *rig) {
	return func(ctx context.Context, r *rig) {
		r.apply(ctx, func(spec *v1alpha1.BotClusterSpec) { spec.Scaling.WarmStandby = 1 })
		running(n)(ctx, r)
	}
}

// onTwoMembers begins with a bot on each of two members.
func onTwoMembers(ctx context.Context, r *rig) {
	r.world.AddMember(fake.Member{Name: firstMember})
	r.world.AddMember(fake.Member{Name: secondMember})
	r.apply(ctx, func(spec *v1alpha1.BotClusterSpec) { spec.Placement.LostAfter = seconds(10) })
	running(2)(ctx, r)
	r.until(ctx, "the beginning", func() bool { return r.servingOn(ctx, firstMember) == 1 && r.servingOn(ctx, secondMember) == 1 })
}

// servingOn counts the bots that serve on a member.
func (r *rig) servingOn(ctx context.Context, member string) int {
	count := 0
	for _, sight := range r.ours(string(r.get(ctx).UID)) {
		if r.isBot(sight.Ref.Name) && sight.Serving && sight.Location == member {
			count++
		}
	}
	return count
}

// fell says that somebody stops or moves what is on a member.
func (r *rig) fell(ctx context.Context, member string) {
	for _, sight := range r.ours(string(r.get(ctx).UID)) {
		if sight.Location == member {
			r.felled[sight.Ref.Name] = true
		}
	}
}
