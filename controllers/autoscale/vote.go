package autoscale

import (
	"math"
	"time"
)

// Vote is what one rule says.
type Vote struct {
	Rule       string
	Metric     Metric
	Comparison Comparison
	Threshold  float64
	// Value is the mean over the bots that serve and were measured, nil when none was; Shown is the same, rounded, for people
	// and for a status that is not to change with every sample.
	Value *float64
	Shown string
	// Known of the bots that serve have a value, Missing have none.
	Known   int
	Missing int
	// Vote is what it asks for. DirectionDown of a threshold means that Desired bots would be enough for it.
	Vote    Direction
	Desired int
	// Note says why a rule whose comparison holds asks for nothing, or that nothing is known; empty otherwise.
	Note string

	// holds tells that the comparison holds, urgent that it does by far and that the last event has shown its effect.
	holds  bool
	urgent bool
}

const (
	// saturated is from where on a share of the processor no longer tells how much more is wanted; twice is taken.
	saturated = 95
	// leastGrowth is how many bots a proportional decision may always add; beyond it may double them, as the HPA does.
	leastGrowth = 4
)

// ballot is what rules vote on.
type ballot struct {
	policy Policy
	state  *State
	seen   Observation
	now    time.Time
	// current bots are wanted, of which pending do not serve yet.
	current int
	pending int
}

// votes asks every rule, and notes since when the comparisons hold.
func (b ballot) votes() []Vote {
	votes := make([]Vote, 0, len(b.policy.Rules))
	var holds []Hold
	for _, rule := range b.policy.Rules {
		read := b.seen.signal(rule.Metric, b.state.lastEvent(), b.now, b.policy.StaleAfter)
		vote := Vote{
			Rule: rule.Name, Metric: rule.Metric, Comparison: rule.Comparison, Threshold: rule.Value,
			Known: read.known, Missing: read.missing(), Vote: DirectionNone, Desired: b.current,
		}
		if read.known > 0 {
			vote.Value, vote.Shown = &read.mean, rule.Metric.Show(read.mean)
			vote.holds = rule.compares(read.mean)
		}
		since, held := b.state.since(rule.Name)
		// While nothing is known the time runs on: there is a gap of that kind after every scaling event.
		if rule.For > 0 && (vote.holds || (held && vote.Value == nil)) {
			if !held {
				since = stamp(b.now)
			}
			holds = append(holds, Hold{Rule: rule.Name, Since: since})
		}
		b.cast(rule, read, since, &vote)
		votes = append(votes, vote)
	}
	b.state.Holds = holds
	return votes
}

// compares tells that the rule's comparison holds.
func (r Rule) compares(value float64) bool {
	if r.Comparison == ComparisonBelow {
		return value < r.Value
	}
	return value > r.Value
}

// cast fills in what the rule asks for.
func (b ballot) cast(rule Rule, read signal, since time.Time, vote *Vote) {
	switch {
	case vote.Value == nil:
		vote.Note = "not known"
	case vote.holds && rule.For > 0 && b.now.Before(since.Add(rule.For)):
		vote.Note = "but not for long enough yet"
	case vote.holds && rule.Action == DirectionUp:
		vote.Desired = b.more(rule, read)
		if vote.Desired > b.current {
			vote.Vote = DirectionUp
			vote.urgent = b.urgent(rule, read)
		} else {
			vote.Note = "but enough are on their way"
		}
	case vote.holds:
		if vote.Desired = b.fewer(rule, read); vote.Desired < b.current {
			vote.Vote = DirectionDown
		}
	case rule.threshold():
		if vote.Desired = min(b.fitting(rule, read), b.current); vote.Desired < b.current {
			vote.Vote = DirectionDown
		}
	}
}

// more is how many bots a rule wants that asks for more; not above current when enough were asked for already.
func (b ballot) more(rule Rule, read signal) int {
	step := b.current + b.policy.StepUp
	if !rule.Metric.shared() || rule.Comparison == ComparisonBelow || rule.Value <= 0 {
		if b.pending > 0 {
			return b.current
		}
		return step
	}
	needed := count(math.Ceil(read.total() / rule.Value))
	if rule.Metric.saturates() && read.mean >= saturated {
		needed = max(needed, 2*read.serving)
	}
	switch {
	case needed <= b.current:
		return b.current
	case read.missing() > 0:
		// The unknown may have less to do than the known: the direction is safe, the size is not.
		return step
	case b.policy.Mode == ModeProportional:
		return min(needed, max(2*b.current, b.current+leastGrowth))
	default:
		steps := (needed - b.current + b.policy.StepUp - 1) / b.policy.StepUp
		return b.current + min(steps, b.policy.MaxSteps)*b.policy.StepUp
	}
}

// fewer is how many bots a rule wants that asks for fewer.
func (b ballot) fewer(rule Rule, read signal) int {
	if !rule.Metric.shared() || rule.Comparison == ComparisonAbove || rule.Value <= 0 {
		return b.current - b.policy.StepDown
	}
	return min(max(count(math.Ceil(read.total()/rule.Value)), 1), b.current)
}

// fitting is the smallest number of bots on which a threshold would not be exceeded, less the tolerance.
func (b ballot) fitting(rule Rule, read signal) int {
	bound := rule.Value * (1 - b.policy.Tolerance)
	switch {
	case read.mean == 0:
		return 1
	case !rule.Metric.shared():
		if read.mean < bound {
			return 1
		}
		return b.current
	case bound <= 0:
		return b.current
	default:
		return count(math.Floor(read.total()/bound)) + 1
	}
}

// urgent tells that a threshold is exceeded by far, as measured on all that serve since the last event. What that event asked for
// is counted in: a shared load is more than enough for those on their way as well; for the rest, none may be on its way.
func (b ballot) urgent(rule Rule, read signal) bool {
	return b.policy.Urgent > 0 && rule.threshold() && read.complete() && read.mean >= rule.Value*b.policy.Urgent
}

// count turns a number that may be huge, or none, into one of bots.
func count(number float64) int {
	if number < math.MaxInt32 {
		return int(number)
	}
	return math.MaxInt32
}
