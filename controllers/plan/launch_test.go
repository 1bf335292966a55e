package plan_test

import (
	"net/netip"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

// expectPlan compares all steps, as sentences, but those that only tell the edges of another pool.
func expectPlan(p plan.Plan, sentences ...string) {
	GinkgoHelper()
	steps := []plan.Step{}
	for _, step := range p.Steps {
		if step.Verb != plan.VerbSetPool {
			steps = append(steps, step)
		}
	}
	if len(sentences) == 0 {
		Expect(told(steps)).To(BeEmpty())
		return
	}
	Expect(told(steps)).To(Equal(sentences))
}

var _ = Describe("Launching", func() {
	It("is held while launches keep failing, but of what ran before and of edges", func() {
		s := calm(3, 2)
		s.want.Policy.HoldLaunches = true
		s.remove(botName(1))
		s.stopBot(2).StartedAt = time.Time{}
		s.stopBot(3)
		s.remove(edgeName(2))
		expectPlan(s.plan(), "Create crew-edge-2 because 2 edges are wanted and this one is missing",
			"Start crew-bot-3 because it is wanted and stopped")
		s.want.Policy.HoldLaunches = false
		Expect(s.plan().String()).To(And(ContainSubstring("Create crew-bot-1"), ContainSubstring("Start crew-bot-2")))
	})

	DescribeTable("creates what is missing", func(change func(*scene), recheck time.Duration, sentences ...string) {
		s := calm(3, 1)
		s.remove(botName(2))
		s.informEdges()
		change(s)
		p := s.plan()
		expectPlan(p, sentences...)
		Expect(p.Recheck).To(Equal(recheck))
	},
		Entry("at once", func(*scene) {}, time.Duration(0),
			"Create crew-bot-2 because 3 bots are wanted and this one is missing"),
		Entry("after the first failure not before a second", func(s *scene) { s.fail(botName(2), "create", 1, 999*time.Millisecond) },
			time.Millisecond),
		Entry("after the first failure when the second is over", func(s *scene) { s.fail(botName(2), "create", 1, time.Second) },
			time.Duration(0), "Create crew-bot-2 because 3 bots are wanted and this one is missing"),
		Entry("after the fourth failure not before eight", func(s *scene) { s.fail(botName(2), "create", 4, 7*time.Second) },
			time.Second),
		Entry("after many failures within a minute", func(s *scene) { s.fail(botName(2), "create", 1000, 59*time.Second) },
			time.Second),
		Entry("after another operation failed at once", func(s *scene) { s.fail(botName(2), "delete", 4, 0) },
			time.Duration(0), "Create crew-bot-2 because 3 bots are wanted and this one is missing"),
		Entry("not without the facts of the host", func(s *scene) { s.seen.FactsErr = errAway }, time.Duration(0)),
		Entry("not without the Secrets", func(s *scene) { s.seen.SecretsErr = errAway }, time.Duration(0)),
		Entry("not in the place of a foreign instance", func(s *scene) {
			s.seen.Inventory.Instances = append(s.seen.Inventory.Instances,
				model.Instance{Name: botName(2), State: model.StateStopped, Ordinal: -1})
		}, time.Duration(0)),
		Entry("not while it cannot be read whether it is there", func(s *scene) {
			s.seen.Inventory.Instances = append(s.seen.Inventory.Instances,
				model.Instance{Name: botName(2), State: model.StateUnknown, Ordinal: -1})
		}, time.Duration(0)),
	)

	It("describes the whole instance", func() {
		s := calm(2, 1)
		s.remove(botName(2))
		s.remove(edgeName(1))
		create := step(s.plan(), plan.VerbCreate, botName(2))
		Expect(create.Tier).To(Equal(model.TierBot))
		Expect(create.Instance).To(Equal(model.InstanceSpec{
			Name: "crew-bot-2", Owner: owner, Tier: model.TierBot, Ordinal: 2, Template: botTemplate,
			Image: model.Image{Alias: "bot"}, Profiles: []string{"default"},
			Config:  map[string]string{"limits.memory": "1GiB"},
			Devices: map[string]model.Device{"root": rootDisk()},
		}), "what is not set is not sent, and what needs files is not started yet")
		Expect(step(s.plan(), plan.VerbCreate, edgeName(1)).Instance.Start).To(BeTrue(), "an edge needs no files")
	})

	DescribeTable("brings up what does not run", func(change func(*scene), recheck time.Duration, sentences ...string) {
		s := calm(3, 1)
		s.stopBot(2)
		s.informEdges()
		change(s)
		p := s.plan()
		expectPlan(p, sentences...)
		Expect(p.Recheck).To(Equal(recheck))
	},
		Entry("by a start", func(*scene) {}, time.Duration(0), "Start crew-bot-2 because it is wanted and stopped"),
		Entry("by a start that thaws it", func(s *scene) { s.bot(2).State = model.StateFrozen },
			time.Duration(0), "Start crew-bot-2 because it is wanted and frozen"),
		Entry("with its files first", func(s *scene) { s.bot(2).Configured = "" },
			time.Duration(0), "Configure crew-bot-2 because it does not have its files yet"),
		Entry("not without its files", func(s *scene) {
			s.bot(2).Configured, s.seen.SecretsErr = "", errAway
			s.tier(model.TierBot).Files, s.tier(model.TierBot).FilesHash = nil, ""
		}, time.Duration(0)),
		Entry("with the files that it has, whatever became of the Secrets", func(s *scene) {
			s.seen.SecretsErr = errAway
			s.tier(model.TierBot).Files, s.tier(model.TierBot).FilesHash = nil, ""
		}, time.Duration(0), "Start crew-bot-2 because it is wanted and stopped"),
		Entry("whatever became of the facts", func(s *scene) { s.seen.FactsErr = errAway },
			time.Duration(0), "Start crew-bot-2 because it is wanted and stopped"),
		Entry("not sooner than a while after it started last", func(s *scene) { s.bot(2).StartedAt = s.now.Add(-3 * time.Second) },
			2*time.Second),
		Entry("when that while is over", func(s *scene) { s.bot(2).StartedAt = s.now.Add(-5 * time.Second) },
			time.Duration(0), "Start crew-bot-2 because it is wanted and stopped"),
		Entry("after a failed start not before its delay", func(s *scene) { s.fail(botName(2), "start", 2, time.Second) }, time.Second),
		Entry("after a failed start when its delay is over", func(s *scene) { s.fail(botName(2), "start", 2, 2*time.Second) },
			time.Duration(0), "Start crew-bot-2 because it is wanted and stopped"),
		Entry("not while it is being started", func(s *scene) { s.bot(2).Operation = "start" }, time.Duration(0)),
		Entry("not when it is foreign", func(s *scene) { s.bot(2).Owned = false }, time.Duration(0)),
		Entry("not when it cannot be read", func(s *scene) { s.bot(2).State = model.StateUnknown }, time.Duration(0)),
	)

	It("starts an edge although the bots' Secrets are away", func() {
		s := calm(1, 2)
		s.edge(2).State, s.edge(2).Address = model.StateStopped, netip.Addr{}
		delete(s.seen.Edges, edgeName(2))
		s.seen.SecretsErr = errAway
		expectPlan(s.plan(), "Start crew-edge-2 because it is wanted and stopped")
	})

	It("configures with the tier's files", func() {
		s := calm(2, 1)
		s.stopBot(2).Configured = ""
		configure := step(s.plan(), plan.VerbConfigure, botName(2))
		Expect(configure.Files).To(Equal(s.tier(model.TierBot).Files))
		Expect(configure.FilesHash).To(Equal(filesHash))
	})

	DescribeTable("keeps the number of those that boot at the same time", func(change func(*scene), launched int) {
		s := calm(20, 1)
		for ordinal := 1; ordinal <= 20; ordinal++ {
			s.remove(botName(ordinal))
		}
		s.informEdges()
		change(s)
		p := s.plan()
		Expect(p.Steps).To(HaveLen(launched))
		Expect(p.Recheck).To(Equal(250 * time.Millisecond))
	},
		Entry("none yet", func(*scene) {}, 16),
		Entry("one is created, one started, one boots, and one of another tier", func(s *scene) {
			creating, starting, booting := runningInstance(model.TierBot, 1), runningInstance(model.TierBot, 2), runningInstance(model.TierBot, 3)
			creating.Operation, starting.Operation = "create", "start"
			booting.Address, booting.StartedAt = netip.Addr{}, s.now
			s.seen.Inventory.Instances = append(s.seen.Inventory.Instances, creating, starting, booting)
			s.edge(1).Operation = "start"
			s.informEdges()
		}, 12),
		Entry("those that only need a start count", func(s *scene) {
			for ordinal := 1; ordinal <= 20; ordinal++ {
				stopped := runningInstance(model.TierBot, ordinal)
				stopped.State, stopped.Address = model.StateStopped, netip.Addr{}
				s.seen.Inventory.Instances = append(s.seen.Inventory.Instances, stopped)
			}
		}, 16),
		Entry("the policy says how many", func(s *scene) { s.want.Policy.MaxLaunching = 5 }, 5),
	)

	It("never counts below zero", func() {
		s := calm(30, 1)
		for ordinal := 1; ordinal <= 20; ordinal++ {
			s.bot(ordinal).Operation = "create"
		}
		s.remove(botName(25))
		s.informEdges()
		expectPlan(s.plan())
	})
})

var _ = Describe("Changing what runs", func() {
	DescribeTable("sets what differs, and only what is the operator's", func(change func(*scene), change1 model.InstanceChange, why string) {
		s := calm(2, 1)
		change(s)
		changed := step(s.plan(), plan.VerbChange, botName(1))
		Expect(changed.Change).To(Equal(change1))
		Expect(changed.Why).To(Equal(why))
	},
		Entry("another limit", func(s *scene) { s.tier(model.TierBot).Config["limits.memory"] = "2GiB" },
			model.InstanceChange{Config: map[string]string{"limits.memory": "2GiB"}, Devices: map[string]model.Device{}},
			"the spec changed limits.memory"),
		Entry("a limit that is no more", func(s *scene) { s.bot(1).Config["limits.cpu"] = "4" },
			model.InstanceChange{Config: map[string]string{"limits.cpu": ""}, Devices: map[string]model.Device{}},
			"the spec changed limits.cpu"),
		Entry("a bigger disk and a limit", func(s *scene) {
			s.bot(1).Devices["root"] = model.Device{"type": "disk", "path": "/", "pool": "default", "size": "1GiB"}
			s.bot(1).Config["limits.memory"] = "512MiB"
		}, model.InstanceChange{Config: map[string]string{"limits.memory": "1GiB"}, Devices: map[string]model.Device{"root": rootDisk()}},
			"the spec changed limits.memory, root"),
		Entry("a port that is published no more, beside a device of somebody else", func(s *scene) {
			s.bot(1).Devices["bot-port"] = model.Device{"type": "proxy"}
			s.bot(1).Devices["gpu"] = model.Device{"type": "gpu"}
		}, model.InstanceChange{Config: map[string]string{}, Devices: map[string]model.Device{"bot-port": nil}},
			"the spec changed bot-port"),
	)

	It("changes what does not run before it starts it: a limit may be why it does not", func() {
		s := calm(2, 1)
		s.tier(model.TierBot).Config["limits.memory"] = "2GiB"
		s.bot(2).Config["limits.memory"] = "2GiB"
		s.stopBot(1)
		steps := s.plan().Steps
		Expect(steps).To(ContainElement(And(HaveField("Verb", plan.VerbChange), HaveField("Target", botName(1)))))
		Expect(steps).NotTo(ContainElement(HaveField("Verb", plan.VerbStart)))
	})

	DescribeTable("leaves alone", func(change func(*scene)) {
		s := calm(2, 1)
		s.tier(model.TierBot).Config["limits.memory"] = "2GiB"
		s.bot(2).Config["limits.memory"] = "2GiB"
		change(s)
		for _, step := range s.plan().Steps {
			Expect(step.Verb).NotTo(Equal(plan.VerbChange), step.String())
		}
	},
		Entry("what is as declared", func(s *scene) { s.bot(1).Config["limits.memory"] = "2GiB" }),
		Entry("what will be replaced", func(s *scene) { s.tier(model.TierBot).Template = newTemplate }),
		Entry("what is busy", func(s *scene) { s.bot(1).Operation = "update" }),
		Entry("what leaves", func(s *scene) { s.mark(botName(1), time.Second) }),
		Entry("what is foreign", func(s *scene) { s.bot(1).Owned = false }),
		Entry("all, without the facts of the host", func(s *scene) { s.seen.FactsErr = errAway }),
		Entry("all, without the Secrets", func(s *scene) { s.seen.SecretsErr = errAway }),
		Entry("what refused the change a moment ago", func(s *scene) { s.fail(botName(1), "update", 1, 0) }),
	)
})
