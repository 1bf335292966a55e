package pool_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

var _ = DescribeTable("The order of names",
	func(ordered ...string) {
		registry := pool.New(newBots(), nil)
		DeferCleanup(registry.Close)
		var members []pool.PushedMember
		for i, name := range ordered {
			members = append([]pool.PushedMember{{Name: name, Address: address(i), State: pool.Active}}, members...)
		}
		pushTo(registry, quickProbe(1), members...)
		var names []string
		for _, listed := range registry.Describe().Members {
			names = append(names, listed.Name)
		}
		Expect(names).To(Equal(ordered))
	},
	Entry("numbers count", "bot-1", "bot-2", "bot-10", "bot-100"),
	Entry("every number of a name counts", "a2-b9", "a2-b10", "a10-b1"),
	Entry("text comes as text", "a-1", "b-1", "b-2"),
	Entry("a name comes before those that continue it", "bot", "bot-1", "bot-1-a"),
	Entry("leading zeros decide last", "bot-01", "bot-1", "bot-02", "bot-2"),
	Entry("numbers longer than any integer", "bot-99999999999999999999", "bot-100000000000000000000"),
)
