package plan

import (
	"cmp"
	"slices"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// Circuit is a circuit breaker of a bot that is not closed.
type Circuit struct {
	// Route is the group of routes that it guards, Edge the edge that it is in.
	Route string
	Edge  string
}

// circuits are the circuit breakers of a bot that are not closed. One that is half open is among them: whether the bot
// recovered is not known yet. One that cannot be read has those that the edges tell of its name.
func (s sight) circuits(bot model.Instance) []Circuit {
	if bot.State != model.StateUnknown && (bot.Tier != model.TierBot || !bot.Owned) {
		return nil
	}
	var out []Circuit
	for _, edge := range s.edges {
		member := s.member(edge, bot.Name)
		if member.State == model.MemberRemoved {
			continue
		}
		for _, breaker := range member.Breakers {
			out = append(out, Circuit{Route: breaker.Route, Edge: edge})
		}
	}
	slices.SortFunc(out, func(x, y Circuit) int {
		return cmp.Or(cmp.Compare(x.Route, y.Route), cmp.Compare(x.Edge, y.Edge))
	})
	return out
}
