package plan_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

// leaving is the blueprint of a BotCluster that is to go: tiers without instances.
func leaving() plan.Blueprint {
	return plan.Blueprint{
		Owner: owner, Policy: plan.DefaultPolicy(),
		Tiers: []plan.TierBlueprint{{Tier: model.TierEdge}, {Tier: model.TierBot}},
	}
}

func (s *scene) teardown(deleteVolumes bool) plan.Plan {
	return plan.Teardown(leaving(), s.seen, deleteVolumes, s.now)
}

var _ = Describe("Tearing down", func() {
	const why = " because the BotCluster is being deleted"

	DescribeTable("goes from the edges to the bots to the volumes", func(change func(*scene), done bool, sentences ...string) {
		s := withVolumes(2)
		s.seen.Inventory.Instances = append(s.seen.Inventory.Instances, runningInstance(model.TierBot, 7))
		change(s)
		p := s.teardown(true)
		Expect(told(p.Steps)).To(HaveExactElements(sentences))
		Expect(p.Done).To(Equal(done))
		if !done && len(p.Assessments) > 0 {
			Expect(p.Recheck).To(BeNumerically(">", 0), "what goes without an event is looked at again")
		}
	},
		Entry("the edges first", func(*scene) {}, false, "Stop crew-edge-1"+why, "Stop crew-edge-2"+why),
		Entry("each in its own time", func(s *scene) { s.edge(1).State = model.StateStopped }, false,
			"Delete crew-edge-1"+why, "Stop crew-edge-2"+why),
		Entry("no bot before the last edge is gone", func(s *scene) {
			s.remove(edgeName(1))
			s.edge(2).State, s.edge(2).Operation = model.StateStopped, "delete"
		}, false),
		Entry("then the bots, whatever their number", func(s *scene) {
			s.remove(edgeName(1))
			s.remove(edgeName(2))
		}, false, "Stop crew-bot-1"+why, "Stop crew-bot-7"+why),
		Entry("a bot that cannot be read is waited for", func(s *scene) {
			s.remove(edgeName(1))
			s.remove(edgeName(2))
			s.remove(botName(7))
			s.bot(1).State = model.StateUnknown
		}, false),
		Entry("an instance that cannot be read is waited for, whatever it is", func(s *scene) {
			s.seen.Inventory.Instances = []model.Instance{{Name: "crew-bot-3", State: model.StateUnknown, Ordinal: -1}}
		}, false),
		Entry("a busy one as well", func(s *scene) {
			s.remove(edgeName(1))
			s.remove(edgeName(2))
			s.bot(1).Operation = "create"
		}, false, "Stop crew-bot-7"+why),
		Entry("a foreign one is left alone and not waited for", func(s *scene) {
			s.seen.Inventory.Instances = []model.Instance{{Name: botName(1), State: model.StateRunning, Ordinal: -1}}
			s.seen.Inventory.Volumes = nil
		}, true),
		Entry("then the volumes, and not those of others", func(s *scene) {
			s.seen.Inventory.Instances = nil
			foreign, earlier := edgeVolume(3), edgeVolume(4)
			foreign.Owned, earlier.Owner.UID = false, "uid-before"
			s.seen.Inventory.Volumes = append(s.seen.Inventory.Volumes, foreign, earlier)
		}, false,
			"DeleteVolume crew-edge-1-data because the BotCluster is being deleted and its deletionPolicy is Delete",
			"DeleteVolume crew-edge-2-data because the BotCluster is being deleted and its deletionPolicy is Delete"),
		Entry("until nothing is left", func(s *scene) { s.seen.Inventory = model.Inventory{} }, true),
		Entry("and not at all while it cannot be seen what there is", func(s *scene) {
			s.seen.Inventory, s.seen.InventoryErr = model.Inventory{}, errAway
		}, false),
	)

	It("does not need facts or Secrets", func() {
		s := calm(1, 0)
		s.seen.FactsErr, s.seen.SecretsErr = errAway, errAway
		Expect(told(s.teardown(false).Steps)).To(Equal([]string{"Stop crew-bot-1" + why}))
	})

	It("keeps the volumes unless told otherwise", func() {
		s := withVolumes(1)
		s.seen.Inventory.Instances = nil
		p := s.teardown(false)
		Expect(p.Steps).To(BeEmpty())
		Expect(p.Done).To(BeTrue())
	})

	It("names the volume that goes", func() {
		s := withVolumes(1)
		s.seen.Inventory.Instances = nil
		Expect(step(s.teardown(true), plan.VerbDeleteVolume, "crew-edge-1-data").Volume).To(Equal(edgeVolume(1)))
	})

	DescribeTable("gives time to stop", func(tier model.Tier, change func(*scene), grace time.Duration) {
		s := calm(0, 0)
		s.seen.Inventory.Instances = []model.Instance{runningInstance(tier, 1)}
		change(s)
		p := s.teardown(false)
		Expect(p.Steps).To(HaveLen(1))
		Expect(p.Steps[0].Grace).To(Equal(grace))
	},
		Entry("to a bot", model.TierBot, func(*scene) {}, 15*time.Second),
		Entry("not to an edge: nobody is to be served any more", model.TierEdge, func(*scene) {}, time.Duration(0)),
		Entry("not to a bot that did not use it", model.TierBot, func(s *scene) { s.fail(botName(1), "stop", 1, time.Minute) }, time.Duration(0)),
		Entry("not to a frozen bot", model.TierBot, func(s *scene) { s.bot(1).State = model.StateFrozen }, time.Duration(0)),
	)

	DescribeTable("waits after a failure", func(operation string, steps int) {
		s := calm(1, 0)
		s.fail(botName(1), operation, 1, 0)
		Expect(s.teardown(false).Steps).To(HaveLen(steps))
	},
		Entry("of a stop", "stop", 0),
		Entry("of a delete", "delete", 0),
		Entry("not of a start", "start", 1),
	)
})

var _ = Describe("Orphans", func() {
	DescribeTable("are removed by force, step by step", func(change func(*model.Instance), sentences ...string) {
		orphan := runningInstance(model.TierBot, 1)
		change(&orphan)
		steps := plan.Orphans([]model.Instance{orphan})
		Expect(told(steps)).To(HaveExactElements(sentences))
		for _, step := range steps {
			Expect(step.Grace).To(BeZero())
		}
	},
		Entry("running", func(*model.Instance) {}, "Stop crew-bot-1 because its BotCluster does not exist any more"),
		Entry("frozen", func(i *model.Instance) { i.State = model.StateFrozen },
			"Stop crew-bot-1 because its BotCluster does not exist any more"),
		Entry("stopped", func(i *model.Instance) { i.State = model.StateStopped },
			"Delete crew-bot-1 because its BotCluster does not exist any more"),
		Entry("busy", func(i *model.Instance) { i.Operation = "create" }),
		Entry("not to be read", func(i *model.Instance) { i.State = model.StateUnknown }),
		Entry("not ours", func(i *model.Instance) { i.Owned = false }),
	)
})
