package botcluster

import (
	"fmt"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
	"github.com/generalbots/botcluster-operator/controllers/provider"
)

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// scene is a BotCluster whose passes are observed one after the other.
type scene struct {
	metrics  *Metrics
	registry *prometheus.Registry
	bc       *v1alpha1.BotCluster
	now      time.Time
}

func newScene() *scene {
	GinkgoHelper()
	registry := prometheus.NewPedanticRegistry()
	metrics, err := NewMetrics(registry)
	Expect(err).NotTo(HaveOccurred())
	return &scene{metrics, registry, crew(), noon}
}

// pass observes a pass that ends so much later.
func (s *scene) pass(r *report, later time.Duration) {
	s.now = s.now.Add(later)
	r.fill(s.bc)
	s.metrics.observe(s.bc, *r, s.now)
}

// series are those whose name begins so, without the prefix and the labels that they all have, as "name{tier=bot} 3".
// Histograms are "name{…} count 2 sum 3.5".
func (s *scene) series(prefixes ...string) []string {
	GinkgoHelper()
	families, err := s.registry.Gather()
	Expect(err).NotTo(HaveOccurred())
	var out []string
	for _, family := range families {
		name := strings.TrimPrefix(family.GetName(), "botcluster_")
		if !slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
			continue
		}
		for _, metric := range family.GetMetric() {
			labels := map[string]string{}
			var rest []string
			for _, label := range metric.GetLabel() {
				labels[label.GetName()] = label.GetValue()
				if label.GetName() != "namespace" && label.GetName() != "name" {
					rest = append(rest, label.GetName()+"="+label.GetValue())
				}
			}
			Expect(labels).To(And(HaveKeyWithValue("namespace", "chat"), HaveKeyWithValue("name", "crew")))
			value := fmt.Sprint(metric.GetGauge().GetValue() + metric.GetCounter().GetValue())
			if h := metric.GetHistogram(); h != nil {
				value = fmt.Sprintf("count %d sum %v", h.GetSampleCount(), h.GetSampleSum())
			}
			out = append(out, strings.Replace(fmt.Sprintf("%s{%s} %s", name, strings.Join(rest, ","), value), "{}", "", 1))
		}
	}
	return out
}

// counted are the counters and histograms that are not zero.
func (s *scene) counted() []string {
	GinkgoHelper()
	counters := s.series("scaling_errors", "scaling_decisions", "launch", "drains", "drain_duration", "removals", "restarts", "time_to_serve")
	return slices.DeleteFunc(counters, func(series string) bool { return strings.HasSuffix(series, " 0") })
}

var _ = Describe("Gauges", func() {
	It("count the instances of each tier as the status does", func() {
		scene, r := newScene(), served(3, 1)
		r.botIs(1, plan.PhaseDraining, "").Instance.DrainingSince = noon
		r.bot(2).Outdated = true
		r.bot(3).Wanted, r.bot(3).Instance.Standby = false, true
		scene.pass(r, 0)
		Expect(scene.series("instances")).To(ConsistOf(
			"instances_desired{tier=edge} 1", "instances{tier=edge} 1", "instances_ready{tier=edge} 1", "instances_updated{tier=edge} 1",
			"instances_draining{tier=edge} 0", "instances_standby{tier=edge} 0",
			"instances_desired{tier=bot} 3", "instances{tier=bot} 3", "instances_ready{tier=bot} 1", "instances_updated{tier=bot} 2",
			"instances_draining{tier=bot} 1", "instances_standby{tier=bot} 1",
		))
	})

	It("count each impaired instance once, for its gravest reason", func() {
		scene, r := newScene(), served(4, 1)
		r.botIs(1, plan.PhaseUnhealthy, "").Failure = model.Failure{Operation: "stop", Count: 2}
		r.botIs(2, plan.PhaseUnhealthy, "")
		r.botIs(3, plan.PhaseDegraded, "")
		r.botIs(4, plan.PhaseDegraded, "")
		scene.pass(r, 0)
		Expect(scene.series("instances_impaired")).To(ConsistOf(
			"instances_impaired{reason=OperationFailed,tier=bot} 1", "instances_impaired{reason=BotsUnhealthy,tier=bot} 1",
			"instances_impaired{reason=BotsDegraded,tier=bot} 2",
		))
		scene.pass(served(4, 1), time.Second)
		Expect(scene.series("instances_impaired")).To(BeEmpty())
	})

	It("have one series for each condition, with the status that it has", func() {
		scene := newScene()
		scene.pass(served(1, 1), 0)
		Expect(scene.series("condition")).To(ConsistOf(
			"condition{status=True,type=Ready} 1", "condition{status=True,type=IncusReady} 1", "condition{status=True,type=BotsReady} 1",
			"condition{status=True,type=EdgeReady} 1", "condition{status=False,type=Degraded} 1", "condition{status=False,type=ScalingActive} 1",
			"condition{status=False,type=ScalingLimited} 1", "condition{status=False,type=Suspended} 1",
		))
	})

	It("tell of edges that do not answer, and not of those that boot", func() {
		scene, r := newScene(), served(1, 3)
		r.edgeSays(1, failure(provider.Transient, v1alpha1.ReasonEdgeUnreachable))
		r.edgeSays(2, failure(provider.Waiting, ""))
		scene.pass(r, 0)
		Expect(scene.series("edges_unreachable")).To(ConsistOf("edges_unreachable 1"))
	})

	It("tell of the longest drain of a bot that leaves, and not of one by hand", func() {
		scene, r := newScene(), served(3, 1)
		r.seen.blueprint.Policy.DrainTimeout = 30 * time.Second
		r.drainByHand(1, plan.PhaseDraining).Drain.Since = noon.Add(-time.Hour)
		scene.pass(r, 0)
		Expect(scene.series("drain_oldest", "drain_timeout")).To(ConsistOf("drain_timeout_seconds 30"))
		r.botIs(2, plan.PhaseDraining, "").Instance.DrainingSince = noon.Add(-time.Minute)
		r.botIs(3, plan.PhaseDraining, "").Instance.DrainingSince = noon.Add(-time.Second)
		scene.pass(r, 0)
		Expect(scene.series("drain_oldest")).To(ConsistOf(
			fmt.Sprintf("drain_oldest_start_timestamp_seconds %v", float64(noon.Add(-time.Minute).Unix()))))
	})

	It("count circuits that are not closed", func() {
		scene, r := newScene(), served(2, 1)
		r.bot(1).Circuits = []plan.Circuit{{Route: "api", Edge: "e1"}, {Route: "api", Edge: "e2"}, {Route: "files", Edge: "e1"}}
		scene.pass(r, 0)
		Expect(scene.series("circuits")).To(ConsistOf("circuits_open 2"))
	})

	It("keep what was seen while the instances cannot be seen, and tell that they cannot", func() {
		scene, r := newScene(), served(2, 1)
		r.botIs(1, plan.PhaseUnhealthy, "")
		scene.pass(r, 0)
		before := scene.series("instances", "edges_unreachable", "drain_timeout")
		unseen(r, failure(provider.Transient, v1alpha1.ReasonServerUnreachable))
		scene.pass(r, time.Second)
		Expect(scene.series("instances", "edges_unreachable", "drain_timeout")).To(Equal(before))
		Expect(scene.series("condition")).To(ContainElements(
			"condition{status=False,type=IncusReady} 1", "condition{status=Unknown,type=BotsReady} 1"))
	})

	It("say nothing of instances that were never seen", func() {
		scene, r := newScene(), served(2, 1)
		unseen(r, failure(provider.Transient, v1alpha1.ReasonServerUnreachable))
		scene.pass(r, 0)
		Expect(scene.series("instances", "edges", "drain_oldest", "drain_timeout")).To(BeEmpty())
	})

	It("tell of scaling only when it is on, and of a signal only when it is known, in base units", func() {
		scene, r := newScene(), served(2, 1)
		scene.pass(r, 0)
		Expect(scene.series("scaling_m", "scaling_c", "scaling_desired", "scaling_r", "rollout")).To(BeEmpty())
		r.figures = Figures{
			Scaling:        &ScalingFigures{Min: 1, Max: 10, Desired: 2, CPU: new(75.0), Requests: new(90.0)},
			RolloutStalled: map[model.Tier]bool{model.TierBot: true, model.TierEdge: false},
		}
		scene.pass(r, 0)
		Expect(scene.series("scaling_m", "scaling_c", "scaling_desired", "scaling_r", "rollout")).To(ConsistOf(
			"scaling_min_instances 1", "scaling_max_instances 10", "scaling_desired_instances 2", "scaling_cpu_ratio 0.75",
			"scaling_requests_per_second 1.5", "rollout_stalled{tier=bot} 1", "rollout_stalled{tier=edge} 0",
		))
	})

	It("are gone with their BotCluster, as all its series are", func() {
		scene, r := newScene(), served(2, 1)
		took(r, plan.VerbCreate, "crew-bot-3", nil)
		scene.pass(r, 0)
		other := crew()
		other.Name = "crew-2"
		scene.metrics.observe(other, *served(1, 1), noon)
		families, err := scene.registry.Gather()
		Expect(err).NotTo(HaveOccurred())
		Expect(families).NotTo(BeEmpty())
		scene.metrics.forget(client.ObjectKeyFromObject(other))
		Expect(scene.series("")).NotTo(BeEmpty(), "those of the one that stays, and no other")
		scene.metrics.forget(client.ObjectKeyFromObject(scene.bc))
		Expect(scene.registry.Gather()).To(BeEmpty())
	})

	It("can be read while passes are made", func(ctx SpecContext) {
		scene, done := newScene(), make(chan struct{})
		go func() {
			defer close(done)
			for range 200 {
				_, _ = scene.registry.Gather()
			}
		}()
		for seed := range uint64(200) {
			bc := crew()
			bc.CreationTimestamp = metav1.NewTime(noon)
			r := randomReport(seed, bc)
			r.fill(bc)
			scene.metrics.observe(bc, *r, noon.Add(time.Duration(seed)*time.Second))
			if seed%50 == 49 {
				scene.metrics.forget(client.ObjectKeyFromObject(bc))
			}
		}
		Eventually(ctx, done).Should(BeClosed())
		Expect(scene.registry.Gather()).To(BeEmpty())
	}, NodeTimeout(time.Minute))

	It("cannot be registered twice", func() {
		scene := newScene()
		_, err := NewMetrics(scene.registry)
		Expect(err).To(MatchError(ContainSubstring("register the metrics of BotClusters")))
	})
})
