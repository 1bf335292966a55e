package alerts_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/prometheus/prometheus/rules"
)

const runbooks = "https://github.com/generalbots/botcluster-operator/blob/main/docs/runbooks/"

var _ = Describe("The alerts", func() {
	for _, s := range scenarios {
		verb := "stays silent"
		if s.says != "" {
			verb = "fires"
		}
		It(s.alert+" "+verb+": "+s.name, func() {
			world := newWorld(s.series...)
			world.run(s.after)
			if s.says == "" {
				Expect(world.firing(s.alert)).To(BeEmpty())
				return
			}
			Expect(world.firing(s.alert)).To(ConsistOf(ContainSubstring(s.says)))
		})
	}

	It("are each seen to fire and to stay silent", func() {
		fires, silent := map[string]bool{}, map[string]bool{}
		for _, s := range scenarios {
			if s.says != "" {
				fires[s.alert] = true
			} else {
				silent[s.alert] = true
			}
		}
		for _, alert := range newWorld("up 1").alerts() {
			Expect(fires).To(HaveKey(alert.Name()))
			Expect(silent).To(HaveKey(alert.Name()))
		}
	})

	It("say what is wrong, how bad it is and where to read on", func() {
		for _, alert := range newWorld("up 1").alerts() {
			Expect(alert.Labels().Get("severity")).To(Or(Equal("warning"), Equal("critical")), alert.Name())
			Expect(alert.Annotations().Get("summary")).NotTo(BeEmpty(), alert.Name())
			Expect(alert.Annotations().Get("description")).NotTo(BeEmpty(), alert.Name())
			Expect(alert.Annotations().Get("runbook_url")).To(Equal(runbooks + alert.Name() + ".md"))
		}
	})

	It("have a runbook each, and each runbook has an alert", func() {
		names := []string{}
		for _, alert := range newWorld("up 1").alerts() {
			names = append(names, alert.Name())
		}
		files, err := filepath.Glob(filepath.Join(root, "docs", "runbooks", "*.md"))
		Expect(err).NotTo(HaveOccurred())
		written := []string{}
		for _, file := range files {
			name := strings.TrimSuffix(filepath.Base(file), ".md")
			written = append(written, name)
			text, err := os.ReadFile(file)
			Expect(err).NotTo(HaveOccurred())
			Expect(string(text)).To(HavePrefix("# " + name + "\n"))
			for _, chapter := range []string{"\n## What users see\n", "\n## How to look\n", "\n## What to do\n"} {
				Expect(string(text)).To(ContainSubstring(chapter), file)
			}
		}
		Expect(written).To(ConsistOf(names))
	})

	DescribeTable("of General Bots' documentation are as it has them", func(name, severity string, hold time.Duration) {
		var found *rules.AlertingRule
		for _, alert := range newWorld("up 1").alerts() {
			if alert.Name() == name {
				found = alert
			}
		}
		Expect(found).NotTo(BeNil())
		Expect(found.Labels().Get("severity")).To(Equal(severity))
		Expect(found.HoldDuration()).To(Equal(hold))
	},
		Entry(nil, "HighCPUUsage", "warning", 5*time.Minute),
		Entry(nil, "MaxInstancesReached", "critical", time.Minute),
		Entry(nil, "ScalingFailed", "critical", time.Minute),
	)

	It("look only at metrics that docs/metrics.md lists, and all recorded ones are listed", func() {
		page, err := os.ReadFile(filepath.Join(root, "docs", "metrics.md"))
		Expect(err).NotTo(HaveOccurred())
		listed := map[string]bool{}
		for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+)`").FindAllStringSubmatch(string(page), -1) {
			listed[row[1]] = true
		}
		looks := regexp.MustCompile(`\bbotcluster_[a-z_]+`)
		for _, group := range newWorld("up 1").groups {
			for _, rule := range group.Rules() {
				for _, metric := range looks.FindAllString(rule.Query().String(), -1) {
					if metric != "botcluster_" { // the start of a pattern
						Expect(listed).To(HaveKey(metric), rule.Name())
					}
				}
				if _, records := rule.(*rules.RecordingRule); records {
					Expect(listed).To(HaveKey(rule.Name()))
				}
			}
		}
	})
})
