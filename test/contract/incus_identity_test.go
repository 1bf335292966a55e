package contract_test

import (
	"context"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/utils/clock"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider"
	"github.com/generalbots/botcluster-operator/controllers/provider/fake/incusd"
	"github.com/generalbots/botcluster-operator/controllers/provider/incus"
)

// identityOf is the identity of a client of a server over TLS.
func identityOf(server *incusd.Server, client incusd.Identity) model.Identity {
	return model.Identity{
		Server: server.URL, ServerCertificate: server.Certificate, ClientCertificate: client.Certificate, ClientKey: client.Key,
		Project: incusProject,
	}
}

var _ = incusContract("when its identity is asked for", func(world func() *incusWorld, under func() *driver) {
	It("gives one host for one identity", func() {
		again, err := under().hosts.Host(world().identity())
		Expect(err).NotTo(HaveOccurred())
		Expect(again).To(BeIdenticalTo(under().host))
		Expect(again.Key()).To(ContainSubstring(incusProject))
	})

	It("uses no socket that it was not started with", func() {
		identity := world().identity()
		identity.UnixSocket = "/run/other.socket"
		_, err := under().hosts.Host(identity)
		Expect(err).To(beClass(provider.Terminal, "SocketNotAllowed"))
	})

	It("says which project is not there", func(ctx SpecContext) {
		identity := world().identity()
		identity.Project = "nowhere"
		host, err := under().hosts.Host(identity)
		Expect(err).NotTo(HaveOccurred())
		_, err = host.Inventory(ctx, under().owner)
		Expect(err).To(beClass(provider.Terminal, "ProjectNotFound"))
		Expect(provider.MessageOf(err, "")).To(ContainSubstring(`"nowhere"`))
	})
})

var _ = Describe("The Incus driver on the fake incusd, over TLS", Label("fake"), func() {
	serve := func() *incusd.Server {
		GinkgoHelper()
		server, err := incusd.ServeTLS(newFakeWorld(nil))
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(server.Close)
		return server
	}
	ask := func(ctx context.Context, identity model.Identity) error {
		d := newDriver(identity)
		_, err := d.host.Inventory(ctx, d.owner)
		return err
	}

	It("works with a certificate that the server trusts", func(ctx SpecContext) {
		server := serve()
		d := newDriver(identityOf(server, server.Client))
		d.started(ctx, "1")
		Expect(d.host.Facts(ctx, bots(nil))).NotTo(BeZero())
	})

	It("says which side does not trust the other", func(ctx SpecContext) {
		server := serve()
		stranger, err := incusd.NewIdentity("stranger")
		Expect(err).NotTo(HaveOccurred())
		err = ask(ctx, identityOf(server, stranger))
		Expect(err).To(beClass(provider.Terminal, "ServerUntrusted"))
		Expect(provider.MessageOf(err, "")).To(ContainSubstring("incus config trust"))

		identity := identityOf(server, server.Client)
		identity.ServerCertificate = stranger.Certificate
		err = ask(ctx, identity)
		Expect(err).To(beClass(provider.Terminal, "ServerUntrusted"))
		Expect(provider.MessageOf(err, "")).To(ContainSubstring("server-crt"))

		identity.ServerCertificate = ""
		Expect(ask(ctx, identity)).To(beClass(provider.Terminal, "ServerUntrusted"), "no authority of this machine knows it")
	})

	It("heals when the certificate is trusted at last", func(ctx SpecContext) {
		world := newFakeWorld(nil)
		server, err := incusd.ServeTLS(world)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(server.Close)
		late, err := incusd.NewIdentity("late")
		Expect(err).NotTo(HaveOccurred())
		d := newDriver(identityOf(server, late))
		_, err = d.host.Inventory(ctx, d.owner)
		Expect(err).To(beClass(provider.Terminal, "ServerUntrusted"))
		world.Trust(late.Trusted())
		Eventually(func() error {
			_, err := d.host.Inventory(ctx, d.owner)
			return err
		}).WithTimeout(10 * time.Second).Should(Succeed())
	})

	It("keeps to the projects of a restricted certificate, and says which is not among them", func(ctx SpecContext) {
		world := newFakeWorld(nil)
		server, err := incusd.ServeTLS(world)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(server.Close)
		world.AddProject("other", nil)
		restricted, err := incusd.NewIdentity("restricted")
		Expect(err).NotTo(HaveOccurred())
		world.Trust(restricted.Trusted(incusProject))
		identity := identityOf(server, restricted)
		Expect(ask(ctx, identity)).To(Succeed())
		identity.Project = "other"
		err = ask(ctx, identity)
		Expect(err).To(Or(beClass(provider.Terminal, "ProjectNotFound"), beClass(provider.Terminal, "NotAuthorized")))
		Expect(provider.MessageOf(err, "")).To(ContainSubstring(`"other"`))
	})

	It("says what a server lacks that is too old", func(ctx SpecContext) {
		server, err := incusd.ServeTLS(newFakeWorld([]string{"etag", "patch", "projects"}))
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(server.Close)
		err = ask(ctx, identityOf(server, server.Client))
		Expect(err).To(beClass(provider.Terminal, "ServerTooOld"))
		Expect(provider.MessageOf(err, "")).To(And(ContainSubstring("instance_create_start"), Not(ContainSubstring("etag"))))
	})

	It("makes another host for a rotated certificate, and closes the old one when it is not asked for any more", func(ctx SpecContext) {
		world := newFakeWorld(nil)
		server, err := incusd.ServeTLS(world)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(server.Close)
		rotated, err := incusd.NewIdentity("rotated")
		Expect(err).NotTo(HaveOccurred())
		world.Trust(rotated.Trusted())
		hosts := incus.NewHosts(context.Background(), incus.Options{Clock: clock.RealClock{}, Logger: logr.Discard(), IdleAfter: 400 * time.Millisecond})
		DeferCleanup(hosts.Close)
		owner := newOwner()
		first, err := hosts.Host(identityOf(server, server.Client))
		Expect(err).NotTo(HaveOccurred())
		_, err = first.Inventory(ctx, owner)
		Expect(err).NotTo(HaveOccurred())

		Eventually(func(g Gomega) {
			second, err := hosts.Host(identityOf(server, rotated))
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(second).NotTo(BeIdenticalTo(first))
			_, err = second.Inventory(ctx, owner)
			g.Expect(err).NotTo(HaveOccurred())
			_, err = first.Facts(ctx, bots(nil))
			g.Expect(err).To(HaveOccurred(), "it is closed")
		}).WithTimeout(10 * time.Second).WithPolling(450 * time.Millisecond).Should(Succeed())
	})

	DescribeTable("says which key of the Secret cannot be used, without showing it", func(change func(*model.Identity), key string) {
		server := serve()
		identity := identityOf(server, server.Client)
		change(&identity)
		hosts := incus.NewHosts(context.Background(), incus.Options{Clock: clock.RealClock{}, Logger: logr.Discard()})
		DeferCleanup(hosts.Close)
		_, err := hosts.Host(identity)
		Expect(err).To(beClass(provider.Terminal, "IdentityInvalid"))
		Expect(provider.MessageOf(err, "")).To(ContainSubstring("`" + key + "`"))
		Expect(fmt.Sprintf("%v %+v %#v", err, err, err)).NotTo(ContainSubstring("canary"))
	},
		Entry("no server", func(i *model.Identity) { i.Server = "" }, "server"),
		Entry("a server without TLS", func(i *model.Identity) { i.Server = "http://127.0.0.1:8443" }, "server"),
		Entry("a server with a password", func(i *model.Identity) { i.Server = "https://user:canary@127.0.0.1:8443" }, "server"),
		Entry("a server with a path", func(i *model.Identity) { i.Server = "https://127.0.0.1:8443/canary" }, "server"),
		Entry("a key in the place of the server", func(i *model.Identity) { i.Server = "https://canary\n" }, "server"),
		Entry("no certificate of the server", func(i *model.Identity) { i.ServerCertificate = "canary" }, "server-crt"),
		Entry("no certificate", func(i *model.Identity) { i.ClientCertificate = "canary" }, "client-crt"),
		Entry("no key", func(i *model.Identity) { i.ClientKey = "canary" }, "client-key"),
		Entry("the key of another", func(i *model.Identity) {
			other, err := incusd.NewIdentity("other")
			Expect(err).NotTo(HaveOccurred())
			i.ClientKey = other.Key
		}, "client-key"),
	)
})

var _ = Describe("The Incus driver without a server", Label("fake"), func() {
	It("says at once that nobody listens, every time", func(ctx SpecContext) {
		d := newDriver(model.Identity{UnixSocket: missingSocket(), Project: incusProject})
		for range 20 {
			began := time.Now()
			_, err := d.host.Inventory(ctx, d.owner)
			Expect(err).To(beClass(provider.Transient, "ServerUnreachable"))
			_, err = d.host.Facts(ctx, bots(nil))
			Expect(err).To(beClass(provider.Transient, "ServerUnreachable"))
			Expect(d.host.Instances().Create(ctx, d.spec("1"))).To(beClass(provider.Transient, "ServerUnreachable"))
			Expect(time.Since(began)).To(BeNumerically("<", time.Second))
		}
	})

	It("makes few wait for a server that does not answer, and the others none", func(ctx SpecContext) {
		d := newDriver(model.Identity{UnixSocket: silentSocket(), Project: incusProject})
		_, err := d.host.Inventory(ctx, d.owner)
		Expect(err).To(beClass(provider.Transient, "ServerUnreachable"), "the first waits for its deadline")
		began := time.Now()
		for range 100 {
			_, err := d.host.Inventory(ctx, d.owner)
			Expect(err).To(beClass(provider.Transient, "ServerUnreachable"))
		}
		Expect(time.Since(began)).To(BeNumerically("<", time.Second))
	}, SpecTimeout(time.Minute))
})
