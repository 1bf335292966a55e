package conditions

import (
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Set declares the conditions of a kind: one literal per kind.
type Set struct {
	// Ready is the type that sums up Parts; it is computed and never set by hand.
	Ready string
	// Parts are the types that must all be True for Ready, in the order in which they are told.
	Parts []string
	// Abnormal are the types that are present only while they are True, such as kstatus's Reconciling and Stalled.
	Abnormal []string
	// Blocking are those of the abnormal types that keep Ready from being True, such as Stalled: what was refused is not as
	// declared, however well the rest serves.
	Blocking []string
	// Others are the types that are always present and that Ready does not depend on.
	Others []string
}

// Fact is what a pass found about one condition. Message holds no times and no map order.
type Fact struct {
	Type    string
	Status  metav1.ConditionStatus
	Reason  string
	Message string
}

// Compute writes the facts into the conditions, stamped with the generation, computes Ready and keeps the time of the
// last transition where the status did not change. Conditions that the Set does not declare are removed; declared ones
// without a fact become Unknown, except abnormal ones, which go away.
func (s Set) Compute(conditions *[]metav1.Condition, generation int64, facts []Fact) {
	facts = append([]Fact{s.ready(facts)}, facts...)
	for _, kind := range slices.Concat([]string{s.Ready}, s.Parts, s.Others, s.Abnormal) {
		fact := find(facts, kind)
		if slices.Contains(s.Abnormal, kind) && fact.Status != metav1.ConditionTrue {
			meta.RemoveStatusCondition(conditions, kind)
			continue
		}
		meta.SetStatusCondition(conditions, metav1.Condition{
			Type: kind, Status: fact.Status, Reason: fact.Reason, Message: fact.Message, ObservedGeneration: generation,
		})
	}
	declared := slices.Concat([]string{s.Ready}, s.Parts, s.Others, s.Abnormal)
	*conditions = slices.DeleteFunc(*conditions, func(c metav1.Condition) bool { return !slices.Contains(declared, c.Type) })
}

// ready sums up the parts: what is False comes before what is Unknown, and the first in the Set's order speaks. When
// all are True, what blocks speaks, and else a fact of the Ready type gives the message.
func (s Set) ready(facts []Fact) Fact {
	for _, status := range []metav1.ConditionStatus{metav1.ConditionFalse, metav1.ConditionUnknown} {
		for _, part := range s.Parts {
			if fact := find(facts, part); fact.Status == status {
				return Fact{Type: s.Ready, Status: status, Reason: fact.Reason, Message: fact.Message}
			}
		}
	}
	for _, kind := range s.Blocking {
		if fact := find(facts, kind); fact.Status == metav1.ConditionTrue {
			return Fact{Type: s.Ready, Status: metav1.ConditionFalse, Reason: fact.Reason, Message: fact.Message}
		}
	}
	ready := Fact{Type: s.Ready, Status: metav1.ConditionTrue, Reason: s.Ready}
	if i := indexOf(facts, s.Ready); i >= 0 {
		ready.Message = facts[i].Message
	}
	return ready
}

// find returns the fact of a type; without one its state is not known.
func find(facts []Fact, kind string) Fact {
	if i := indexOf(facts, kind); i >= 0 {
		return facts[i]
	}
	return Fact{Type: kind, Status: metav1.ConditionUnknown, Reason: "NotObserved", Message: "it was not looked at yet"}
}

func indexOf(facts []Fact, kind string) int {
	return slices.IndexFunc(facts, func(fact Fact) bool { return fact.Type == kind })
}
