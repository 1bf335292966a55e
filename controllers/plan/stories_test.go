package plan_test

import (
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

// patience is how many passes a story may take to come to rest.
const patience = 200

// story is a world that is told: each pass with its plan, and what the world made of it.
type story struct {
	*world

	text strings.Builder
	// deleting tears down instead; deleteVolumes goes with it.
	deleting, deleteVolumes bool
	// floor is how many bots serve at least, from now on.
	floor int
	// ceiling is how many instances there are at most.
	ceiling int
}

func newStory(want plan.Blueprint, ceiling int) *story {
	return &story{world: newWorld(want), ceiling: ceiling}
}

// chapter begins a part of the story with what somebody does.
func (s *story) chapter(format string, args ...any) {
	if s.text.Len() > 0 {
		s.text.WriteByte('\n')
	}
	fmt.Fprintf(&s.text, "# "+format+"\n", args...)
}

func (s *story) tell(kind string, lines []string) {
	for i, line := range lines {
		prefix := fmt.Sprintf("[%3ds] %-5s", int(s.now.Sub(noon).Seconds()), kind)
		if i > 0 {
			prefix = strings.Repeat(" ", len(prefix))
		}
		fmt.Fprintf(&s.text, "%s %s\n", prefix, line)
	}
}

// pass makes one pass and lets a tick go by. It returns the plan.
func (s *story) pass() plan.Plan {
	GinkgoHelper()
	seen := s.observe()
	next := plan.BotCluster(s.want, seen, s.now)
	if s.deleting {
		next = plan.Teardown(leaving(), seen, s.deleteVolumes, s.now)
	} else {
		expectSafePlan(s.want, seen, next)
		s.expectUnharmed(next.Steps)
	}
	s.tell("plan", told(next.Steps))
	for _, step := range next.Steps {
		s.do(step)
	}
	s.check()
	s.tick()
	s.check()
	s.tell("world", s.news)
	s.news = nil
	return next
}

func (s *story) check() {
	GinkgoHelper()
	s.expectSound()
	Expect(len(s.machines)).To(BeNumerically("<=", s.ceiling), "more instances than there may be")
	Expect(s.serving()).To(BeNumerically(">=", s.floor), "fewer bots serve than must")
}

// rest makes passes until there is nothing to do and nothing to wait for.
func (s *story) rest() {
	GinkgoHelper()
	for range patience {
		quiet := s.quiet() // one operation may follow another without a step
		if next := s.pass(); len(next.Steps) == 0 && (next.Done || (!s.deleting && next.Recheck == 0 && quiet && s.quiet())) {
			s.tell("rest", []string{fmt.Sprintf("%d bots serve", s.serving())})
			return
		}
	}
	Fail("the story does not come to rest:\n" + s.text.String())
}

// kill takes an instance down from outside.
func (s *story) kill(name string) {
	s.halt(s.machines[name])
	s.say("%s is killed", name)
}

var _ = Describe("The story of", func() {
	// settled is a story at rest.
	settled := func(bots, edges int) *story {
		s := newStory(blueprint(bots, edges), bots+edges)
		s.rest()
		s.text.Reset()
		s.floor = bots
		return s
	}

	It("three bots from nothing", func() {
		want := blueprint(3, 1)
		want.Tiers[0].VolumePool = "fast"
		s := newStory(want, 4)
		s.chapter("Three bots behind an edge that keeps certificates")
		s.rest()
		expectGolden("create.golden", s.text.String())
	})

	It("more bots", func() {
		s := settled(2, 1)
		s.chapter("From two bots to four")
		s.want.Tiers[1].Replicas, s.ceiling = 4, 5
		s.rest()
		expectGolden("scale_up.golden", s.text.String())
	})

	It("fewer bots", func() {
		s := settled(3, 2)
		s.chapter("From three bots to one, the highest first; the third has a request in hand")
		s.want.Policy.Victims = plan.HighestOrdinal
		s.want.Tiers[1].Replicas, s.floor = 1, 1
		s.machines[botName(3)].requests = 1
		for range 6 {
			s.pass()
		}
		s.chapter("The request ends")
		s.machines[botName(3)].requests = 0
		s.rest()

		s.chapter("From one bot to two and back, before the second is up")
		s.want.Tiers[1].Replicas = 2
		s.pass()
		s.want.Tiers[1].Replicas = 1
		s.rest()
		expectGolden("scale_down.golden", s.text.String())
	})

	It("another image", func() {
		s := settled(3, 2)
		s.chapter("The image of three bots and two edges changes, one of the bots crashes in the middle")
		s.want.Tiers[0].Template, s.want.Tiers[1].Template = newTemplate, newTemplate
		s.ceiling, s.floor = 6, 2
		for range 4 {
			s.pass()
		}
		s.floor = 0
		s.kill(botName(3))
		s.rest()
		for name, m := range s.machines {
			Expect(m.Template).To(Equal(newTemplate), name)
		}
		expectGolden("another_image.golden", s.text.String())
	})

	It("an image that does not exist", func() {
		s := settled(2, 1)
		s.chapter("The name of the bots' image is misspelt: nothing happens")
		s.want.Tiers[1].Template, s.factsErr = newTemplate, errAway
		for range 5 {
			Expect(s.pass().Steps).To(BeEmpty())
		}
		s.chapter("A bot crashes meanwhile: it comes back as it was")
		s.floor = 1
		s.kill(botName(2))
		for range 6 {
			s.pass()
		}
		s.chapter("The name is corrected")
		s.want.Tiers[1].Template, s.factsErr = botTemplate, nil
		s.rest()
		expectGolden("wrong_image.golden", s.text.String())
	})

	It("what gets lost", func() {
		s := settled(3, 1)
		s.floor = 0
		s.chapter("One bot is killed, another is deleted behind the operator's back")
		s.kill(botName(1))
		delete(s.machines, botName(2))
		s.rest()
		s.chapter("The edge is killed")
		s.kill(edgeName(1))
		s.rest()
		s.chapter("A bot is frozen")
		s.machines[botName(3)].State = model.StateFrozen
		s.rest()
		expectGolden("lost.golden", s.text.String())
	})

	It("a cluster member that is away", func() {
		s := settled(3, 1)
		s.chapter("The member that holds the third bot is away; the bot serves on")
		s.machines[botName(3)].hidden = true
		for range 3 {
			Expect(s.pass().Steps).To(BeEmpty())
		}
		s.chapter("It comes back")
		s.machines[botName(3)].hidden = false
		s.rest()
		expectGolden("member_away.golden", s.text.String())
	})

	It("the end", func() {
		want := blueprint(2, 1)
		want.Tiers[0].VolumePool = "fast"
		s := newStory(want, 4)
		s.rest()
		s.text.Reset()
		foreign := &machine{Instance: model.Instance{Name: "crew-bot-9", State: model.StateRunning, Ordinal: -1}}
		s.machines["crew-bot-9"] = foreign
		s.chapter("The BotCluster is deleted with its data; an instance of somebody else has a name like its bots")
		s.deleting, s.deleteVolumes = true, true
		s.rest()
		Expect(s.machines).To(HaveLen(1))
		Expect(s.machines).To(HaveKeyWithValue("crew-bot-9", foreign))
		Expect(s.volumes).To(BeEmpty())
		expectGolden("delete.golden", s.text.String())
	})
})
