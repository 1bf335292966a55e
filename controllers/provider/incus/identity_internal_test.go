package incus

import (
	"net"
	"net/http"
	"path/filepath"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

var _ = Describe("The connections to a unix socket", func() {
	It("are never left open without a request, which would keep Incus from accepting others", func(ctx SpecContext) {
		socket := filepath.Join(GinkgoT().TempDir(), "socket")
		listener, err := new(net.ListenConfig).Listen(ctx, "unix", socket)
		Expect(err).NotTo(HaveOccurred())
		var mutex sync.Mutex
		seen := map[http.ConnState]int{}
		server := &http.Server{
			Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(`{"type":"sync","metadata":{}}`)) }),
			ConnState: func(_ net.Conn, state http.ConnState) {
				mutex.Lock()
				defer mutex.Unlock()
				seen[state]++
			},
		}
		var serving, asking sync.WaitGroup
		serving.Go(func() { _ = server.Serve(listener) })
		DeferCleanup(func() {
			Expect(server.Close()).To(Succeed())
			serving.Wait()
		})
		asked, err := newClient(model.Identity{UnixSocket: socket})
		Expect(err).NotTo(HaveOccurred())
		for range 20 {
			asking.Go(func() {
				defer GinkgoRecover()
				_, err := asked.do(ctx, request{method: http.MethodGet, path: "/1.0", doing: "ask"}, nil)
				Expect(err).NotTo(HaveOccurred())
			})
		}
		asking.Wait()
		states := func() map[http.ConnState]int {
			mutex.Lock()
			defer mutex.Unlock()
			return map[http.ConnState]int{http.StateNew: seen[http.StateNew], http.StateIdle: seen[http.StateIdle], http.StateClosed: seen[http.StateClosed]}
		}
		Eventually(states).Should(Equal(map[http.ConnState]int{http.StateNew: 20, http.StateClosed: 20, http.StateIdle: 0}))
	})
})
