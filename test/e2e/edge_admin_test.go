package e2e

import (
	"context"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"golang.org/x/sync/errgroup"
)

// nobody is a user without rights, by number.
const nobody = "65534"

var _ = Describe("The edge's admin API", Label("edge"), func() {
	It("is for root in the instance and for the operator through Incus, and for nobody else", func(ctx context.Context) {
		bc := createEdge(ctx, "vault", 1, `{}`)
		edge := instanceOf(ctx, bc, "edge", 1)
		const call = `printf 'GET /botcluster/pool HTTP/1.0\r\nHost: localhost\r\n\r\n' | socat -t 5 - UNIX-CONNECT:/run/caddy/admin.sock`

		By("root")
		Expect(run(ctx, "exec", edge, "--", "sh", "-c", call)).To(And(ContainSubstring(" 200 OK"), ContainSubstring(`"members"`)))

		By("another user in the instance")
		out, err := incus.Run(ctx, "exec", edge, "--user", nobody, "--group", nobody, "--", "sh", "-c", call)
		Expect(err).To(HaveOccurred())
		Expect(out).To(And(ContainSubstring("Permission denied"), Not(ContainSubstring("members"))))
		for _, file := range []string{"/var/lib/caddy/caddy/autosave.json", "/run/caddy"} {
			out, err = incus.Run(ctx, "exec", edge, "--user", nobody, "--group", nobody, "--", "ls", file)
			Expect(err).To(HaveOccurred())
			Expect(out).To(ContainSubstring("Permission denied"))
		}

		By("the network: of all ports, only that of HTTP answers")
		Expect(openPorts(ctx, addressOf(ctx, bc, "edge", 1))).To(Equal([]int{80}))

		By("the routes: what looks like the admin API is a bot's")
		for _, path := range []string{"/botcluster/pool", "/config/", "/stop"} {
			got := expectAnswer(ctx, root(bc)+path)
			Expect(got.Status).To(Equal(http.StatusOK))
			Expect(got.Bot).To(Equal(instanceOf(ctx, bc, "bot", 1)))
		}
		waitReady(ctx, bc)
		expectServed(ctx, bc)
	}, SpecTimeout(2*time.Minute))
})

// openPorts tries all TCP ports of an address.
func openPorts(ctx context.Context, address string) []int {
	GinkgoHelper()
	const last, atOnce = 65535, 64
	var (
		mutex sync.Mutex
		open  = []int{}
		group errgroup.Group
	)
	group.SetLimit(atOnce)
	dialer := &net.Dialer{Timeout: promptTimeout}
	for port := range last {
		group.Go(func() error {
			connection, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(address, strconv.Itoa(port+1)))
			if err != nil {
				return nil // it is closed
			}
			mutex.Lock()
			defer mutex.Unlock()
			open = append(open, port+1)
			return connection.Close()
		})
	}
	Expect(group.Wait()).To(Succeed())
	return open
}
