package plan

import (
	"cmp"
	"maps"
	"slices"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// sight is an Observed in a fixed order, with what is looked up by name at hand: a pass stays linear in the number of
// instances, and the same world gives the same plan in whatever order it is listed.
type sight struct {
	Observed
	// instances by name.
	instances map[string]*model.Instance
	// edges are the names of the edges that were asked, sorted.
	edges []string
	// members by edge and name, of the edges that answered.
	members map[string]map[string]model.MemberStatus
	// hidden tells that an instance which may be an edge could not be read: it may run and send requests.
	hidden bool
}

func look(want Blueprint, seen Observed) sight {
	byName := func(x, y model.Instance) int { return cmp.Compare(x.Name, y.Name) }
	if !slices.IsSortedFunc(seen.Inventory.Instances, byName) {
		seen.Inventory.Instances = slices.SortedStableFunc(slices.Values(seen.Inventory.Instances), byName)
	}
	s := sight{
		Observed: seen, instances: make(map[string]*model.Instance, len(seen.Inventory.Instances)),
		edges: slices.Sorted(maps.Keys(seen.Edges)), members: make(map[string]map[string]model.MemberStatus, len(seen.Edges)),
	}
	for i := range s.Inventory.Instances {
		instance := &s.Inventory.Instances[i]
		s.instances[instance.Name] = instance
		s.hidden = s.hidden || hiddenEdge(*instance, want.Owner)
	}
	for _, name := range s.edges {
		s.members[name] = membersByName(seen.Edges[name].State)
	}
	return s
}

// membersByName keeps the first of each name: a member that got another address is listed before what is left of the old.
func membersByName(state model.EdgeState) map[string]model.MemberStatus {
	members := make(map[string]model.MemberStatus, len(state.Members))
	for _, member := range state.Members {
		if _, known := members[member.Name]; !known {
			members[member.Name] = member
		}
	}
	return members
}

// member is a bot as an edge sees it; one that the edge does not list is removed and unknown there.
func (s sight) member(edge, name string) model.MemberStatus {
	return memberOf(s.members[edge], name)
}

func memberOf(members map[string]model.MemberStatus, name string) model.MemberStatus {
	if member, listed := members[name]; listed {
		return member
	}
	return model.MemberStatus{Name: name, State: model.MemberRemoved, Probe: model.ProbeUnknown}
}
