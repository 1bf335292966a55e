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
func describePool(has model.EdgeState, want model.Pool) string {
	if has.PoolRevision == "" {
		return fmt.Sprintf("it knows no bots yet and there are %d", len(want.Members))
	}
	var joining, draining, leaving []string
	for _, member := range want.Members {
		held := memberOf(has, member.Name)
		switch {
		case member.State == model.MemberDraining && held.State == model.MemberActive:
			draining = append(draining, member.Name)
		case held.State == model.MemberRemoved || held.Address != member.Address:
			joining = append(joining, member.Name)
		}
	}
	for _, held := range has.Members {
		gone := !slices.ContainsFunc(want.Members, func(m model.Member) bool { return m.Name == held.Name })
		if gone && held.State != model.MemberRemoved {
			leaving = append(leaving, held.Name)
		}
	}
	parts := slices.DeleteFunc([]string{
		listed("joins", joining), listed("drains", draining), listed("left", leaving),
	}, func(s string) bool { return s == "" })
	if len(parts) == 0 {
		return "its pool is not the current one"
	}
	return strings.Join(parts, ", ")
}

// listed is "a, b joins", or "12 bots joins" when there are many; empty for no names.
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
