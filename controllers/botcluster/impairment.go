package botcluster

import (
	"fmt"
	"strings"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/conditions"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

// degraded tells whether something that exists is not as it should be, as opposed to merely not being there yet.
func (r report) degraded() conditions.Fact {
	if r.seen.InventoryErr != nil {
		return isUnknown(v1alpha1.ConditionDegraded, v1alpha1.ReasonWaitingForIncus, "the instances cannot be seen")
	}
	reason, parts := v1alpha1.ReasonAsDeclared, []string(nil)
	add := func(because, sentence string) {
		if sentence != "" && len(parts) == 0 {
			reason = because
		}
		if sentence != "" {
			parts = append(parts, sentence)
		}
	}
	add(r.impaired())
	add(v1alpha1.ReasonAllDrained, r.allDrained())
	add(v1alpha1.ReasonCircuitOpen, r.openCircuits())
	if len(parts) == 0 {
		return isFalse(v1alpha1.ConditionDegraded, reason, "nothing that exists is impaired")
	}
	return isTrue(v1alpha1.ConditionDegraded, reason, strings.Join(parts, "; "))
}

// impaired names the instances that are there and do not do their work, with the gravest reason.
func (r report) impaired() (reason, sentence string) {
	var wrong []plan.Assessment
	for _, a := range r.plan.Assessments {
		for _, check := range assessmentReasons {
			if check.applies(a) && !a.Ready() {
				wrong = append(wrong, a)
				break
			}
		}
	}
	_, reason = judge(wrong)
	return reason, describe(wrong)
}

// allDrained says that nobody serves because somebody wants it so.
func (r report) allDrained() string {
	wanted, drained := 0, 0
	for _, a := range r.plan.Assessments {
		if a.Tier == model.TierBot && a.Wanted {
			wanted++
			if a.Drained() {
				drained++
			}
		}
	}
	if wanted == 0 || drained < wanted {
		return ""
	}
	return fmt.Sprintf("nobody takes new requests, because the annotation %s names all bots: take one out of it", v1alpha1.AnnotationDrain)
}

// openCircuits says which edge keeps requests of which route from which bot.
func (r report) openCircuits() string {
	var parts []string
	count := 0
	for _, a := range r.plan.Assessments {
		for _, circuit := range a.Circuits {
			if count++; count <= describedInstances {
				parts = append(parts, fmt.Sprintf("%s for the route %s at %s", a.Name, circuit.Route, circuit.Edge))
			}
		}
	}
	if count == 0 {
		return ""
	}
	if count > describedInstances {
		parts = append(parts, fmt.Sprintf("%d more", count-describedInstances))
	}
	return "too many requests failed, so their circuit is open: " + strings.Join(parts, ", ")
}

const (
	// describedWords and describedLetters bound what a message repeats of an annotation.
	describedWords   = 3
	describedLetters = 63
)

// strangers says what the annotation that drains bots names and that is no bot.
func (r report) strangers() string {
	if len(r.seen.strangers) == 0 {
		return ""
	}
	var words []string
	for i, word := range r.seen.strangers {
		if i == describedWords {
			words = append(words, fmt.Sprintf("%d more", len(r.seen.strangers)-i))
			break
		}
		if letters := []rune(word); len(letters) > describedLetters {
			word = string(letters[:describedLetters]) + "…"
		}
		words = append(words, fmt.Sprintf("%q", word))
	}
	return fmt.Sprintf("; the annotation %s names what is no bot here: %s", v1alpha1.AnnotationDrain, strings.Join(words, ", "))
}
