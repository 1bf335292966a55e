package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"time"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// poolOf says which bots the edges should know, by name. Every running bot with an address is in it: whether it serves is
// for the edges to find out by probing. A leaving bot is draining until it is drained, then it is out; one that somebody
// drains by hand stays draining, and so does a standby until it is frozen. A bot that cannot be read stays as the edges hold it: they see for themselves whether it still answers.
func poolOf(want Blueprint, seen sight, freezing map[string]bool, now time.Time) model.Pool {
	pool := model.Pool{Probe: want.Probe, Members: []model.Member{}}
	for i := range seen.Inventory.Instances {
		instance := &seen.Inventory.Instances[i]
		member, listed := runningMember(want, seen, instance, now)
		if instance.State == model.StateUnknown {
			member, listed = seen.heldMember(instance.Name)
		}
		if listed && !freezing[instance.Name] {
			pool.Members = append(pool.Members, member)
		}
	}
	pool.Revision = revisionOf(pool)
	return pool
}

// runningMember is what a bot that can be read is in the pools, if it is to be in them.
func runningMember(want Blueprint, seen sight, bot *model.Instance, now time.Time) (model.Member, bool) {
	if bot.Tier != model.TierBot || !bot.Owned || bot.State != model.StateRunning || !bot.Address.IsValid() || departing(bot) {
		return model.Member{}, false
	}
	member := model.Member{
		Name: bot.Name, Address: netip.AddrPortFrom(bot.Address, uint16(want.BotPort)).String(), State: model.MemberActive,
	}
	if !bot.DrainingSince.IsZero() {
		member.State = model.MemberDraining
		return member, !drained(want.Policy, seen, bot, now)
	}
	if want.Drained[bot.Name] || bot.Standby {
		member.State = model.MemberDraining
	}
	return member, true
}

// heldMember is what the first edge that lists a bot holds of it.
func (s sight) heldMember(bot string) (model.Member, bool) {
	for _, edge := range s.edges {
		if held := s.member(edge, bot); held.State != model.MemberRemoved {
			return model.Member{Name: bot, Address: held.Address, State: held.State}, true
		}
	}
	return model.Member{}, false
}

// departing tells that the instance is being stopped or deleted.
func departing(instance *model.Instance) bool {
	return instance.Operation == "stop" || instance.Operation == "delete"
}

// revisionOf names the content of a pool.
func revisionOf(pool model.Pool) string {
	pool.Revision = ""
	sum := sha256.Sum256(fmt.Appendf(nil, "%#v", pool))
	return hex.EncodeToString(sum[:8])
}
