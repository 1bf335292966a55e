package plan

import (
	"strconv"
	"strings"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// bots judges all bots, those that are there and those that are missing, and tells which newcomer fails.
func (a assessor) bots(tier TierBlueprint) (bots []Assessment, stalled string) {
	var there []*Assessment
	for i := range a.seen.Inventory.Instances {
		instance := &a.seen.Inventory.Instances[i]
		if ordinal, found := a.botOrdinal(*instance); found {
			bot := a.one(instance.Name, model.TierBot, ordinal)
			there = append(there, &bot)
		}
	}
	absent, stalled := a.chooseBots(tier, there)
	for _, bot := range there {
		if bot.Wanted || bot.Phase != PhaseConflict { // a name that nobody needs is nobody's business
			bots = append(bots, *bot)
		}
	}
	for _, bot := range absent {
		if bot.Instance == nil {
			bots = append(bots, *bot)
		}
	}
	return bots, stalled
}

// botOrdinal tells whether an instance is a bot, or has the name of one, and which.
func (a assessor) botOrdinal(instance model.Instance) (int, bool) {
	if instance.Tier == model.TierBot && instance.Owned {
		return instance.Ordinal, true
	}
	digits, named := strings.CutPrefix(instance.Name, a.want.Owner.Prefix+string(model.TierBot)+"-")
	ordinal, err := strconv.Atoi(digits)
	return ordinal, named && err == nil && ordinal > 0 && strconv.Itoa(ordinal) == digits
}
