package incusd_test

import (
	"net/http"

	incusclient "github.com/lxc/incus/v6/client"
	incusapi "github.com/lxc/incus/v6/shared/api"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
	"github.com/generalbots/botcluster-operator/controllers/provider/fake/incusd"
)

var _ = Describe("Over TLS", func() {
	var (
		world  *fake.World
		server *incusd.Server
	)

	BeforeEach(func() {
		before := gleak.Goroutines()
		world = fake.New(fake.Config{Clock: clocktesting.NewFakeClock(dawn), Latencies: latencies})
		world.AddImage(fake.Image{Aliases: []string{"bot"}})
		world.AddProject("crew", map[string]string{"features.images": "false", "features.profiles": "false"})
		var err error
		server, err = incusd.ServeTLS(world)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() {
			Expect(server.Close()).To(Succeed())
			world.Close()
			Eventually(gleak.Goroutines).ShouldNot(gleak.HaveLeaked(before))
		})
	})

	connect := func(identity incusd.Identity) incusclient.InstanceServer {
		GinkgoHelper()
		client, err := incusclient.ConnectIncus(server.URL, &incusclient.ConnectionArgs{
			TLSServerCert: server.Certificate, TLSClientCert: identity.Certificate, TLSClientKey: identity.Key, SkipGetEvents: true,
		})
		Expect(err).NotTo(HaveOccurred())
		return client
	}
	stranger := func(projects ...string) incusd.Identity {
		GinkgoHelper()
		identity, err := incusd.NewIdentity("stranger")
		Expect(err).NotTo(HaveOccurred())
		if len(projects) > 0 {
			world.Trust(identity.Trusted(projects...))
		}
		return identity
	}

	It("the server's client may do everything", func() {
		client := connect(server.Client)
		info, _, err := client.GetServer()
		Expect(err).NotTo(HaveOccurred())
		Expect(info.Auth).To(Equal("trusted"))
		Expect(info.AuthUserMethod).To(Equal("tls"))
		_, err = client.UseProject("crew").CreateInstance(ofBot("bot-1"))
		Expect(err).NotTo(HaveOccurred())
	})

	It("a server with another certificate is not connected to", func() {
		other, err := incusd.NewIdentity("other")
		Expect(err).NotTo(HaveOccurred())
		_, err = incusclient.ConnectIncus(server.URL, &incusclient.ConnectionArgs{
			TLSServerCert: other.Certificate, TLSClientCert: server.Client.Certificate, TLSClientKey: server.Client.Key,
		})
		Expect(err).To(MatchError(ContainSubstring("certificate")))
	})

	It("a stranger learns only that it is one", func() {
		client := connect(stranger())
		info, _, err := client.GetServer()
		Expect(err).NotTo(HaveOccurred())
		Expect(info.Auth).To(Equal("untrusted"))
		Expect(info.Environment.Server).To(BeEmpty())
		_, err = client.GetInstances(incusapi.InstanceTypeAny)
		Expect(code(err)).To(Equal(http.StatusForbidden))
		Expect(err).To(MatchError("not authorized"))
	})

	It("a restricted client sees and uses its own project only", func() {
		Expect(connect(server.Client).CreateInstance(ofBot("theirs"))).NotTo(BeNil())
		client := connect(stranger("crew"))
		_, err := client.CreateInstance(ofBot("bot-1"))
		Expect(code(err)).To(Equal(http.StatusForbidden))
		own := client.UseProject("crew")
		_, err = own.CreateInstance(ofBot("bot-1"))
		Expect(err).NotTo(HaveOccurred())
		_, _, err = client.GetInstance("theirs")
		Expect(code(err)).To(Equal(http.StatusForbidden))
		names, err := client.GetInstanceNamesAllProjects(incusapi.InstanceTypeAny)
		Expect(err).NotTo(HaveOccurred())
		Expect(names).To(Equal(map[string][]string{"crew": {"bot-1"}}))
		Expect(client.GetProjectNames()).To(Equal([]string{"crew"}))
		Expect(code(client.CreateProject(incusapi.ProjectsPost{Name: "mine"}))).To(Equal(http.StatusForbidden))
		_, _, err = client.GetImageAlias("bot")
		Expect(err).NotTo(HaveOccurred(), "the default project's images may be looked at")
	})

	It("a client that is not trusted any more is a stranger", func() {
		client := connect(server.Client)
		world.Distrust(server.Client.Fingerprint)
		_, err := client.GetInstances(incusapi.InstanceTypeAny)
		Expect(code(err)).To(Equal(http.StatusForbidden))
	})
})
