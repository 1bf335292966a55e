package botcluster

import (
	"fmt"
	"strings"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/conditions"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

// degraded tells whether something that exists is not as it should be, as opposed to merely not being there yet. The
// instances are those of the status, with the circuits that are kept while an edge cannot be asked.
func (r report) degraded(instances []v1alpha1.InstanceStatus) conditions.Fact {
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
	unheard := r.unheardCircuits(instances)
	switch {
	case len(parts) == 0 && unheard != "":
		return isUnknown(v1alpha1.ConditionDegraded, v1alpha1.ReasonNotObserved, unheard)
	case len(parts) == 0:
		return isFalse(v1alpha1.ConditionDegraded, reason, "nothing that exists is impaired")
	}
	add(reason, unheard)
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

// allDrained says that no bot that is wanted serves, because somebody wants it so.
func (r report) allDrained() string {
	wanted, drained, nobody := 0, 0, "nobody takes new requests"
	for _, a := range r.plan.Assessments {
		if a.Waits {
			nobody = "only surplus bots take new requests"
		}
		if a.Tier == model.TierBot && a.Wanted && !a.Standby {
			wanted++
			if a.Drained() {
				drained++
			}
		}
	}
	if wanted == 0 || drained < wanted {
		return ""
	}
	return fmt.Sprintf("%s, because the annotation %s names all bots: take one out of it", nobody, v1alpha1.AnnotationDrain)
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

// unheardCircuits says which circuits were open when all edges could be asked, and may still be.
func (r report) unheardCircuits(instances []v1alpha1.InstanceStatus) string {
	if !r.seen.EdgeUnheard(r.seen.blueprint.Owner) {
		return ""
	}
	told := map[string]bool{}
	for _, a := range r.plan.Assessments {
		for _, circuit := range a.Circuits {
			told[a.Name+" "+circuit.Route] = true
		}
	}
	var parts []string
	for _, instance := range instances {
		for _, route := range instance.OpenCircuits {
			if !told[instance.Name+" "+route] {
				parts = append(parts, fmt.Sprintf("%s for the route %s", instance.Name, route))
			}
		}
	}
	if len(parts) == 0 {
		return ""
	}
	if more := len(parts) - describedInstances; more > 0 {
		parts = append(parts[:describedInstances], fmt.Sprintf("%d more", more))
	}
	return "an edge cannot be asked, so it is not known whether circuits are still open: " + strings.Join(parts, ", ")
}

// describedLetters bounds what a message repeats of a word of an annotation: a name of an instance is no longer.
const describedLetters = 63

// strangers says what the annotation that drains bots names and that is no bot.
func (r report) strangers() string {
	found := r.seen.strangers
	if found.TooLong {
		return fmt.Sprintf("; the annotation %s is longer than %d bytes, so it drains nobody: name fewer bots", v1alpha1.AnnotationDrain,
			plan.LongestDrainList)
	}
	if found.Count == 0 {
		return ""
	}
	var words []string
	for _, word := range found.Words {
		if letters := []rune(word); len(letters) > describedLetters {
			word = string(letters[:describedLetters]) + "…"
		}
		words = append(words, fmt.Sprintf("%q", word))
	}
	if more := found.Count - len(found.Words); more > 0 {
		words = append(words, fmt.Sprintf("%d more", more))
	}
	return fmt.Sprintf("; the annotation %s names what is no bot here: %s", v1alpha1.AnnotationDrain, strings.Join(words, ", "))
}
