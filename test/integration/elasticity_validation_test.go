package integration

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("The API server, of elasticity,", func() {
	DescribeTable("takes", func(ctx context.Context, path, value string) {
		object := with(path, value)
		Expect(kubernetes.Client.Create(ctx, object)).To(Succeed())
		Expect(kubernetes.Client.Delete(ctx, object)).To(Succeed())
	},
		Entry("the document's values", "scaling", "{enabled: true, minInstances: 1, maxInstances: 10, cpuThreshold: 70, "+
			"memoryThreshold: 80, requestThreshold: 1000, cooldown: 300s, checkInterval: 30s}"),
		Entry("thresholds that are not looked at", "scaling", "{cpuThreshold: 0, memoryThreshold: 0, requestThreshold: 0}"),
		Entry("a rule above", "scaling.rules", "[{name: slow, metric: responseTime, above: 2000, action: up, for: 1m}]"),
		Entry("a rule below", "scaling.rules", "[{name: idle, metric: cpu, below: 30, action: down}]"),
		Entry("a schedule", "scaling.schedules",
			`[{name: day, start: "0 8 * * 1-5", duration: 10h, timeZone: Europe/Berlin, minInstances: 5, maxInstances: 20}]`),
		Entry("a surge in percent", "rollingUpdate", "{maxSurge: 25%, maxUnavailable: 0}"),
		Entry("all at once", "rollingUpdate", "{maxSurge: 0, maxUnavailable: 100%}"),
		Entry("members and groups", "placement", `{targets: [node-1, "@gpu"], spread: false, lostAfter: 1m}`),
	)

	DescribeTable("refuses, and says what to write instead,", func(ctx context.Context, path, value, sentence string) {
		err := kubernetes.Client.Create(ctx, with(path, value))
		Expect(err).To(MatchError(ContainSubstring(sentence)))
	},
		Entry("a range upside down", "scaling", "{minInstances: 5, maxInstances: 2}", "scaling.minInstances must not be above scaling.maxInstances"),
		Entry("a lower end above the default of the upper", "scaling", "{minInstances: 11}", "scaling.minInstances must not be above scaling.maxInstances"),
		Entry("a range without a bot", "scaling", "{minInstances: 0}", "greater than or equal to 1"),
		Entry("more than all of the CPU", "scaling", "{cpuThreshold: 101}", "less than or equal to 100"),
		Entry("a hasty interval", "scaling", "{checkInterval: 1s}", "scaling.checkInterval must be a duration from 5s to 1h, such as 30s"),
		Entry("a cooldown without unit", "scaling", `{cooldown: "300"}`, "scaling.cooldown must be a duration from 0s to 24h, such as 300s"),
		Entry("a mode that is none", "scaling", "{mode: Sometimes}", "supported values"),
		Entry("a rule with both", "scaling.rules", "[{name: a, metric: cpu, above: 5, below: 3, action: up}]", "set exactly one of scaling.rules[].above"),
		Entry("a rule with neither", "scaling.rules", "[{name: a, metric: cpu, action: up}]", "set exactly one of scaling.rules[].above"),
		Entry("two rules of one name", "scaling.rules",
			"[{name: a, metric: cpu, above: 5, action: up}, {name: a, metric: cpu, below: 3, action: down}]", "Duplicate value"),
		Entry("a metric that is none", "scaling.rules", "[{name: a, metric: weather, above: 5, action: up}]", "supported values"),
		Entry("a schedule of four words", "scaling.schedules",
			`[{name: day, start: "0 8 * *", duration: 10h, minInstances: 5, maxInstances: 20}]`, "must be the five words of a crontab"),
		Entry("a schedule upside down", "scaling.schedules",
			`[{name: day, start: "0 8 * * *", duration: 10h, minInstances: 5, maxInstances: 2}]`, "must not be above scaling.schedules[].maxInstances"),
		Entry("a schedule without end", "scaling.schedules",
			`[{name: day, start: "0 8 * * *", duration: 800h, minInstances: 1, maxInstances: 2}]`, "must be a duration from 1m to 744h"),
		Entry("a surge of more than all", "rollingUpdate", "{maxSurge: 101%}", "must be a number from 0 to 1000 or a percentage up to 100%"),
		Entry("a negative surge", "rollingUpdate", "{maxSurge: -1}", "must be a number from 0 to 1000 or a percentage up to 100%"),
		Entry("a member that is none", "placement", "{targets: [a/b]}", "must be names of cluster members"),
	)
})
