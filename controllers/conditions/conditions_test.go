package conditions_test

import (
	"math/rand/v2"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/generalbots/botcluster-operator/controllers/conditions"
)

const (
	yes     = metav1.ConditionTrue
	no      = metav1.ConditionFalse
	unknown = metav1.ConditionUnknown
)

var ship = conditions.Set{
	Ready:    "Ready",
	Parts:    []string{"Hull", "Crew"},
	Abnormal: []string{"Repairing", "Aground"},
	Blocking: []string{"Aground"},
	Others:   []string{"Loaded"},
}

func fact(kind string, status metav1.ConditionStatus) conditions.Fact {
	return conditions.Fact{Type: kind, Status: status, Reason: kind + string(status), Message: kind + " is " + string(status)}
}

// compute makes conditions of nothing.
func compute(facts ...conditions.Fact) []metav1.Condition {
	var out []metav1.Condition
	ship.Compute(&out, 7, facts)
	return out
}

// summary is type → status, reason, message.
func summary(list []metav1.Condition) map[string]string {
	out := map[string]string{}
	for _, c := range list {
		out[c.Type] = string(c.Status) + " " + c.Reason + ": " + c.Message
	}
	return out
}

var _ = Describe("Conditions", func() {
	whole := []conditions.Fact{fact("Hull", yes), fact("Crew", yes), fact("Loaded", no)}

	It("are those that are declared, all of them", func() {
		Expect(summary(compute(append(whole, fact("Albatross", yes))...))).To(Equal(map[string]string{
			"Ready": "True Ready: ", "Hull": "True HullTrue: Hull is True", "Crew": "True CrewTrue: Crew is True",
			"Loaded": "False LoadedFalse: Loaded is False",
		}))
	})

	It("that nobody found anything about are unknown, but abnormal ones are absent", func() {
		Expect(summary(compute())).To(Equal(map[string]string{
			"Ready":  "Unknown NotObserved: it was not looked at yet",
			"Hull":   "Unknown NotObserved: it was not looked at yet",
			"Crew":   "Unknown NotObserved: it was not looked at yet",
			"Loaded": "Unknown NotObserved: it was not looked at yet",
		}))
	})

	DescribeTable("sum up to Ready", func(expected string, facts ...conditions.Fact) {
		Expect(summary(compute(facts...))["Ready"]).To(Equal(expected))
	},
		Entry("all parts are well", "True Ready: ", fact("Hull", yes), fact("Crew", yes)),
		Entry("all parts are well, and there is a word for it", "True Ready: all aboard",
			fact("Hull", yes), fact("Crew", yes), conditions.Fact{Type: "Ready", Message: "all aboard"}),
		Entry("Ready cannot be claimed", "False CrewFalse: Crew is False",
			fact("Hull", yes), fact("Crew", no), conditions.Fact{Type: "Ready", Status: yes, Reason: "Claimed", Message: "all aboard"}),
		Entry("Ready cannot be denied", "True Ready: not at all",
			fact("Hull", yes), fact("Crew", yes), conditions.Fact{Type: "Ready", Status: no, Reason: "Denied", Message: "not at all"}),
		Entry("a part is not", "False CrewFalse: Crew is False", fact("Hull", yes), fact("Crew", no)),
		Entry("the first part that is not speaks", "False HullFalse: Hull is False", fact("Crew", no), fact("Hull", no)),
		Entry("what is false comes before what is unknown", "False CrewFalse: Crew is False", fact("Hull", unknown), fact("Crew", no)),
		Entry("a part is unknown", "Unknown HullUnknown: Hull is Unknown", fact("Hull", unknown), fact("Crew", yes)),
		Entry("a part was not looked at", "Unknown NotObserved: it was not looked at yet", fact("Hull", yes)),
		Entry("others do not count", "True Ready: ", fact("Hull", yes), fact("Crew", yes), fact("Loaded", no)),
		Entry("something is going on", "True Ready: ", fact("Hull", yes), fact("Crew", yes), fact("Repairing", yes)),
		Entry("something blocks", "False AgroundTrue: Aground is True", fact("Hull", yes), fact("Crew", yes), fact("Aground", yes)),
		Entry("something that could block does not", "True Ready: ", fact("Hull", yes), fact("Crew", yes), fact("Aground", no)),
		Entry("a part speaks before what blocks", "False HullFalse: Hull is False",
			fact("Hull", no), fact("Crew", yes), fact("Aground", yes)),
	)

	DescribeTable("that are abnormal are there only while they are true", func(status metav1.ConditionStatus, present bool) {
		list := compute(append(whole, fact("Repairing", status))...)
		Expect(meta.FindStatusCondition(list, "Repairing") != nil).To(Equal(present))
	},
		Entry("true", yes, true),
		Entry("false", no, false),
		Entry("unknown", unknown, false),
	)

	It("carry the generation that they answer", func() {
		for _, c := range compute(whole...) {
			Expect(c.ObservedGeneration).To(Equal(int64(7)))
		}
	})

	Describe("that were there before", func() {
		var list []metav1.Condition
		before := metav1.NewTime(time.Date(2020, time.January, 1, 0, 0, 0, 0, time.UTC))
		BeforeEach(func() {
			list = compute(append(whole, fact("Repairing", yes))...)
			for i := range list {
				list[i].LastTransitionTime = before
			}
		})

		It("keep the time of their transition while their status stays, whatever is said", func() {
			ship.Compute(&list, 8, []conditions.Fact{
				{Type: "Hull", Status: yes, Reason: "Mended", Message: "it is better than ever"}, fact("Crew", yes), fact("Loaded", no),
			})
			hull := meta.FindStatusCondition(list, "Hull")
			Expect(hull.LastTransitionTime).To(Equal(before))
			Expect(hull.Reason).To(Equal("Mended"))
			Expect(hull.ObservedGeneration).To(Equal(int64(8)))
		})

		It("get a new time when their status changes", func() {
			ship.Compute(&list, 7, []conditions.Fact{fact("Hull", no), fact("Crew", yes), fact("Loaded", no)})
			Expect(meta.FindStatusCondition(list, "Hull").LastTransitionTime.After(before.Time)).To(BeTrue())
			Expect(meta.FindStatusCondition(list, "Ready").LastTransitionTime.After(before.Time)).To(BeTrue())
			Expect(meta.FindStatusCondition(list, "Crew").LastTransitionTime).To(Equal(before))
		})

		It("are gone when they are over, or nobody declares them any more", func() {
			meta.SetStatusCondition(&list, metav1.Condition{Type: "Albatross", Status: yes, Reason: "Old"})
			ship.Compute(&list, 7, whole)
			Expect(summary(list)).NotTo(Or(HaveKey("Albatross"), HaveKey("Repairing")))
		})

		It("do not change when the same is found again", func() {
			again := compute(append(whole, fact("Repairing", yes))...)
			for i := range again {
				again[i].LastTransitionTime = before
			}
			ship.Compute(&again, 7, append(whole, fact("Repairing", yes)))
			Expect(again).To(Equal(list))
		})
	})

	It("are coherent whatever was found, so long as it is not two abnormal things at once", func() {
		r := rand.New(rand.NewPCG(1, 1))
		for range 500 {
			var facts []conditions.Fact
			for _, kind := range []string{"Hull", "Crew", "Loaded", []string{"Repairing", "Aground", "Albatross"}[r.IntN(3)]} {
				if r.IntN(5) > 0 {
					facts = append(facts, fact(kind, []metav1.ConditionStatus{yes, no, unknown}[r.IntN(3)]))
				}
			}
			Expect(ship.Lint(compute(facts...), 7, 7)).To(BeEmpty(), "%v", facts)
		}
	})
})

var _ = Describe("The lint", func() {
	well := func() []metav1.Condition {
		return compute(fact("Hull", yes), fact("Crew", yes), fact("Loaded", no))
	}
	set := func(list *[]metav1.Condition, kind string, status metav1.ConditionStatus) {
		meta.SetStatusCondition(list, metav1.Condition{
			Type: kind, Status: status, Reason: "Spoilt", Message: "somebody wrote this by hand", ObservedGeneration: 7,
		})
	}

	DescribeTable("finds", func(spoil func(*[]metav1.Condition), generation, observed int64, sentences ...string) {
		list := well()
		spoil(&list)
		Expect(ship.Lint(list, generation, observed)).To(HaveExactElements(sentences))
	},
		Entry("nothing wrong with what Compute made", func(*[]metav1.Condition) {}, int64(7), int64(7)),
		Entry("nothing wrong with a status that has not caught up", func(*[]metav1.Condition) {}, int64(8), int64(7)),
		Entry("nothing wrong with a ready object that is being changed", func(l *[]metav1.Condition) { set(l, "Repairing", yes) },
			int64(7), int64(7)),
		Entry("a missing Ready", func(l *[]metav1.Condition) { meta.RemoveStatusCondition(l, "Ready") }, int64(7), int64(7),
			"Ready is missing"),
		Entry("a missing part of a ready object", func(l *[]metav1.Condition) { meta.RemoveStatusCondition(l, "Crew") }, int64(7), int64(7),
			"Crew is missing", "Ready is True and Crew is not"),
		Entry("a missing other", func(l *[]metav1.Condition) { meta.RemoveStatusCondition(l, "Loaded") }, int64(7), int64(7),
			"Loaded is missing"),
		Entry("a part that is not, of a ready object", func(l *[]metav1.Condition) { set(l, "Hull", unknown) }, int64(7), int64(7),
			"Ready is True and Hull is not"),
		Entry("something abnormal that is not", func(l *[]metav1.Condition) { set(l, "Repairing", no) }, int64(7), int64(7),
			"Repairing is present and False"),
		Entry("a ready object that is blocked", func(l *[]metav1.Condition) { set(l, "Aground", yes) }, int64(7), int64(7),
			"Ready is True while Aground is"),
		Entry("two abnormal things at once", func(l *[]metav1.Condition) {
			set(l, "Ready", no)
			set(l, "Aground", yes)
			set(l, "Repairing", yes)
		}, int64(7), int64(7), "[Repairing Aground] are True at the same time"),
		Entry("a condition of another generation", func(l *[]metav1.Condition) { (*l)[1].ObservedGeneration = 6 }, int64(7), int64(7),
			"Hull answers generation 6, the status 7"),
		Entry("a condition without a reason", func(l *[]metav1.Condition) { (*l)[2].Reason = "" }, int64(7), int64(7),
			"Crew has no reason"),
		Entry("bad news without a word", func(l *[]metav1.Condition) { (*l)[3].Message = "" }, int64(7), int64(7),
			"Loaded is False and says nothing"),
		Entry("an answer to what was not asked", func(*[]metav1.Condition) {}, int64(6), int64(7),
			"the status answers generation 7, which does not exist yet"),
	)
})
