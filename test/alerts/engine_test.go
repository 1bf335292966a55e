package alerts_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/prometheus/common/promslog"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/rules"
	"sigs.k8s.io/yaml"
)

// step is how often series have a sample and rules are evaluated.
const step = time.Minute

// root is the top of the checkout, seen from here.
var root = filepath.Join("..", "..")

// ruleFile writes the groups of the PrometheusRule as Prometheus reads them, and returns the path.
func ruleFile() string {
	GinkgoHelper()
	text, err := os.ReadFile(filepath.Join(root, "config", "prometheus", "rules.yaml"))
	Expect(err).NotTo(HaveOccurred())
	var resource struct {
		APIVersion string         `json:"apiVersion"`
		Kind       string         `json:"kind"`
		Metadata   map[string]any `json:"metadata"`
		Spec       map[string]any `json:"spec"`
	}
	Expect(yaml.UnmarshalStrict(text, &resource)).To(Succeed())
	Expect(resource.APIVersion + " " + resource.Kind).To(Equal("monitoring.coreos.com/v1 PrometheusRule"))
	groups, err := yaml.Marshal(resource.Spec)
	Expect(err).NotTo(HaveOccurred())
	path := filepath.Join(GinkgoT().TempDir(), "rules.yaml")
	Expect(os.WriteFile(path, groups, 0o600)).To(Succeed())
	return path
}

// world is Prometheus with the shipped rules and series of a spec's own.
type world struct {
	loader *promqltest.LazyLoader
	groups []*rules.Group
}

// newWorld has the series, each written as in promtool's tests: `metric{label="value"} 1+0x9`, one sample a step from zero.
func newWorld(series ...string) *world {
	GinkgoHelper()
	loader, err := promqltest.NewLazyLoader("load "+step.String()+"\n  "+strings.Join(series, "\n  ")+"\n",
		promqltest.LazyLoaderOpts{EnableAtModifier: true, EnableNegativeOffset: true})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(loader.Close)
	loader.SubqueryInterval = step
	manager := rules.NewManager(&rules.ManagerOptions{
		QueryFunc:  rules.EngineQueryFunc(loader.QueryEngine(), loader.Storage()),
		Appendable: loader.Storage(), Queryable: loader.Storage(), Context: loader.Context(),
		NotifyFunc: func(context.Context, string, ...*rules.Alert) {},
		Logger:     promslog.NewNopLogger(), Parser: parser.NewParser(parser.Options{}),
	})
	groups, errs := manager.LoadGroups(step, labels.EmptyLabels(), "", nil, false, ruleFile())
	Expect(errs).To(BeEmpty())
	out := &world{loader: loader}
	for _, group := range groups {
		out.groups = append(out.groups, group)
	}
	// Those that record come first: the others read what they recorded in the same step.
	for i, group := range out.groups {
		if group.Name() == "botcluster-records" {
			out.groups[0], out.groups[i] = out.groups[i], out.groups[0]
		}
	}
	for _, alert := range out.alerts() {
		alert.SetRestored(true)
	}
	return out
}

// alerts are all alerting rules.
func (w *world) alerts() []*rules.AlertingRule {
	var out []*rules.AlertingRule
	for _, group := range w.groups {
		for _, rule := range group.Rules() {
			if alert, is := rule.(*rules.AlertingRule); is {
				out = append(out, alert)
			}
		}
	}
	return out
}

// run evaluates the rules at each step until the end.
func (w *world) run(end time.Duration) {
	GinkgoHelper()
	for at := time.Unix(0, 0).UTC(); !at.After(time.Unix(0, 0).UTC().Add(end)); at = at.Add(step) {
		w.loader.WithSamplesTill(at, func(err error) {
			Expect(err).NotTo(HaveOccurred())
			for _, group := range w.groups {
				group.Eval(w.loader.Context(), at)
				for _, rule := range group.Rules() {
					Expect(rule.LastError()).NotTo(HaveOccurred(), rule.Name())
				}
			}
		})
	}
}

// firing are the descriptions of what fires of an alert.
func (w *world) firing(name string) []string {
	out := []string{}
	for _, alert := range w.alerts() {
		if alert.Name() != name {
			continue
		}
		for _, active := range alert.ActiveAlerts() {
			if active.State == rules.StateFiring {
				out = append(out, active.Annotations.Get("description"))
			}
		}
	}
	return out
}
