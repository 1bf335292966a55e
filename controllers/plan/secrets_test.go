package plan_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

// guarded is a calm scene in which the edges hold the current secrets.
func guarded(bots, edges int) *scene {
	s := calm(bots, edges)
	s.want.Secrets = model.EdgeSecrets{Revision: "secrets-1", CookieKey: []byte("key")}
	for edge := 1; edge <= edges; edge++ {
		s.holds(edge, "secrets-1")
	}
	return s
}

// holds says which secrets an edge holds.
func (s *scene) holds(edge int, revision string) {
	observed := s.seen.Edges[edgeName(edge)]
	observed.State.SecretsRevision = revision
	s.seen.Edges[edgeName(edge)] = observed
}

var _ = Describe("The secrets of the edges", func() {
	DescribeTable("are pushed", func(change func(*scene), sentences ...string) {
		s := guarded(2, 2)
		change(s)
		p := s.plan()
		expectPlan(p, sentences...)
		for _, step := range p.Steps {
			if step.Verb == plan.VerbSetSecrets {
				Expect(step.Secrets).To(Equal(s.want.Secrets))
			}
		}
	},
		Entry("not when the edges hold them", func(*scene) {}),
		Entry("to one that holds none", func(s *scene) { s.holds(1, "") }, "SetSecrets crew-edge-1 because it holds no secrets yet"),
		Entry("when they changed, and nothing else happens", func(s *scene) { s.want.Secrets.Revision = "secrets-2" },
			"SetSecrets crew-edge-1 because its secrets are not the current ones",
			"SetSecrets crew-edge-2 because its secrets are not the current ones"),
		Entry("not to one that does not answer", func(s *scene) {
			s.holds(1, "")
			s.hideEdge(1)
		}),
		Entry("not when they could not be had: edges keep what they hold", func(s *scene) {
			s.want.Secrets, s.seen.EdgeSecretsErr = model.EdgeSecrets{}, errAway
		}),
		Entry("not when there are none", func(s *scene) { s.want.Secrets = model.EdgeSecrets{} }),
		Entry("before the routes", func(s *scene) {
			s.seen.Edges[edgeName(1)] = plan.EdgeObservation{}
		}, "SetSecrets crew-edge-1 because it holds no secrets yet",
			"SetRoutes crew-edge-1 because it serves no routes yet"),
	)

	DescribeTable("go with routes that need certificates", func(revision string, sentences ...string) {
		s := guarded(2, 2)
		s.want.Routes = model.Routes{Revision: "routes-2", NeedsSecrets: true}
		s.want.Secrets.Revision = revision
		s.holds(1, "secrets-2")
		p := s.plan()
		expectPlan(p, sentences...)
		Expect(assessment(p, edgeName(1)).Message).To(Equal("it does not serve the declared routes yet"))
	},
		Entry("which wait for nothing but that", "secrets-2",
			"SetSecrets crew-edge-2 because its secrets are not the current ones",
			"SetRoutes crew-edge-1 because its routes are not the declared ones",
			"SetRoutes crew-edge-2 because its routes are not the declared ones"),
		Entry("and those stay back when there are none", ""),
	)

	DescribeTable("that could not be had", func(change func(*scene), sentences ...string) {
		s := guarded(3, 2)
		s.inPlace(1)
		s.want.Secrets, s.seen.EdgeSecretsErr = model.EdgeSecrets{}, errAway
		change(s)
		expectPlan(s.plan(), sentences...)
	},
		Entry("keep nothing from being created", func(s *scene) { s.remove(botName(2)) },
			"Create crew-bot-2 because 3 bots are wanted and this one is missing"),
		Entry("keep routes from no edge that has older secrets", func(s *scene) { s.want.Routes.Revision = "routes-2" },
			"SetRoutes crew-edge-1 because its routes are not the declared ones",
			"SetRoutes crew-edge-2 because its routes are not the declared ones"),
		Entry("keep routes from an edge that has none", func(s *scene) {
			s.holds(2, "")
			s.want.Routes.Revision = "routes-2"
		}, "SetRoutes crew-edge-1 because its routes are not the declared ones"),
		Entry("keep routes that need certificates from every edge, whatever it holds: it serves its older ones on", func(s *scene) {
			s.want.Routes = model.Routes{Revision: "routes-2", NeedsSecrets: true}
			s.seen.Edges[edgeName(2)] = plan.EdgeObservation{State: model.EdgeState{SecretsRevision: "secrets-1"}}
		}),
		Entry("keep surplus edges where they are, and no surplus bots", func(s *scene) {
			s.tier(model.TierBot).Replicas, s.tier(model.TierEdge).Replicas = 2, 1
		}, "Mark crew-bot-3 because "+whySurplus),
		Entry("keep outdated edges where they are, and no outdated bots", func(s *scene) {
			s.tier(model.TierBot).Template, s.tier(model.TierEdge).Template = newTemplate, newTemplate
		}, "Mark crew-bot-1 because it was made from an older template"),
		Entry("keep an edge that leaves from being stopped", func(s *scene) {
			s.tier(model.TierEdge).Replicas = 1
			s.mark(edgeName(2), time.Hour)
		}),
		Entry("keep no bot that leaves from being stopped", func(s *scene) {
			*s = *drainedBot(2)
			s.seen.EdgeSecretsErr = errAway
		}, "Stop crew-bot-3 because "+whySurplus),
		Entry("keep no broken bot from being made anew", func(s *scene) {
			s.bot(2).Address, s.bot(2).StartedAt = noAddress, s.now.Add(-time.Hour)
			s.informEdges()
			s.holds(1, "secrets-1")
			s.holds(2, "secrets-1")
		}, "Mark crew-bot-2 because it runs without an address beyond the deadline"),
		Entry("take nothing back that is being replaced", func(s *scene) {
			s.tier(model.TierBot).Template = newTemplate
			s.mark(botName(1), 0)
			s.informEdges()
			s.holds(1, "secrets-1")
			s.holds(2, "secrets-1")
		}),
	)

	DescribeTable("decide whether an edge is ready", func(change func(*scene), phase plan.Phase, message string, behind bool) {
		s := guarded(2, 2)
		change(s)
		judged := assessment(s.plan(), edgeName(1))
		Expect(judged.Phase).To(Equal(phase))
		Expect(judged.Message).To(Equal(message))
		Expect(judged.Behind).To(Equal(behind))
	},
		Entry("it holds them", func(*scene) {}, plan.PhaseReady, "", false),
		Entry("it holds older ones, and is given the current ones in this pass", func(s *scene) { s.holds(1, "secrets-0") },
			plan.PhaseReady, "", true),
		Entry("it holds none", func(s *scene) { s.holds(1, "") }, plan.PhaseProbing, "it holds no secrets yet", true),
		Entry("they could not be had: nothing is said of those that it holds", func(s *scene) {
			s.want.Secrets, s.seen.EdgeSecretsErr = model.EdgeSecrets{}, errAway
		}, plan.PhaseReady, "", false),
	)

	It("have a key that is made when its Secret is missing, before anything else, and only then", func() {
		s := calm(2, 1)
		s.want.KeySecret, s.seen.KeyMissing, s.seen.EdgeSecretsErr = "crew-edge", true, errAway
		s.remove(botName(2))
		p := s.plan()
		Expect(told(p.Steps)[0]).To(Equal("CreateKey crew-edge because the edges need a key for the cookies of sticky sessions"))
		s.seen.KeyMissing = false
		Expect(verbs(s.plan())).NotTo(ContainElement(plan.VerbCreateKey), "one that could not be read is not missing")
		s.seen.KeyMissing, s.seen.InventoryErr = true, errAway
		Expect(s.plan().Steps).To(BeEmpty())
	})
})

var _ = Describe("Routes that an edge refuses", func() {
	It("keep nothing else from it and from the bots", func() {
		s := scaledDown(2)
		s.want.Routes.Revision = "routes-2" // which the edges never come to serve
		expectPlan(s.plan(), "Mark crew-bot-3 because "+whySurplus,
			"SetRoutes crew-edge-1 because its routes are not the declared ones",
			"SetRoutes crew-edge-2 because its routes are not the declared ones")
		s = drainedBot(2)
		s.want.Routes.Revision = "routes-2"
		Expect(told(s.plan().Steps)).To(ContainElement("Stop crew-bot-3 because " + whySurplus))
		for _, step := range s.plan().Steps {
			Expect(step.Tier == model.TierEdge && step.Verb != plan.VerbSetRoutes).To(BeFalse(), "the edge stays: "+step.String())
		}
	})
})
