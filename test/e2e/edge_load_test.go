package e2e

import (
	"context"
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/test/load"
)

var _ = Describe("Under load, the edge", Label("edge"), func() {
	It("loses nothing while it scales from 3 to 8 and down to 2", func(ctx context.Context) {
		bc := createEdge(ctx, "tide", 3, `{}`)
		patchSpec(ctx, bc, `{"drain":{"timeout":"1h"}}`) // so that bots leave when their last stream has ended, and for no other reason
		clients := begin(ctx, everybody(root(bc)))
		scale(ctx, bc, "8")
		Eventually(func() int { return len(clients.Report().Gets.Served) }).WithContext(ctx).WithTimeout(promptTimeout).
			Should(Equal(8), "requests reach all bots")
		scale(ctx, bc, "2")
		Eventually(ctx, func() int { return len(instancesOf(ctx, bc)) }).WithTimeout(goneTimeout).Should(Equal(3))
		expectNothingLost(clients)
	}, SpecTimeout(4*time.Minute))

	It("loses nothing to twenty changes of its routes", func(ctx context.Context) {
		bc := createEdge(ctx, "mosaic", 2, `{}`)
		clients := begin(ctx, everybody(root(bc)))
		for change := range 20 {
			number := fmt.Sprint(change)
			patchEdge(ctx, bc, routeChange(change))
			Eventually(ctx, ask).WithArguments(ctx, root(bc)+"/widget/"+number).WithTimeout(promptTimeout).
				WithPolling(20 * time.Millisecond).Should(HaveField("Header", HaveKeyWithValue("X-Change", ConsistOf(number))))
		}
		patchEdge(ctx, bc, `{"routes":null,"rateLimit":null,"loadBalancing":null}`)
		Eventually(ctx, ask).WithArguments(ctx, root(bc)+"/widget/").WithTimeout(promptTimeout).
			Should(HaveField("Header", Not(HaveKey("X-Change"))))
		waitReady(ctx, bc)
		expectNothingLost(clients)
	}, SpecTimeout(4*time.Minute))

	It("loses no idempotent request when bots are killed, and of the rest what they had in hand", func(ctx context.Context) {
		bc := createEdge(ctx, "widow", 3, `{"circuitBreaker":{"timeout":"2s"}}`)
		patchSpec(ctx, bc, `{"health":{"failDuration":"2s"}}`) // so that a bot that is back gets requests again soon
		waitReady(ctx, bc)
		clients := begin(ctx, everybody(root(bc)))
		for _, ordinal := range []int32{1, 2, 3} {
			bot := instanceOf(ctx, bc, "bot", ordinal)
			before := clients.Report().WebSockets.Sent
			run(ctx, "exec", bot, "--", "systemctl", "kill", "--signal=KILL", "botserver")
			Eventually(func() int64 { return clients.Report().Gets.Served[bot] }).WithContext(ctx).WithTimeout(promptTimeout).
				Should(BeNumerically(">", clients.Report().Gets.Served[bot]), "it serves again")
			Eventually(func() int64 { return clients.Report().WebSockets.Sent }).WithContext(ctx).WithTimeout(promptTimeout).
				Should(BeNumerically(">", before))
			waitReady(ctx, bc)
		}
		report := end(clients)
		Expect(report.Gets.Lost()).To(BeZero(), report.String())
		Expect(report.Posts.Lost()).To(BeNumerically("<=", 3*10), "no more than were in hand: %s", report)
		Expect(report.Streams.Failed+report.WebSockets.Failed).To(BeZero(), "whoever was cut gets another bot: %s", report)
		Expect(report.Streams.Cut).To(BeNumerically("<=", 3*10), report.String())
		Expect(report.WebSockets.Cut).To(And(BeNumerically(">", 0), BeNumerically("<=", 3*10)), report.String())
	}, SpecTimeout(4*time.Minute))

	It("loses nothing at one of two when the other is killed", func(ctx context.Context) {
		bc := createEdge(ctx, "twins", 2, `{"instances":2}`)
		half := func(ordinal int32) load.Mix {
			return load.Mix{
				URL: "http://" + addressOf(ctx, bc, "edge", ordinal), GetsPerSecond: 50, PostsPerSecond: 25, Streams: 5, WebSockets: 5,
			}
		}
		killed, other := begin(ctx, half(1)), begin(ctx, half(2))
		run(ctx, "stop", "--force", instanceOf(ctx, bc, "edge", 1))
		Eventually(func() int64 { return killed.Report().WebSockets.Lost() }).WithContext(ctx).WithTimeout(promptTimeout).
			Should(BeNumerically(">", 0), "the load notices")
		eventuallyServing(ctx, bc, 2)
		end(killed)
		expectNothingLost(other)
	}, SpecTimeout(4*time.Minute))
})

// routeChange is a spec.edge in which another thing changes each time: routes come, go and change their order, headers,
// policies, breakers, timeouts and limits. All of them keep a route that tells the number of the change.
func routeChange(change int) string {
	mark := fmt.Sprintf(`{"name":"widget","match":{"paths":["/widget*"]},"responseHeaders":{"set":[{"name":"X-Change","value":"%d"}]}}`, change)
	plain := `"rateLimit":null,"loadBalancing":null`
	switch change % 5 {
	case 0:
		return fmt.Sprintf(`{"routes":[%s],%s}`, mark, plain)
	case 1: // the load passes through another route than before
		return fmt.Sprintf(`{"routes":[%s,{"name":"load","match":{"paths":["/api/load*"]},"policy":"least_conn"}],%s}`, mark, plain)
	case 2:
		return fmt.Sprintf(`{"routes":[{"name":"streams","match":{"paths":["/api/stream"]},"policy":"random",`+
			`"circuitBreaker":{"threshold":9},"timeouts":{"responseHeader":"20s"}},%s],%s}`, mark, plain)
	case 3:
		return fmt.Sprintf(`{"routes":[%s],"rateLimit":{"requests":10000,"window":"1s"},"loadBalancing":null}`, mark)
	default:
		return fmt.Sprintf(`{"routes":[%s],"rateLimit":null,"loadBalancing":{"policies":{"websocket":"least_conn","api":"random"}}}`, mark)
	}
}
