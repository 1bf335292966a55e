package contract_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider"
	"github.com/generalbots/botcluster-operator/controllers/provider/caddy"
)

// cookieKey is what an edge takes for the key of its cookies.
var cookieKey = []byte("a-key-of-32-bytes-for-all-edges!")

// newCertificate makes one for a name, signed by itself.
func newCertificate(name string) model.Certificate {
	GinkgoHelper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	Expect(err).NotTo(HaveOccurred())
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true, IsCA: true,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	Expect(err).NotTo(HaveOccurred())
	private, err := x509.MarshalPKCS8PrivateKey(key)
	Expect(err).NotTo(HaveOccurred())
	return model.Certificate{
		Chain: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}),
		Key:   pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
	}
}

var _ = Describe("The secrets of provider.Edge", func() {
	for _, kind := range edgeWorlds {
		Describe("on "+kind.name, kind.label, func() {
			var (
				world edgeWorld
				edge  provider.Edge
			)

			BeforeEach(func(SpecContext) { kind.prepare() }, NodeTimeout(buildTimeout))

			BeforeEach(func(ctx SpecContext) {
				world = kind.begin()
				world.Start()
				edges := caddy.New()
				DeferCleanup(func() { edges.Forget("host/edge-1") })
				edge = edges.Edge("host/edge-1", world.Dial)
				Eventually(edge.State).WithContext(ctx).Should(HaveField("Process", Not(BeEmpty())))
			}, NodeTimeout(edgeTimeout))

			It("are those that were pushed last, with and without certificates, before and after routes", func(ctx SpecContext) {
				certificates := []model.Certificate{newCertificate("one.example.com"), newCertificate("two.example.com")}
				for _, secrets := range []model.EdgeSecrets{
					{Revision: "one", CookieKey: cookieKey},
					{Revision: "two", CookieKey: cookieKey, Certificates: certificates},
					{Revision: "two", CookieKey: cookieKey, Certificates: certificates},
					{Revision: "three", CookieKey: cookieKey, Certificates: certificates[:1]},
				} {
					Expect(edge.SetSecrets(ctx, secrets)).To(Succeed())
					Expect(edge.State(ctx)).To(HaveField("SecretsRevision", secrets.Revision))
					Expect(edge.SetRoutes(ctx, plainRoutes(world, "routes-"+secrets.Revision))).To(Succeed())
					Expect(edge.State(ctx)).To(And(HaveField("SecretsRevision", secrets.Revision),
						HaveField("RoutesRevision", "routes-"+secrets.Revision)))
				}
			}, SpecTimeout(edgeTimeout))

			It("leave routes and pool alone", func(ctx SpecContext) {
				Expect(edge.SetRoutes(ctx, plainRoutes(world, "routes"))).To(Succeed())
				pool := model.Pool{Revision: "pool", Probe: quickProbe, Members: []model.Member{world.NewBot("bot-1").Member(model.MemberActive)}}
				_, err := edge.SetPool(ctx, pool)
				Expect(err).NotTo(HaveOccurred())
				Eventually(edge.State).WithContext(ctx).Should(haveMembers(memberThat("bot-1", model.ProbeHealthy, true)))
				before, err := edge.State(ctx)
				Expect(err).NotTo(HaveOccurred())
				Expect(edge.SetSecrets(ctx, model.EdgeSecrets{Revision: "secrets", CookieKey: cookieKey})).To(Succeed())
				before.SecretsRevision = "secrets"
				Expect(edge.State(ctx)).To(Equal(before))
			}, SpecTimeout(edgeTimeout))

			It("are still there when the edge boots again", func(ctx SpecContext) {
				secrets := model.EdgeSecrets{Revision: "secrets", CookieKey: cookieKey, Certificates: []model.Certificate{newCertificate("a.example.com")}}
				Expect(edge.SetSecrets(ctx, secrets)).To(Succeed())
				before, err := edge.State(ctx)
				Expect(err).NotTo(HaveOccurred())
				world.Stop()
				world.Start()
				Eventually(edge.State).WithContext(ctx).Should(HaveField("Process", Not(Or(BeEmpty(), Equal(before.Process)))))
				Expect(edge.State(ctx)).To(HaveField("SecretsRevision", "secrets"))
			}, SpecTimeout(edgeTimeout))

			DescribeTable("stay as they were when others cannot be used, and what is said of those tells nothing",
				func(ctx SpecContext, spoil func(*model.EdgeSecrets)) {
					certificate := newCertificate("a.example.com")
					Expect(edge.SetSecrets(ctx, model.EdgeSecrets{Revision: "good", CookieKey: cookieKey})).To(Succeed())
					before, err := edge.State(ctx)
					Expect(err).NotTo(HaveOccurred())
					secrets := model.EdgeSecrets{Revision: "bad", CookieKey: cookieKey, Certificates: []model.Certificate{certificate}}
					spoil(&secrets)
					err = edge.SetSecrets(ctx, secrets)
					Expect(provider.ClassOf(err)).To(Equal(provider.Terminal))
					Expect(provider.ReasonOf(err, "")).To(Equal(v1alpha1.ReasonEdgeRejectedSecrets))
					text := fmt.Sprintf("%v %#v %s", err, err, provider.MessageOf(err, ""))
					Expect(text).NotTo(Or(ContainSubstring("no reason given"), ContainSubstring("repeats a secret")), "it says why")
					Expect(text).NotTo(Or(ContainSubstring(string(cookieKey[:12])), ContainSubstring(base64.StdEncoding.EncodeToString(cookieKey[:12])),
						ContainSubstring(strings.Split(string(certificate.Key), "\n")[2])))
					Expect(edge.State(ctx)).To(Equal(before), "all or nothing")
				},
				Entry("a key that is too short", func(s *model.EdgeSecrets) { s.CookieKey = s.CookieKey[:31] }, SpecTimeout(edgeTimeout)),
				Entry("no key", func(s *model.EdgeSecrets) { s.CookieKey = nil }, SpecTimeout(edgeTimeout)),
				Entry("no revision", func(s *model.EdgeSecrets) { s.Revision = "" }, SpecTimeout(edgeTimeout)),
				Entry("a certificate that is none", func(s *model.EdgeSecrets) { s.Certificates[0].Chain = []byte("none") }, SpecTimeout(edgeTimeout)),
				Entry("a certificate without its key", func(s *model.EdgeSecrets) { s.Certificates[0].Key = nil }, SpecTimeout(edgeTimeout)),
				Entry("a certificate with another's key", func(s *model.EdgeSecrets) {
					s.Certificates[0].Key = newCertificate("b.example.com").Key
				}, SpecTimeout(edgeTimeout)),
				Entry("a second certificate that is none", func(s *model.EdgeSecrets) {
					s.Certificates = append(s.Certificates, model.Certificate{Chain: s.Certificates[0].Chain, Key: []byte("none")})
				}, SpecTimeout(edgeTimeout)),
			)
		})
	}
})
