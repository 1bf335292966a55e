package plan_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

// edgeVolume is the data volume of an edge as it should be.
func edgeVolume(ordinal int) model.Volume {
	return model.Volume{
		Pool: "fast", Name: plan.VolumeName(edgeName(ordinal)), Owned: true, Owner: owner, Tier: model.TierEdge, Ordinal: ordinal,
	}
}

// withVolumes is a calm scene whose edges have data volumes.
func withVolumes(edges int) *scene {
	s := calm(1, edges)
	s.tier(model.TierEdge).VolumePool = "fast"
	for ordinal := 1; ordinal <= edges; ordinal++ {
		s.seen.Inventory.Volumes = append(s.seen.Inventory.Volumes, edgeVolume(ordinal))
	}
	return s
}

var _ = Describe("Data volumes", func() {
	const create = "CreateVolume crew-edge-1-data because the data of crew-edge-1 outlives the instance"

	DescribeTable("are made for a tier that keeps data", func(change func(*scene), sentences ...string) {
		s := withVolumes(1)
		change(s)
		expectPlan(s.plan(), sentences...)
	},
		Entry("there already", func(*scene) {}),
		Entry("missing", func(s *scene) { s.seen.Inventory.Volumes = nil }, create),
		Entry("missing together with its instance: the volume comes first", func(s *scene) {
			s.seen.Inventory.Volumes = nil
			s.remove(edgeName(1))
		}, create),
		Entry("there before its instance", func(s *scene) { s.remove(edgeName(1)) },
			"Create crew-edge-1 because 1 edge is wanted and this one is missing"),
		Entry("kept from an earlier BotCluster: taken over", func(s *scene) {
			s.seen.Inventory.Volumes[0].Owner.UID = "uid-before"
		}, create),
		Entry("kept from an earlier BotCluster: no instance before it is taken over", func(s *scene) {
			s.seen.Inventory.Volumes[0].Owned, s.seen.Inventory.Volumes[0].Owner.UID = false, "uid-before"
			s.remove(edgeName(1))
		}, create),
		Entry("in another pool", func(s *scene) { s.seen.Inventory.Volumes[0].Pool = "slow" }, create),
		Entry("of another instance", func(s *scene) { s.seen.Inventory.Volumes[0] = edgeVolume(2) }, create),
		Entry("for a tier without data", func(s *scene) {
			s.seen.Inventory.Volumes, s.tier(model.TierEdge).VolumePool = nil, ""
		}),
		Entry("for a name that is taken", func(s *scene) {
			s.seen.Inventory.Volumes, s.edge(1).Owned = nil, false
			delete(s.seen.Edges, edgeName(1))
		}),
		Entry("without the facts of the host", func(s *scene) { s.seen.Inventory.Volumes, s.seen.FactsErr = nil, errAway }),
		Entry("without the Secrets", func(s *scene) { s.seen.Inventory.Volumes, s.seen.SecretsErr = nil, errAway }),
	)

	It("carry their owner and what they are for", func() {
		s := withVolumes(1)
		s.seen.Inventory.Volumes = nil
		want := edgeVolume(1)
		want.Owned = false // who asks for a volume does not say that it has it
		Expect(step(s.plan(), plan.VerbCreateVolume, "crew-edge-1-data").Volume).To(Equal(want))
	})

	It("are looked for again soon when an instance waits for them", func() {
		s := withVolumes(1)
		s.seen.Inventory.Volumes = nil
		s.remove(edgeName(1))
		s.remove(botName(1))
		Expect(s.plan().Recheck).To(BeNumerically(">", 0))
	})

	It("of a surplus instance stay when it goes", func() {
		s := withVolumes(2)
		s.tier(model.TierEdge).Replicas = 1
		s.edge(2).State = model.StateStopped
		delete(s.seen.Edges, edgeName(2))
		expectPlan(s.plan(), "Delete crew-edge-2 because it is surplus: 1 edge is wanted")
		s.remove(edgeName(2))
		expectPlan(s.plan())
	})
})
