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
	l := linter{set: s, conditions: conditions, ready: meta.IsStatusConditionTrue(conditions, s.Ready)}
	l.presence()
	l.abnormal()
	l.summary()
	for _, condition := range conditions {
		l.one(condition, observedGeneration)
	}
	if observedGeneration > generation {
		l.say("the status answers generation %d, which does not exist yet", observedGeneration)
	}
	return l.wrong
}

// linter collects what is wrong.
type linter struct {
	set        Set
	conditions []metav1.Condition
	ready      bool
	wrong      []string
}

func (l *linter) say(format string, args ...any) {
	l.wrong = append(l.wrong, fmt.Sprintf(format, args...))
}

func (l *linter) presence() {
	for _, kind := range slices.Concat([]string{l.set.Ready}, l.set.Parts, l.set.Others) {
		if meta.FindStatusCondition(l.conditions, kind) == nil {
			l.say("%s is missing", kind)
		}
	}
}

func (l *linter) abnormal() {
	present := 0
	for _, kind := range l.set.Abnormal {
		if condition := meta.FindStatusCondition(l.conditions, kind); condition != nil {
			present++
			if condition.Status != metav1.ConditionTrue {
				l.say("%s is present and %s", kind, condition.Status)
			}
		}
	}
	if present > 1 {
		l.say("%v are True at the same time", l.set.Abnormal)
	}
}

func (l *linter) summary() {
	if !l.ready {
		return
	}
	for _, part := range l.set.Parts {
		if !meta.IsStatusConditionTrue(l.conditions, part) {
			l.say("%s is True and %s is not", l.set.Ready, part)
		}
	}
	for _, kind := range l.set.Blocking {
		if meta.IsStatusConditionTrue(l.conditions, kind) {
			l.say("%s is True while %s is", l.set.Ready, kind)
		}
	}
}

func (l *linter) one(condition metav1.Condition, observedGeneration int64) {
	if condition.ObservedGeneration != observedGeneration {
		l.say("%s answers generation %d, the status %d", condition.Type, condition.ObservedGeneration, observedGeneration)
	}
	if condition.Reason == "" {
		l.say("%s has no reason", condition.Type)
	}
	if condition.Status != metav1.ConditionTrue && condition.Message == "" {
		l.say("%s is %s and says nothing", condition.Type, condition.Status)
	}
}
