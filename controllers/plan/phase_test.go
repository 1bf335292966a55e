package plan_test

import (
	"net/netip"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

var _ = Describe("The judgement on an instance", func() {
	DescribeTable("of a bot", func(change func(*scene), phase plan.Phase, message string) {
		s := calm(3, 2)
		change(s)
		judged := assessment(s.plan(), botName(2))
		Expect(judged.Phase).To(Equal(phase))
		Expect(judged.Message).To(Equal(message))
	},
		Entry("ready", func(*scene) {}, plan.PhaseReady, ""),
		Entry("absent", func(s *scene) { s.remove(botName(2)) }, plan.PhaseAbsent, ""),
		Entry("absent, and could not be created", func(s *scene) {
			s.remove(botName(2))
			s.fail(botName(2), "create", 2, time.Second)
		}, plan.PhaseAbsent, "create failed: no luck"),
		Entry("being created", func(s *scene) { s.bot(2).Operation = "create" }, plan.PhaseCreating, ""),
		Entry("being started", func(s *scene) { s.stopBot(2).Operation = "start" }, plan.PhaseStarting, ""),
		Entry("being restarted by somebody", func(s *scene) { s.bot(2).Operation = "restart" }, plan.PhaseStarting, ""),
		Entry("being stopped", func(s *scene) { s.bot(2).Operation = "stop" }, plan.PhaseStopping, ""),
		Entry("being deleted", func(s *scene) { s.stopBot(2).Operation = "delete" }, plan.PhaseDeleting, ""),
		Entry("being changed while it serves", func(s *scene) { s.bot(2).Operation = "update" }, plan.PhaseReady, ""),
		Entry("stopped", func(s *scene) { s.stopBot(2) }, plan.PhaseStopped, ""),
		Entry("stopped, and could not be started", func(s *scene) {
			s.stopBot(2)
			s.fail(botName(2), "start", 1, time.Second)
		}, plan.PhaseStopped, "start failed: no luck"),
		Entry("frozen", func(s *scene) { s.bot(2).State = model.StateFrozen }, plan.PhaseStopped, "it is frozen"),
		Entry("booting", func(s *scene) {
			s.bot(2).Address, s.bot(2).StartedAt = netip.Addr{}, s.now.Add(-time.Second)
		}, plan.PhaseBooting, ""),
		Entry("without an address at the deadline", func(s *scene) {
			s.bot(2).Address, s.bot(2).StartedAt = netip.Addr{}, s.now.Add(-s.want.Policy.AddressDeadline)
		}, plan.PhaseBooting, ""),
		Entry("without an address beyond the deadline", func(s *scene) { s.bot(2).Address = netip.Addr{} },
			plan.PhaseBooting, "it runs without an address: the host may be out of inotify instances "+
				"(sysctl fs.inotify.max_user_instances), the network out of leases, or the image without a DHCP client"),
		Entry("not probed by one edge yet", func(s *scene) { s.probe(2, 2, model.ProbeUnknown) }, plan.PhaseProbing, ""),
		Entry("found to be something new by an edge", func(s *scene) { s.probe(2, 2, "sleepy") }, plan.PhaseProbing, ""),
		Entry("not known to one edge yet", func(s *scene) { s.forgetBot(1, 2) }, plan.PhaseProbing, ""),
		Entry("judged by the edge that answers", func(s *scene) { s.hideEdge(1) }, plan.PhaseReady, ""),
		Entry("judged by nobody", func(s *scene) {
			s.hideEdge(1)
			s.hideEdge(2)
		}, plan.PhaseProbing, "no edge answers, so its health is not known"),
		Entry("degraded in the eyes of one edge", func(s *scene) { s.probe(1, 2, model.ProbeDegraded) },
			plan.PhaseDegraded, "its health endpoint says that it cannot reach its database"),
		Entry("unhealthy in the eyes of one edge", func(s *scene) {
			s.probe(2, 2, model.ProbeDegraded)
			s.onEdge(1, 2, func(m *model.MemberStatus) { m.Probe, m.StatusCode = model.ProbeUnhealthy, 500 })
		}, plan.PhaseUnhealthy, "its health endpoint answers 500"),
		Entry("leaving", func(s *scene) { s.mark(botName(2), time.Second) }, plan.PhaseDraining, ""),
		Entry("not to be read", func(s *scene) { s.bot(2).State = model.StateUnknown }, plan.PhaseUnknown,
			"its state cannot be read: the Incus cluster member that holds it may be offline"),
		Entry("foreign", func(s *scene) { s.bot(2).Owned = false }, plan.PhaseConflict,
			"an instance of this name exists and does not belong to this BotCluster: delete or rename it, or rename the BotCluster"),
		Entry("foreign and stopped", func(s *scene) { s.stopBot(2).Owned = false }, plan.PhaseConflict,
			"an instance of this name exists and does not belong to this BotCluster: delete or rename it, or rename the BotCluster"),
	)

	DescribeTable("of an edge", func(change func(*scene), phase plan.Phase, message string) {
		s := calm(2, 2)
		change(s)
		judged := assessment(s.plan(), edgeName(1))
		Expect(judged.Phase).To(Equal(phase))
		Expect(judged.Message).To(Equal(message))
	},
		Entry("ready", func(*scene) {}, plan.PhaseReady, ""),
		Entry("not answering", func(s *scene) { s.hideEdge(1) }, plan.PhaseProbing, "its admin API does not answer yet"),
		Entry("not asked yet", func(s *scene) { delete(s.seen.Edges, edgeName(1)) },
			plan.PhaseProbing, "its admin API does not answer yet"),
		Entry("with older routes", func(s *scene) { s.want.Routes.Revision = "routes-2" },
			plan.PhaseProbing, "it does not serve the declared routes yet"),
		Entry("with an older pool, which it loses in this pass", func(s *scene) { s.remove(botName(2)) }, plan.PhaseReady, ""),
		Entry("without a pool", func(s *scene) { s.forgetPool(1) }, plan.PhaseProbing, "it does not know the bots yet"),
		Entry("booting", func(s *scene) {
			s.edge(1).Address, s.edge(1).StartedAt = netip.Addr{}, s.now.Add(-time.Second)
		}, plan.PhaseBooting, ""),
		Entry("leaving", func(s *scene) { s.mark(edgeName(1), time.Second) }, plan.PhaseDraining, ""),
	)

	DescribeTable("says whether it was made from the current template", func(change func(*scene), outdated bool) {
		s := calm(2, 1)
		change(s)
		Expect(assessment(s.plan(), botName(1)).Outdated).To(Equal(outdated))
	},
		Entry("it was", func(*scene) {}, false),
		Entry("it was not", func(s *scene) { s.tier(model.TierBot).Template = newTemplate }, true),
		Entry("it cannot be told without the Secrets", func(s *scene) {
			s.tier(model.TierBot).Template, s.seen.SecretsErr = newTemplate, errAway
		}, false),
		Entry("a foreign instance is none of ours", func(s *scene) {
			s.bot(1).Template, s.bot(1).Owned = newTemplate, false
		}, false),
		Entry("it was started by somebody before it had its files", func(s *scene) { s.bot(1).Configured = "" }, true),
		Entry("it waits for its files", func(s *scene) { s.stopBot(1).Configured = "" }, false),
	)

	It("covers what is wanted and what is there, by tier, ordinal and name", func() {
		s := calm(3, 1)
		s.remove(botName(2))
		s.remove(botName(3))
		other := runningInstance(model.TierBot, 7)
		unread := model.Instance{Name: "crew-bot-9", State: model.StateUnknown, Ordinal: -1}
		foreign := model.Instance{Name: "crew-bot-8", State: model.StateRunning, Ordinal: -1}
		s.seen.Inventory.Instances = append(s.seen.Inventory.Instances, other, unread, foreign)
		var names []string
		for _, a := range s.plan().Assessments {
			names = append(names, a.Name)
			Expect(a.Wanted).To(BeTrue(), a.Name+": whatever its ordinal")
		}
		Expect(names).To(Equal([]string{"crew-edge-1", "crew-bot-1", "crew-bot-7", "crew-bot-9"}),
			"a foreign instance of a name that is not needed is nobody's business")
	})
})
