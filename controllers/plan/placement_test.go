package plan_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

// clustered is a calm scene of three bots and an edge on the members north, south and west; south and west are a group.
func clustered() *scene {
	s := calm(3, 1)
	for i, name := range memberNames {
		member := model.HostMember{Name: name, State: model.HostMemberOnline, Since: noon.Add(-time.Hour)}
		if name != "north" {
			member.Groups = []string{"backyard", "default"}
		}
		s.want.Members = append(s.want.Members, member)
		s.bot(i + 1).Location = name
	}
	s.edge(1).Location = "north"
	return s
}

// memberIs sets the state of a member, since some time.
func (s *scene) memberIs(name string, state model.HostMemberState, ago time.Duration) {
	for i := range s.want.Members {
		if s.want.Members[i].Name == name {
			s.want.Members[i].State, s.want.Members[i].Since = state, s.now.Add(-ago)
		}
	}
}

var _ = Describe("Placement", func() {
	DescribeTable("chooses the member of what is made", func(placement plan.Placement, change func(*scene), members ...string) {
		s := clustered()
		s.tier(model.TierBot).Replicas, s.tier(model.TierBot).Placement = 3+len(members), placement
		change(s)
		var chosen []string
		for _, step := range s.plan().Steps {
			if step.Verb == plan.VerbCreate {
				chosen = append(chosen, step.Instance.Location)
			}
		}
		Expect(chosen).To(HaveExactElements(members))
	},
		Entry("none when nothing is said: Incus does", plan.Placement{}, func(*scene) {}, "", ""),
		Entry("the one with the fewest, each time", plan.Placement{Spread: true}, func(s *scene) {
			s.bot(3).Location = "north"
		}, "west", "south", "west", "north"),
		Entry("by name when there are several", plan.Placement{Spread: true}, func(*scene) {}, "north", "south"),
		Entry("those that are named", plan.Placement{Targets: []string{"west"}}, func(*scene) {}, "west", "west"),
		Entry("those of a group", plan.Placement{Targets: []string{"@backyard"}}, func(*scene) {}, "south", "west", "south"),
		Entry("those of either", plan.Placement{Targets: []string{"north", "@backyard"}, Spread: true}, func(*scene) {}, "north", "south"),
		Entry("none that is offline", plan.Placement{Spread: true}, func(s *scene) {
			s.memberIs("north", model.HostMemberOffline, time.Second)
		}, "south", "west"),
		Entry("none that is evacuated", plan.Placement{Spread: true}, func(s *scene) {
			s.memberIs("north", model.HostMemberEvacuated, time.Second)
		}, "south", "west"),
		Entry("none on a server that is not clustered", plan.Placement{Targets: []string{"west"}, Spread: true}, func(s *scene) {
			s.want.Members = nil
		}, "", ""),
	)

	It("makes nothing when no member is allowed, and says so", func() {
		s := clustered()
		s.tier(model.TierBot).Replicas, s.tier(model.TierBot).Placement = 4, plan.Placement{Targets: []string{"@default", "north-2"}}
		s.memberIs("south", model.HostMemberOffline, 0)
		s.memberIs("west", model.HostMemberEvacuated, 0)
		p := s.plan()
		expectPlan(p)
		Expect(assessment(p, botName(4)).Message).To(Equal("no member of the Incus cluster is online that the placement allows"))
	})

	It("does not move what runs where none would be made", func() {
		s := clustered()
		s.tier(model.TierBot).Placement = plan.Placement{Targets: []string{"north"}, Spread: true}
		expectPlan(s.plan())
	})
})

var _ = Describe("A member of the cluster", func() {
	DescribeTable("that is lost takes its bots with it for a while only", func(change func(*scene), away bool, sentences ...string) {
		s := clustered()
		s.memberIs("south", model.HostMemberOffline, 5*time.Minute+time.Second)
		s.bot(2).State = model.StateUnknown
		change(s)
		p := s.plan()
		expectPlan(p, sentences...)
		Expect(assessment(p, botName(2)).Away).To(Equal(away))
	},
		Entry("they are made elsewhere", func(*scene) {}, true, "Create crew-bot-4 because 3 bots are wanted and this one is missing"),
		Entry("where it is chosen", func(s *scene) { s.tier(model.TierBot).Placement.Spread = true }, true,
			"Create crew-bot-4 because 3 bots are wanted and this one is missing"),
		Entry("once", func(s *scene) { s.arrive(4, model.ProbeHealthy) }, true),
		Entry("not before the deadline", func(s *scene) { s.memberIs("south", model.HostMemberOffline, 5*time.Minute) }, false),
		Entry("not when it is online and the bot cannot be read", func(s *scene) { s.memberIs("south", model.HostMemberOnline, time.Hour) }, false),
		Entry("not when the bot can be read all the same", func(s *scene) { s.bot(2).State = model.StateRunning }, false),
		Entry("not when it is not known where the bot is", func(s *scene) { s.bot(2).Location = "" }, false),
		Entry("not without the facts", func(s *scene) { s.seen.FactsErr, s.want.Members = errAway, nil }, false),
	)

	It("that is lost keeps its edge, whose ports and data are bound to it", func() {
		s := clustered()
		s.memberIs("north", model.HostMemberOffline, time.Hour)
		s.edge(1).State = model.StateUnknown
		delete(s.seen.Edges, edgeName(1))
		s.bot(1).State = model.StateUnknown
		expectPlan(s.plan(), "Create crew-bot-4 because 3 bots are wanted and this one is missing")
	})

	It("that comes back brings bots that are surplus, and nothing is double", func() {
		s := clustered()
		s.arrive(4, model.ProbeHealthy)
		expectPlan(s.plan(), "Mark crew-bot-4 because it is surplus: 3 bots are wanted")
	})

	DescribeTable("that is evacuated", func(change func(*scene), sentences ...string) {
		s := clustered()
		s.memberIs("south", model.HostMemberEvacuated, time.Second)
		s.stopBot(2)
		change(s)
		expectPlan(s.plan(), sentences...)
	},
		Entry("keeps what stopped there, and others take its place", func(*scene) {},
			"Create crew-bot-4 because 3 bots are wanted and this one is missing"),
		Entry("keeps it also when it was frozen", func(s *scene) { s.bot(2).State = model.StateFrozen },
			"Create crew-bot-4 because 3 bots are wanted and this one is missing"),
		Entry("lets run what runs", func(s *scene) { s.bot(2).State, s.bot(2).Address = model.StateRunning, addressOf(model.TierBot, 2) }),
		Entry("lets move what moves", func(s *scene) { s.bot(2).Operation = "migrate" }),
		Entry("is no place to start an edge", func(s *scene) {
			s.remove(botName(2))
			s.tier(model.TierBot).Replicas = 2
			s.edge(1).Location, s.edge(1).State, s.edge(1).Address = "south", model.StateStopped, noAddress
			delete(s.seen.Edges, edgeName(1))
		}),
		Entry("is restored: the surplus leaves", func(s *scene) {
			s.arrive(4, model.ProbeHealthy)
			s.memberIs("south", model.HostMemberOnline, 0)
		}, "Delete crew-bot-2 because it is surplus: 3 bots are wanted"),
		Entry("promotes no standby that waits there", func(s *scene) {
			s.tier(model.TierBot).Standby = 1
			s.wait(5).Location = "south"
		}, "Create crew-bot-4 because 3 bots are wanted and this one is missing"),
		Entry("promotes one that waits elsewhere", func(s *scene) {
			s.tier(model.TierBot).Standby = 1
			s.wait(5).Location = "west"
		}, "Create crew-bot-4 because 1 bot is to wait frozen and this one is missing",
			"Promote crew-bot-5 because 3 bots are wanted and this one waits", "Start crew-bot-5 because it is wanted and frozen"),
	)

	It("is told of when a bot is away with it", func() {
		s := clustered()
		s.memberIs("south", model.HostMemberOffline, time.Hour)
		s.bot(2).State = model.StateUnknown
		s.memberIs("west", model.HostMemberEvacuated, 0)
		s.stopBot(3)
		p := s.plan()
		Expect(assessment(p, botName(2)).Message).To(Equal(
			"its member south of the Incus cluster has been offline for more than 5m0s, so another takes its place"))
		Expect(assessment(p, botName(3)).Message).To(Equal("its member west of the Incus cluster is evacuated, so another takes its place"))
	})
})
