package plan_test

import (
	"regexp"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

var _ = Describe("Names", func() {
	// What Incus takes for the name of an instance.
	instanceName := regexp.MustCompile(`^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)

	DescribeTable("are valid, short enough and tell people what they are", func(name, readable string) {
		for _, tier := range []model.Tier{model.TierBot, model.TierEdge, "etcd", "postgres", "pooler", "cache", "vector"} {
			instance := plan.InstanceName(plan.Prefix("default", name), tier, 1000)
			Expect(instance).To(MatchRegexp(instanceName.String()))
			Expect(len(instance)).To(BeNumerically("<=", 63))
			Expect(instance).To(HavePrefix(readable + "-"))
			Expect(instance).To(HaveSuffix("-" + string(tier) + "-1000"))
		}
	},
		Entry("short", "crew", "crew"),
		Entry("one letter", "c", "c"),
		Entry("a digit first", "24h", "b24h"),
		Entry("dots", "crew.example.com", "crew-example-com"),
		Entry("a digit first and dots", "1.2.3", "b1-2-3"),
		Entry("the longest that Kubernetes takes", strings.Repeat("x", 253), strings.Repeat("x", 36)),
		Entry("the longest with a digit first", strings.Repeat("7", 253), "b"+strings.Repeat("7", 35)),
		Entry("cut at a dash", strings.Repeat("x", 35)+"-"+strings.Repeat("y", 20), strings.Repeat("x", 35)),
		Entry("cut at dots", strings.Repeat("x", 33)+".y."+strings.Repeat("z", 20), strings.Repeat("x", 33)+"-y"),
	)

	It("stay the same for ever: running instances are found by them", func() {
		Expect(plan.Prefix("chat", "crew")).To(Equal("crew-eqkhyikq-"))
		Expect(plan.InstanceName("crew-eqkhyikq-", model.TierBot, 3)).To(Equal("crew-eqkhyikq-bot-3"))
		Expect(plan.VolumeName("crew-eqkhyikq-edge-1")).To(Equal("crew-eqkhyikq-edge-1-data"))
	})

	It("differ for every BotCluster that shares an Incus project", func() {
		seen := map[string]string{}
		pieces := []string{"a", "b", "a-b", "b-a", "a.b", "a-a", "1", "b1", strings.Repeat("a", 40), strings.Repeat("a", 41)}
		for _, namespace := range pieces {
			for _, name := range pieces {
				prefix := plan.Prefix(namespace, name)
				Expect(seen).NotTo(HaveKey(prefix), namespace+"/"+name)
				seen[prefix] = namespace + "/" + name
			}
		}
	})

	It("of one BotCluster never begin with the prefix of another", func() {
		Expect(plan.InstanceName(plan.Prefix("chat", "crew-bot"), model.TierBot, 1)).NotTo(HavePrefix(plan.Prefix("chat", "crew")))
	})
})
