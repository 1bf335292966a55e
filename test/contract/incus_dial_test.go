package contract_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"time"

	incusapi "github.com/lxc/incus/v6/shared/api"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider"
)

// responderSocket is where what is served in an instance listens.
const responderSocket = "/run/contract.sock"

// httpOver is a client whose connections are tunnels; opened counts them.
func httpOver(d *driver, instance string, opened *int) *http.Client {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		*opened++
		return d.host.Dial(ctx, instance, provider.Target{UnixSocket: responderSocket})
	}}
	DeferCleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: patience}
}

func answer(client *http.Client, path, body string) (string, error) {
	got, err := client.Post("http://instance"+path, "text/plain", strings.NewReader(body))
	if err != nil {
		return "", err
	}
	defer func() { _ = got.Body.Close() }()
	text, err := io.ReadAll(got.Body)
	return string(text), err
}

// tunnelRoutines counts the goroutines of this process that work for a tunnel.
func tunnelRoutines() int {
	stacks := make([]byte, 8<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	count := 0
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		if strings.Contains(stack, "provider/incus.(*tunnel)") || strings.Contains(stack, "provider/incus.drain") {
			count++
		}
	}
	return count
}

var _ = incusContract("when it connects into an instance", func(world func() *incusWorld, under func() *driver) {
	var d *driver
	var name string
	BeforeEach(func(ctx SpecContext) {
		d = under()
		name = d.started(ctx, "1")
		world().serve(name, responderSocket)
	})

	It("carries many requests over one connection, large ones too", func() {
		opened := 0
		client := httpOver(d, name, &opened)
		for i := range 50 {
			Expect(answer(client, fmt.Sprintf("/%d", i), "+body")).To(Equal(fmt.Sprintf("/%d+body", i)))
		}
		large := strings.Repeat("x", 3<<20)
		Expect(answer(client, "/", large)).To(Equal("/" + large))
		Expect(opened).To(Equal(1))
	})

	It("carries many connections at once", func() {
		var group sync.WaitGroup
		for i := range 8 {
			group.Go(func() {
				defer GinkgoRecover()
				opened := 0
				client := httpOver(d, name, &opened)
				for j := range 5 {
					want := fmt.Sprintf("/%d/%d", i, j)
					Expect(answer(client, want, "")).To(Equal(want))
				}
			})
		}
		group.Wait()
	})

	It("keeps deadlines as connections do, and tells the other side that it will say no more", func(ctx SpecContext) {
		connection, err := d.host.Dial(ctx, name, provider.Target{UnixSocket: responderSocket})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(connection.Close)

		Expect(connection.SetReadDeadline(time.Now().Add(50 * time.Millisecond))).To(Succeed())
		_, err = connection.Read(make([]byte, 1))
		Expect(err).To(MatchError(os.ErrDeadlineExceeded))
		Expect(connection.SetReadDeadline(time.Time{})).To(Succeed())

		_, err = io.WriteString(connection, "GET /after HTTP/1.0\r\nHost: x\r\n\r\n")
		Expect(err).NotTo(HaveOccurred())
		half, ok := connection.(interface{ CloseWrite() error })
		Expect(ok).To(BeTrue())
		text, err := io.ReadAll(connection)
		Expect(err).NotTo(HaveOccurred())
		Expect(string(text)).To(HaveSuffix("\r\n\r\n/after"))
		Expect(half.CloseWrite()).To(Or(Succeed(), HaveOccurred()))

		Expect(connection.SetWriteDeadline(time.Now().Add(-time.Second))).To(Succeed())
		_, err = io.WriteString(connection, "x")
		Expect(err).To(HaveOccurred())
		Expect(connection.Close()).To(Succeed())
		_, err = connection.Read(make([]byte, 1))
		Expect(err).To(MatchError(net.ErrClosed))
		_, err = io.WriteString(connection, "x")
		Expect(err).To(MatchError(net.ErrClosed))
	})

	It("says that nothing listens, and can be asked again", func(ctx SpecContext) {
		connection, err := d.host.Dial(ctx, name, provider.Target{UnixSocket: "/run/nothing.sock"})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(connection.Close)
		_, err = connection.Read(make([]byte, 1))
		Expect(err).To(beClass(provider.Waiting, ""))
		Expect(err.Error()).To(ContainSubstring("/run/nothing.sock"))

		connection, err = d.host.Dial(ctx, name, provider.Target{LoopbackPort: 9})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(connection.Close)
		_, err = connection.Read(make([]byte, 1))
		Expect(err).To(beClass(provider.Waiting, ""))
	})

	It("breaks when the instance stops, and connects again when it is back", func(ctx SpecContext) {
		opened := 0
		client := httpOver(d, name, &opened)
		Expect(answer(client, "/1", "")).To(Equal("/1"))
		wait(world().behind.UpdateInstanceState(name, incusapi.InstanceStatePut{Action: "stop", Force: true}, ""))
		Eventually(func() error {
			_, err := answer(client, "/2", "")
			return err
		}).WithTimeout(soon).Should(HaveOccurred())
		_, err := d.host.Dial(ctx, name, provider.Target{UnixSocket: responderSocket})
		Expect(err).To(beClass(provider.Waiting, ""))

		d.becomes(ctx, "1", idle(model.StateStopped))
		Expect(d.host.Instances().Start(ctx, name, d.owner)).To(Succeed())
		d.becomes(ctx, "1", idle(model.StateRunning))
		world().serve(name, responderSocket)
		Eventually(func() (string, error) { return answer(client, "/3", "") }).WithTimeout(patience).Should(Equal("/3"))
	})

	It("ends the command in the instance when it is closed, and leaves nothing running", func(ctx SpecContext) {
		var open []net.Conn
		for range 5 {
			connection, err := d.host.Dial(ctx, name, provider.Target{UnixSocket: responderSocket})
			Expect(err).NotTo(HaveOccurred())
			open = append(open, connection)
		}
		commands := func() int {
			operations, err := world().behind.GetOperations()
			Expect(err).NotTo(HaveOccurred())
			running := 0
			for _, operation := range operations {
				if operation.Class == incusapi.OperationClassWebsocket && operation.StatusCode == incusapi.Running &&
					strings.HasSuffix(strings.SplitN(operation.Resources["instances"][0], "?", 2)[0], "/"+name) {
					running++
				}
			}
			return running
		}
		Eventually(commands).WithTimeout(soon).Should(Equal(5))
		Expect(tunnelRoutines()).To(BeNumerically(">", 0))
		for _, connection := range open {
			Expect(connection.Close()).To(Succeed())
		}
		Eventually(commands).WithTimeout(soon).Should(BeZero())
		Eventually(tunnelRoutines).WithTimeout(soon).Should(BeZero())
	})

	It("closes its connections with the host", func(ctx SpecContext) {
		connection, err := d.host.Dial(ctx, name, provider.Target{UnixSocket: responderSocket})
		Expect(err).NotTo(HaveOccurred())
		d.hosts.Close()
		_, err = connection.Read(make([]byte, 1))
		Expect(err).To(MatchError(net.ErrClosed))
		_, err = d.host.Dial(ctx, name, provider.Target{UnixSocket: responderSocket})
		Expect(err).To(HaveOccurred())
	})
})

var _ = incusContract("when it is told to connect to what cannot be", func(_ func() *incusWorld, under func() *driver) {
	DescribeTable("refuses addresses that are none", func(ctx SpecContext, target provider.Target) {
		_, err := under().host.Dial(ctx, under().name("1"), target)
		Expect(err).To(beClass(provider.Terminal, "InvalidRequest"))
	},
		Entry("nothing", provider.Target{}),
		Entry("both", provider.Target{UnixSocket: "/run/x", LoopbackPort: 1}),
		Entry("a path that is not absolute", provider.Target{UnixSocket: "run/x"}),
		Entry("options of socat", provider.Target{UnixSocket: "/run/x,fork"}),
		Entry("another address", provider.Target{UnixSocket: "/run/x!!TCP:10.0.0.1:22"}),
		Entry("a port above all ports", provider.Target{LoopbackPort: 65536}),
		Entry("a port below all ports", provider.Target{LoopbackPort: -1}),
	)

	It("says that there is no such instance", func(ctx SpecContext) {
		_, err := under().host.Dial(ctx, under().name("1"), provider.Target{LoopbackPort: 80})
		Expect(err).To(beClass(provider.NotFound, ""))
	})
})
