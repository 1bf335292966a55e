package sim

import (
	"context"
	"fmt"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// told is what the operator's metrics of bots, and those without a tier, say now: "instances_ready" → 2. Of a histogram it
// is the count, of several series the sum.
func (r *rig) told() map[string]float64 {
	GinkgoHelper()
	families, err := r.registry.Gather()
	Expect(err).NotTo(HaveOccurred())
	out := map[string]float64{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			labels := map[string]string{"tier": string(model.TierBot)}
			for _, label := range metric.GetLabel() {
				labels[label.GetName()] = label.GetValue()
			}
			Expect(labels["name"]).To(Equal(r.key.Name))
			if labels["tier"] != string(model.TierBot) {
				continue
			}
			name := strings.TrimPrefix(family.GetName(), "botcluster_")
			out[name] += metric.GetGauge().GetValue() + metric.GetCounter().GetValue() + float64(metric.GetHistogram().GetSampleCount())
			if result, counted := labels["result"]; counted {
				out[fmt.Sprintf("%s %s", name, result)] = metric.GetCounter().GetValue()
			}
		}
	}
	return out
}

var _ = Describe("The metrics of a BotCluster", func() {
	It("tell its story from its launch to its end", func(ctx context.Context) {
		r := newRig(ctx)
		defer r.close()
		running(3)(ctx, r)
		told := r.told()
		Expect(told).To(HaveKeyWithValue("instances_desired", 3.0))
		Expect(told).To(HaveKeyWithValue("instances_ready", 3.0))
		Expect(told).To(HaveKeyWithValue("launches_total", 3.0))
		Expect(told).To(HaveKeyWithValue("time_to_serve_seconds", 3.0))
		Expect(told).To(HaveKeyWithValue("launch_failures_total", 0.0))

		r.apply(ctx, replicas(2))
		r.until(ctx, "a scale-down", func() bool { return readyWith(2)(ctx, r) })
		told = r.told()
		Expect(told).To(HaveKeyWithValue("instances", 2.0))
		Expect(told).To(HaveKeyWithValue("removals_total", 1.0))
		Expect(told).To(HaveKeyWithValue("drains_total completed", 1.0))
		Expect(told).To(HaveKeyWithValue("drain_duration_seconds", 1.0))
		Expect(told).NotTo(HaveKey("drain_oldest_start_timestamp_seconds"))

		r.crash(r.instance(model.TierBot, 1))
		r.until(ctx, "a bot that is back", func() bool { return readyWith(2)(ctx, r) })
		Expect(r.told()).To(And(HaveKeyWithValue("time_to_serve_seconds", 3.0), HaveKeyWithValue("launches_total", 3.0)),
			"a bot that boots again was not launched")

		Expect(kubernetes.Client.Delete(ctx, r.get(ctx))).To(Succeed())
		r.gate.forget()
		r.until(ctx, "the end", func() bool { return r.get(ctx) == nil })
		r.pass(ctx)
		Expect(r.registry.Gather()).To(BeEmpty())
		r.discard(ctx)
	}, NodeTimeout(2*time.Minute))
})
