package plan_test

import (
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

// drainBots has somebody drain bots by hand; the edges know.
func (s *scene) drainBots(ordinals ...int) {
	s.want.Drained = map[string]bool{}
	for _, ordinal := range ordinals {
		s.want.Drained[botName(ordinal)] = true
	}
	s.informEdges()
	for edge := range s.seen.Edges {
		for i := range s.seen.Edges[edge].State.Members {
			s.seen.Edges[edge].State.Members[i].Since = s.now.Add(-time.Minute)
		}
	}
}

// upTo knows the first ordinals.
func upTo(last int) func(int) bool { return func(ordinal int) bool { return ordinal <= last } }

var _ = Describe("Who is drained by hand", func() {
	DescribeTable("is read from a list", func(list string, drained, unknown []string) {
		names, strangers := plan.DrainedByHand(list, owner.Prefix, upTo(3))
		Expect(strangers).To(Equal(plan.Strangers{Words: unknown[:min(len(unknown), 3)], Count: len(unknown)}))
		Expect(names).To(HaveLen(len(drained)))
		for _, name := range drained {
			Expect(names).To(HaveKeyWithValue(name, true))
		}
	},
		Entry("nobody", "", nil, nil),
		Entry("nobody, at length", " , ,", nil, nil),
		Entry("an ordinal", "2", []string{"crew-bot-2"}, nil),
		Entry("ordinals", "3,1", []string{"crew-bot-1", "crew-bot-3"}, nil),
		Entry("with blanks", " 2 ,\t3\n", []string{"crew-bot-2", "crew-bot-3"}, nil),
		Entry("a name", "crew-bot-2", []string{"crew-bot-2"}, nil),
		Entry("both, twice", "2,crew-bot-2,2", []string{"crew-bot-2"}, nil),
		Entry("an ordinal that no bot has", "4", nil, []string{"4"}),
		Entry("no ordinals", "0,-1,+2,02,2.0,99999999999999999999", nil, []string{"0", "-1", "+2", "02", "2.0", "99999999999999999999"}),
		Entry("other names, once each", "crew-edge-1,crew-bot-x,crew-bot-,bot-2,crew-edge-1", nil,
			[]string{"crew-edge-1", "crew-bot-x", "crew-bot-", "bot-2"}),
		Entry("some of each", "1,nobody", []string{"crew-bot-1"}, []string{"nobody"}),
	)

	It("is read once, however many words there are, and few of those that are no bots are kept", func() {
		words := make([]string, 0, 10000)
		for i := range cap(words) {
			words = append(words, fmt.Sprintf("x%d", i))
		}
		names, strangers := plan.DrainedByHand(strings.Join(words, ",")+",x7,2", owner.Prefix, upTo(3))
		Expect(names).To(Equal(map[string]bool{botName(2): true}))
		Expect(strangers).To(Equal(plan.Strangers{Words: []string{"x0", "x1", "x2"}, Count: 10000}))
	})

	It("is nobody when the list is longer than anybody writes, and that is told", func() {
		longest := "2" + strings.Repeat(" ", plan.LongestDrainList-1)
		Expect(plan.DrainedByHand(longest, owner.Prefix, upTo(3))).To(HaveLen(1))
		names, strangers := plan.DrainedByHand(longest+" ", owner.Prefix, upTo(3))
		Expect(names).To(BeEmpty())
		Expect(strangers).To(Equal(plan.Strangers{TooLong: true}))
	})
})

var _ = Describe("A bot that is drained by hand", func() {
	It("is draining in every pool, and that is all", func() {
		s := calm(3, 2)
		s.want.Drained = map[string]bool{botName(2): true}
		p := s.plan()
		Expect(told(p.Steps)).To(Equal([]string{
			"SetPool crew-edge-1 because drains: crew-bot-2", "SetPool crew-edge-2 because drains: crew-bot-2",
		}))
		Expect(p.Pool.Members[1].State).To(Equal(model.MemberDraining))
		Expect(p.Recheck).To(Equal(500 * time.Millisecond))
		s.drainBots(2)
		p = s.plan()
		Expect(p.Steps).To(BeEmpty())
		Expect(p.Recheck).To(BeZero(), "nothing is awaited any more")
	})

	It("serves again when it is named no more", func() {
		s := calm(3, 1)
		s.drainBots(2)
		s.want.Drained = nil
		p := s.plan()
		Expect(told(p.Steps)).To(Equal([]string{"SetPool crew-edge-1 because returns: crew-bot-2"}))
		Expect(assessment(p, botName(2)).Phase).To(Equal(plan.PhaseReady))
	})

	DescribeTable("is judged by what it has left", func(change func(*scene), phase plan.Phase, left int64, known bool) {
		s := calm(3, 2)
		s.drainBots(2)
		change(s)
		judged := assessment(s.plan(), botName(2))
		Expect(judged.Phase).To(Equal(phase))
		Expect(judged.Drained()).To(BeTrue())
		Expect(judged.Ready()).To(BeFalse())
		Expect(judged.Drain.InFlight).To(Equal(left))
		Expect(judged.Drain.Known).To(Equal(known))
		Expect(judged.Drain.Quiet).To(Equal(phase == plan.PhaseDrained || left > 0 || !known), "nothing new, but there is some left")
	},
		Entry("nothing", func(*scene) {}, plan.PhaseDrained, int64(0), true),
		Entry("something on both edges", func(s *scene) {
			s.onEdge(1, 2, func(m *model.MemberStatus) { m.InFlight = 2 })
			s.onEdge(2, 2, func(m *model.MemberStatus) { m.InFlight = 3 })
		}, plan.PhaseDraining, int64(5), true),
		Entry("nothing, and it is not well: that is nobody's business now", func(s *scene) { s.probe(1, 2, model.ProbeUnhealthy) },
			plan.PhaseDrained, int64(0), true),
		Entry("an edge gives it new requests still", func(s *scene) {
			s.onEdge(1, 2, func(m *model.MemberStatus) { m.State = model.MemberActive })
		}, plan.PhaseDraining, int64(0), true),
		Entry("a request may be on its way", func(s *scene) {
			s.onEdge(1, 2, func(m *model.MemberStatus) { m.Since = s.now.Add(-time.Millisecond) })
		}, plan.PhaseDraining, int64(0), true),
		Entry("an edge does not answer", func(s *scene) { s.hideEdge(1) }, plan.PhaseDraining, int64(0), false),
		Entry("an edge cannot be read", func(s *scene) {
			s.edge(1).State = model.StateUnknown
			delete(s.seen.Edges, edgeName(1))
		}, plan.PhaseDraining, int64(0), false),
	)

	It("has been draining since the first edge began", func() {
		s := calm(2, 2)
		s.drainBots(2)
		s.onEdge(2, 2, func(m *model.MemberStatus) { m.Since = s.now.Add(-time.Hour) })
		Expect(assessment(s.plan(), botName(2)).Drain.Since).To(Equal(s.now.Add(-time.Hour)))
	})

	DescribeTable("is treated as any other when something else is the matter", func(change func(*scene), sentences ...string) {
		s := calm(3, 1)
		s.inPlace(1)
		s.drainBots(2)
		change(s)
		expectPlan(s.plan(), sentences...)
	},
		Entry("it stopped", func(s *scene) { s.stopBot(2) }, "Start crew-bot-2 because it is wanted and stopped"),
		Entry("its limits changed", func(s *scene) { s.bot(2).Config["limits.memory"] = "1MiB" },
			"Change crew-bot-2 because the spec changed limits.memory"),
		Entry("it is of an older template: it is the first to go", func(s *scene) { s.tier(model.TierBot).Template = newTemplate },
			"Mark crew-bot-2 because it was made from an older template"),
		Entry("it is surplus", func(s *scene) { s.tier(model.TierBot).Replicas = 1 },
			"Mark crew-bot-2 because it is surplus: 1 bot is wanted", "Mark crew-bot-3 because it is surplus: 1 bot is wanted"),
	)

	DescribeTable("counts as missing while others are replaced", func(most int, change func(*scene), sentences ...string) {
		s := calm(3, 1)
		s.inPlace(most)
		s.bot(1).Template, s.bot(3).Template = "bot-template-0", "bot-template-0"
		s.drainBots(2)
		change(s)
		expectPlan(s.plan(), sentences...)
	},
		Entry("of one that may be missing", 1, func(*scene) {}),
		Entry("of two that may be missing", 2, func(*scene) {}, "Mark crew-bot-1 because it was made from an older template"),
		Entry("one that leaves already goes on", 2, func(s *scene) { s.mark(botName(1), 0); s.informEdges() }),
		Entry("one that leaves already is taken back when it would be too many", 1, func(s *scene) {
			s.mark(botName(1), 0)
			s.informEdges()
		}, "Unmark crew-bot-1 because others are missing meanwhile"),
		Entry("unless it does not work anyway", 1, func(s *scene) { s.stopBot(3); s.informEdges() },
			"Delete crew-bot-3 because it was made from an older template"),
	)

	It("is replaced although another is drained by hand as well, and does not come and go for it", func() {
		s := calm(3, 1)
		s.inPlace(1)
		s.bot(2).Template = "bot-template-0"
		s.drainBots(2, 3)
		expectPlan(s.plan(), "Mark crew-bot-2 because it was made from an older template")
		s.mark(botName(2), 0)
		s.informEdges()
		Expect(s.plan().Steps).To(BeEmpty(), "it goes on")
	})

	It("may be every bot", func() {
		s := calm(2, 1)
		s.drainBots(1, 2)
		Expect(s.plan().Steps).To(BeEmpty())
	})
})

var _ = Describe("A bot on its way out", func() {
	It("tells since when, and what it has left", func() {
		s := scaledDown(2)
		s.mark(botName(3), 5*time.Second)
		s.onEdge(1, 3, func(m *model.MemberStatus) { m.InFlight = 1 })
		s.onEdge(2, 3, func(m *model.MemberStatus) { m.InFlight = 2 })
		judged := assessment(s.plan(), botName(3))
		Expect(*judged.Drain).To(Equal(plan.Drain{Since: s.now.Add(-5 * time.Second), InFlight: 3, Known: true}))
		Expect(judged.Drained()).To(BeFalse())
	})

	It("says for which edge it waits when its drain is over", func() {
		s := scaledDown(2)
		s.mark(botName(3), 29*time.Second)
		s.hideEdge(2)
		Expect(assessment(s.plan(), botName(3)).Message).To(BeEmpty())
		s.mark(botName(3), 30*time.Second)
		Expect(assessment(s.plan(), botName(3)).Message).To(Equal("its drain is over and it waits for crew-edge-2, which does not answer " +
			"and may still send it requests: restart that instance"))
	})

	It("is none that stays", func() {
		for _, a := range calm(2, 1).plan().Assessments {
			Expect(a.Drain).To(BeNil())
		}
	})
})

var _ = Describe("A bot that edges pass over", func() {
	It("has circuits that are not closed, by route and edge", func() {
		s := calm(2, 2)
		s.onEdge(2, 1, func(m *model.MemberStatus) {
			m.Breakers = []model.Breaker{{Route: "chat", State: model.BreakerHalfOpen}, {Route: "api", State: model.BreakerOpen}}
		})
		s.onEdge(1, 1, func(m *model.MemberStatus) { m.Breakers = []model.Breaker{{Route: "chat", State: model.BreakerOpen}} })
		p := s.plan()
		Expect(assessment(p, botName(1)).Circuits).To(Equal([]plan.Circuit{
			{Route: "api", Edge: edgeName(2)}, {Route: "chat", Edge: edgeName(1)}, {Route: "chat", Edge: edgeName(2)},
		}))
		Expect(assessment(p, botName(2)).Circuits).To(BeEmpty())
		Expect(assessment(p, botName(1)).Ready()).To(BeTrue(), "it serves other routes, and through other edges")
		Expect(p.Steps).To(BeEmpty())
	})

	It("has them also while it cannot be read", func() {
		s := calm(2, 1)
		s.onEdge(1, 1, func(m *model.MemberStatus) { m.Breakers = []model.Breaker{{Route: "api", State: model.BreakerOpen}} })
		*s.bot(1) = model.Instance{Name: botName(1), State: model.StateUnknown, Ordinal: -1}
		Expect(assessment(s.plan(), botName(1)).Circuits).To(Equal([]plan.Circuit{{Route: "api", Edge: edgeName(1)}}))
	})

	DescribeTable("may have circuits that nobody tells of while an edge is unheard", func(change func(*scene), unheard bool) {
		s := calm(2, 2)
		change(s)
		Expect(s.seen.EdgeUnheard(s.want.Owner)).To(Equal(unheard))
	},
		Entry("all answer", func(*scene) {}, false),
		Entry("one does not answer", func(s *scene) { s.hideEdge(2) }, true),
		Entry("one cannot be read", func(s *scene) { s.edge(2).State = model.StateUnknown }, true),
		Entry("what may be one cannot be read", func(s *scene) {
			*s.edge(2) = model.Instance{Name: edgeName(2), State: model.StateUnknown, Ordinal: -1}
		}, true),
		Entry("a bot cannot be read", func(s *scene) { s.bot(2).State = model.StateUnknown }, false),
		Entry("one does not run", func(s *scene) {
			s.edge(2).State = model.StateStopped
			delete(s.seen.Edges, edgeName(2))
		}, false),
	)

	It("has none that an edge has removed it with", func() {
		s := calm(1, 1)
		s.onEdge(1, 1, func(m *model.MemberStatus) {
			m.State, m.Breakers = model.MemberRemoved, []model.Breaker{{Route: "api", State: model.BreakerOpen}}
		})
		Expect(assessment(s.plan(), botName(1)).Circuits).To(BeEmpty())
	})

	It("says so when requests to it failed lately", func() {
		s := calm(2, 2)
		s.onEdge(2, 1, func(m *model.MemberStatus) { m.Ejected = true })
		judged := assessment(s.plan(), botName(1))
		Expect(judged.Phase).To(Equal(plan.PhaseReady))
		Expect(judged.Message).To(Equal("requests to it failed, so it is passed over for a moment by crew-edge-2"))
	})
})

var _ = Describe("A step", func() {
	It("tells no secret, however it is printed", func() {
		step := plan.Step{
			Verb: plan.VerbSetSecrets, Target: "crew-edge-1", Why: "it is time",
			Secrets: model.EdgeSecrets{CookieKey: []byte("canary"), Certificates: []model.Certificate{{Key: []byte("canary")}}},
			Files:   []model.File{{Path: "/a", Content: []byte("canary")}},
		}
		text, err := step.MarshalText()
		Expect(err).NotTo(HaveOccurred())
		p := plan.Plan{Steps: []plan.Step{step}}
		for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
			text = fmt.Appendf(text, format+format+format, step, &step, p)
		}
		Expect(string(text)).NotTo(Or(ContainSubstring("canary"), ContainSubstring("99 97 110")))
		Expect(strings.Count(string(text), "SetSecrets crew-edge-1 because it is time")).To(BeNumerically(">", 8))
	})
})
