package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// Placement says on which members of an Incus cluster the instances of a tier are made. It does not move those that are there:
// one that runs where none would be made now stays until it is replaced for another reason.
type Placement struct {
	// Targets are names of members, or of groups of members with "@" before them; none stands for all members.
	Targets []string
	// Spread makes each instance on the member that has the fewest of its tier. Without it and without Targets, Incus chooses.
	Spread bool
}

// allows tells that instances may be made on a member.
func (p Placement) allows(member model.HostMember) bool {
	return member.State == model.HostMemberOnline && (len(p.Targets) == 0 || slices.ContainsFunc(p.Targets, func(target string) bool {
		group, grouped := strings.CutPrefix(target, "@")
		return (grouped && slices.Contains(member.Groups, group)) || target == member.Name
	}))
}

// chooses tells that the member is chosen here and not by Incus. A server that is not clustered has none.
func (p Placement) chooses(members []model.HostMember) bool {
	return len(members) > 0 && (p.Spread || len(p.Targets) > 0)
}

// placeable tells that there is a member on which an instance of the tier may be made.
func (b Blueprint) placeable(tier TierBlueprint) bool {
	return !tier.Placement.chooses(b.Members) || slices.ContainsFunc(b.Members, tier.Placement.allows)
}

// homeless says of an instance that is to be made that there is no place for it.
func (a assessor) homeless(place *Assessment, tier TierBlueprint) {
	if place.Instance == nil && place.Message == "" && !a.want.placeable(tier) {
		place.Message = "no member of the Incus cluster is online that the placement allows"
	}
}

// away tells that an instance is out of reach with its member, so that it counts as missing: a bot whose member has been offline
// for long, and any that is stopped on a member that was emptied. Nothing is done to it. When its member is back it is one of
// those among which is chosen.
func (a assessor) away(instance model.Instance) (string, bool) {
	i := slices.IndexFunc(a.want.Members, func(m model.HostMember) bool { return instance.Location != "" && m.Name == instance.Location })
	// What lies on a member that does not answer has a name and no tags.
	if _, bot := a.botOrdinal(instance); i < 0 || !bot {
		return "", false
	}
	member := a.want.Members[i]
	switch {
	case instance.State == model.StateUnknown && member.State == model.HostMemberOffline && a.now.Sub(member.Since) > a.want.Policy.LostAfter:
		return fmt.Sprintf("its member %s of the Incus cluster has been offline for more than %s, so another takes its place",
			member.Name, a.want.Policy.LostAfter), true
	case member.State == model.HostMemberEvacuated && instance.Operation == "" &&
		(instance.State == model.StateStopped || instance.State == model.StateFrozen):
		return fmt.Sprintf("its member %s of the Incus cluster is evacuated, so another takes its place", member.Name), true
	default:
		return "", false
	}
}

// evacuated tells that the member of an instance was emptied, or is being emptied: nothing is started there.
func (b Blueprint) evacuated(instance model.Instance) bool {
	return slices.ContainsFunc(b.Members, func(m model.HostMember) bool {
		return m.Name == instance.Location && m.State == model.HostMemberEvacuated
	})
}

// location chooses the member for an instance that is made: of those that are allowed the one with the fewest wanted instances of
// the tier, by name when there are several; empty leaves the choice to Incus. It tells whether there is any.
func (s *instanceStage) location(tier TierBlueprint) (string, bool) {
	if !tier.Placement.chooses(s.want.Members) {
		return "", true
	}
	if s.placed == nil {
		s.placed = map[model.Tier]map[string]int{}
	}
	if s.placed[tier.Tier] == nil {
		s.placed[tier.Tier] = map[string]int{}
		for _, a := range s.plan.Assessments {
			if a.Tier == tier.Tier && a.Wanted && a.Instance != nil {
				s.placed[tier.Tier][a.Instance.Location]++
			}
		}
	}
	placed, best := s.placed[tier.Tier], ""
	for _, member := range s.want.Members {
		better := placed[member.Name] < placed[best] || (placed[member.Name] == placed[best] && member.Name < best)
		if tier.Placement.allows(member) && (best == "" || better) {
			best = member.Name
		}
	}
	return best, best != ""
}
