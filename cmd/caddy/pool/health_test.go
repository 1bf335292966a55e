package pool_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

// script is a Checker that gives its answers one after the other. Before each it writes down what the answers before amount to.
type script struct {
	registry *pool.Registry
	answers  string
	results  string
	finished chan struct{}
}

// Check implements pool.Checker. Only one probe of a member is under way at a time, so that nothing here needs a lock.
func (s *script) Check(ctx context.Context, _ pool.Probe, _ string, _ bool) pool.Observation {
	s.results += map[pool.Result]string{pool.Unknown: "?", pool.Healthy: "+", pool.Degraded: "~", pool.Unhealthy: "-"}[result(s.registry, 1)()]
	if s.answers == "" {
		close(s.finished)
		<-ctx.Done()
		return pool.Observation{}
	}
	answer := map[byte]pool.Result{'+': pool.Healthy, '~': pool.Degraded, '-': pool.Unhealthy}[s.answers[0]]
	s.answers = s.answers[1:]
	return pool.Observation{Result: answer}
}

var _ = DescribeTable("What probes amount to, with three retries (? unknown, + passed, ~ degraded, - failed)",
	func(answers, results string) {
		checker := &script{answers: answers, finished: make(chan struct{})}
		checker.registry = pool.New(checker, nil)
		DeferCleanup(checker.registry.Close)
		pushTo(checker.registry, quickProbe(3), member(1, pool.Active))
		Eventually(checker.finished).Should(BeClosed())
		Expect(checker.results).To(Equal(results))
	},
	Entry("one pass is enough", "+", "?+"),
	Entry("it takes three failures in a row to be unhealthy", "+---", "?+++-"),
	Entry("a pass in between begins the count anew", "+--+---", "?++++++-"),
	Entry("one pass heals", "+---+", "?+++-+"),
	Entry("a member that was never up becomes unhealthy too", "----", "???--"),
	Entry("a new member that is degraded shows it at once", "~", "?~"),
	Entry("a healthy member is degraded after three", "+~~~", "?+++~"),
	Entry("of failures and degraded answers mixed, somebody answers", "+-~-", "?+++~"),
	Entry("a degraded member is unhealthy after three failures", "~---", "?~~~-"),
	Entry("a degraded answer in between begins that count anew", "~--~--", "?~~~~~~"),
	Entry("an unhealthy member that answers degraded shows it at once", "---~", "???-~"),
	Entry("a degraded member heals with one pass", "~+", "?~+"),
)
