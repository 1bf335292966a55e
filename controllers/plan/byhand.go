package plan

import (
	"strconv"
	"strings"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

const (
	// LongestDrainList is how many bytes of a list are read at most: the names of a thousand bots. A longer one is no list
	// that somebody wrote, and Kubernetes lets an annotation be four times as long.
	LongestDrainList = 64 << 10
	// toldStrangers is how many words that name no bot are kept to be told.
	toldStrangers = 3
)

// Strangers are what a list of bots to be drained holds and that is no bot.
type Strangers struct {
	// Words are the first of them, in their order; Count tells how many different ones there are.
	Words []string
	Count int
	// TooLong tells that the list is longer than LongestDrainList, so that nothing of it was read.
	TooLong bool
}

// DrainedByHand reads who is to be drained by hand: ordinals or names of bots, separated by commas. Known tells which ordinals
// are those of bots. Its time is linear in the length of the list.
func DrainedByHand(list, prefix string, known func(ordinal int) bool) (map[string]bool, Strangers) {
	drained, strangers := map[string]bool{}, Strangers{}
	if len(list) > LongestDrainList {
		strangers.TooLong = true
		return drained, strangers
	}
	stem := prefix + string(model.TierBot) + "-"
	met := map[string]bool{}
	for word := range strings.SplitSeq(list, ",") {
		word = strings.TrimSpace(word)
		if word == "" || met[word] {
			continue
		}
		met[word] = true
		digits := strings.TrimPrefix(word, stem)
		if ordinal, err := strconv.Atoi(digits); err == nil && strconv.Itoa(ordinal) == digits && ordinal >= 1 && known(ordinal) {
			drained[stem+digits] = true
			continue
		}
		if strangers.Count++; strangers.Count <= toldStrangers {
			strangers.Words = append(strangers.Words, word)
		}
	}
	return drained, strangers
}
