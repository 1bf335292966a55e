package plan

import (
	"fmt"
	"slices"
	"strings"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// describedMembers is how many names a reason tells before it only counts.
const describedMembers = 5

// describePool says how a pool differs from what an edge holds.
func describePool(has model.EdgeState, held map[string]model.MemberStatus, want model.Pool) string {
	if has.PoolRevision == "" {
		return "it knows no bots yet"
	}
	var joining, returning, draining, leaving []string
	staying := make(map[string]bool, len(want.Members))
	for _, member := range want.Members {
		staying[member.Name] = true
		switch before := memberOf(held, member.Name); {
		case member.State == model.MemberDraining && before.State != model.MemberDraining:
			draining = append(draining, member.Name)
		case before.State == model.MemberRemoved || before.Address != member.Address:
			joining = append(joining, member.Name)
		case before.State != member.State:
			returning = append(returning, member.Name)
		}
	}
	for name, before := range held {
		if !staying[name] && before.State != model.MemberRemoved {
			leaving = append(leaving, name)
		}
	}
	slices.Sort(leaving)
	parts := slices.DeleteFunc([]string{
		listed("joins", joining), listed("returns", returning), listed("drains", draining), listed("left", leaving),
	}, func(s string) bool { return s == "" })
	if len(parts) == 0 {
		return "its pool is not the current one"
	}
	return strings.Join(parts, ", ")
}

// wanted is "3 bots are wanted".
func wanted(replicas int, tier model.Tier) string {
	if replicas == 1 {
		return fmt.Sprintf("1 %s is wanted", tier)
	}
	return fmt.Sprintf("%d %ss are wanted", replicas, tier)
}

// listed is "joins: a b", or "joins: 12 bots" when there are many; empty for no names.
func listed(what string, names []string) string {
	switch {
	case len(names) == 0:
		return ""
	case len(names) > describedMembers:
		return fmt.Sprintf("%s: %d bots", what, len(names))
	default:
		return what + ": " + strings.Join(names, " ")
	}
}
