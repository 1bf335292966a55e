package autoscale

import (
	"fmt"
	"strings"
)

// quantity says where a bound comes from.
func quantity(relation string, number int, verb string, windows []string) string {
	text := fmt.Sprintf("%s %d are %s", relation, number, verb)
	switch len(windows) {
	case 0:
		return text
	case 1:
		return text + fmt.Sprintf(" during the schedule %q", windows[0])
	default:
		quoted := make([]string, len(windows))
		for i, window := range windows {
			quoted[i] = fmt.Sprintf("%q", window)
		}
		return text + " during the schedules " + strings.Join(quoted, ", ")
	}
}

// sentence says a decision in one sentence; start is the number after the limits and before the rules.
func sentence(d Decision, start int) string {
	why := reason(d)
	switch {
	case d.Desired != d.Current && d.Desired == start:
		return fmt.Sprintf("Scaling %s from %d to %d: %s.", way(d), d.Current, d.Desired, d.Limits[0].Message)
	case d.Desired != d.Current:
		text := fmt.Sprintf("Scaling %s from %d to %d: %s", way(d), d.Current, d.Desired, why)
		if d.Desired != d.Wanted {
			text += fmt.Sprintf(", which asks for %d, but %s", d.Wanted, d.Limits[len(d.Limits)-1].Message)
		}
		return text + "."
	case d.Wanted != d.Desired && len(d.Limits) > 0:
		return fmt.Sprintf("Holding at %d instead of %d: %s, but %s.", d.Desired, d.Wanted, why, d.Limits[len(d.Limits)-1].Message)
	default:
		return fmt.Sprintf("Holding at %d: %s.", d.Desired, quiet(d))
	}
}

// way is the direction as a word within a sentence.
func way(d Decision) string { return strings.ToLower(string(d.Direction)) }

// reason says what the winner saw.
func reason(d Decision) string {
	for _, vote := range d.Votes {
		if vote.Rule != d.Winner {
			continue
		}
		if vote.Vote == DirectionDown && !vote.holds {
			are := "are"
			if vote.Desired == 1 {
				are = "is"
			}
			return fmt.Sprintf("%d %s enough to keep %s, about %s per bot, below %s",
				vote.Desired, are, vote.Metric.noun(), vote.Shown, vote.Metric.exact(vote.Threshold))
		}
		relation := strings.ToLower(string(vote.Comparison))
		return fmt.Sprintf("%s is about %s per bot, %s %s", vote.Metric.noun(), vote.Shown, relation, vote.Metric.exact(vote.Threshold))
	}
	return ""
}

// quiet says why nothing is asked for.
func quiet(d Decision) string {
	if len(d.Votes) == 0 {
		return "there is no rule"
	}
	var unknown []string
	for _, vote := range d.Votes {
		if vote.holds && vote.Note != "" {
			return fmt.Sprintf("%s is about %s per bot, %s %s, %s",
				vote.Metric.noun(), vote.Shown, strings.ToLower(string(vote.Comparison)), vote.Metric.exact(vote.Threshold), vote.Note)
		}
		if vote.Value == nil {
			unknown = append(unknown, vote.Metric.noun())
		}
	}
	switch len(unknown) {
	case 0:
		return "no rule asks for more or fewer"
	case len(d.Votes):
		return "no signal is known"
	default:
		return "no rule asks for more or fewer, but these signals are not known: " + strings.Join(unknown, ", ")
	}
}

// Condition is what the rule compares with, such as "above 70 %".
func (v Vote) Condition() string {
	relation := "above "
	if v.Comparison == ComparisonBelow {
		relation = "below "
	}
	return relation + v.Metric.exact(v.Threshold)
}
