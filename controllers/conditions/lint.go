package conditions

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Lint returns what is incoherent in the conditions of an object, for specs to call after every pass: no sentence means
// that a user, kubectl and kstatus read the same story.
func (s Set) Lint(conditions []metav1.Condition, generation, observedGeneration int64) []string {
	var wrong []string
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	for _, kind := range slices.Concat([]string{s.Ready}, s.Parts, s.Others) {
		if meta.FindStatusCondition(conditions, kind) == nil {
			say("%s is missing", kind)
		}
	}
	readyIsTrue := meta.IsStatusConditionTrue(conditions, s.Ready)
	abnormal := 0
	for _, kind := range s.Abnormal {
		if condition := meta.FindStatusCondition(conditions, kind); condition != nil {
			abnormal++
			if condition.Status != metav1.ConditionTrue {
				say("%s is present and %s", kind, condition.Status)
			}
		}
	}
	if abnormal > 1 {
		say("%v are True at the same time", s.Abnormal)
	}
	for _, part := range s.Parts {
		if readyIsTrue && !meta.IsStatusConditionTrue(conditions, part) {
			say("%s is True and %s is not", s.Ready, part)
		}
	}
	for _, kind := range s.Blocking {
		if readyIsTrue && meta.IsStatusConditionTrue(conditions, kind) {
			say("%s is True while %s is", s.Ready, kind)
		}
	}
	for _, condition := range conditions {
		if condition.ObservedGeneration != observedGeneration {
			say("%s answers generation %d, the status %d", condition.Type, condition.ObservedGeneration, observedGeneration)
		}
		if condition.Reason == "" {
			say("%s has no reason", condition.Type)
		}
		if condition.Status != metav1.ConditionTrue && condition.Message == "" {
			say("%s is %s and says nothing", condition.Type, condition.Status)
		}
	}
	if observedGeneration > generation {
		say("the status answers generation %d, which does not exist yet", observedGeneration)
	}
	return wrong
}
