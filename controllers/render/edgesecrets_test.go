package render_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/render"
)

var _ = Describe("The secrets of the edges", func() {
	owner := model.Owner{UID: "the-cluster"}
	cookieKey := bytes.Repeat([]byte("k"), render.CookieKeySize)
	var edge v1alpha1.EdgeSpec
	var source render.EdgeSecrets

	BeforeEach(func() {
		edge = v1alpha1.EdgeSpec{TLS: v1alpha1.EdgeTLS{
			Mode: v1alpha1.TLSModeSecret, SecretRef: &v1alpha1.SecretReference{Name: "first"},
			AdditionalSecretRefs: []v1alpha1.SecretReference{{Name: "another"}},
		}}
		source = render.EdgeSecrets{CookieKey: cookieKey, TLS: []render.Secret{tlsSecret("u1"), tlsSecret("u2")}}
	})

	rendered := func() model.EdgeSecrets {
		GinkgoHelper()
		blueprint, err := render.Blueprint(render.Input{
			Cluster: &v1alpha1.BotCluster{Spec: v1alpha1.BotClusterSpec{Edge: edge}}, Owner: owner, EdgeSecrets: source,
		})
		Expect(err).NotTo(HaveOccurred())
		return blueprint.Secrets
	}

	It("are the cookie key and the certificates, the first one first", func() {
		Expect(render.EdgeSecretNames(edge)).To(HaveExactElements("first", "another"))
		Expect(source.Check(edge)).To(Succeed())
		secrets := rendered()
		Expect(secrets.CookieKey).To(Equal(cookieKey))
		Expect(secrets.Certificates).To(HaveExactElements(
			model.Certificate{Chain: source.TLS[0].Data["tls.crt"], Key: source.TLS[0].Data["tls.key"]},
			model.Certificate{Chain: source.TLS[1].Data["tls.crt"], Key: source.TLS[1].Data["tls.key"]},
		))
		Expect(secrets.Revision).To(HaveLen(16))
		Expect(rendered()).To(Equal(secrets))
	})

	It("are the cookie key alone in other modes of TLS", func() {
		edge.TLS.Mode = v1alpha1.TLSModeAuto
		Expect(render.EdgeSecretNames(edge)).To(BeEmpty())
		source.TLS = nil
		Expect(source.Check(edge)).To(Succeed())
		Expect(rendered().Certificates).To(BeEmpty())
		Expect(rendered().Revision).NotTo(BeEmpty())
	})

	It("are none before there is a cookie key", func() {
		source.CookieKey = nil
		Expect(rendered()).To(Equal(model.EdgeSecrets{}))
	})

	DescribeTable("have another revision with",
		func(change func()) {
			before := rendered()
			change()
			Expect(rendered().Revision).NotTo(Or(BeEmpty(), Equal(before.Revision)))
		},
		Entry("another certificate", func() { source.TLS[0] = tlsSecret("u1") }),
		Entry("another cookie key", func() { source.CookieKey = bytes.Repeat([]byte("x"), render.CookieKeySize) }),
		Entry("one certificate less", func() { edge.TLS.AdditionalSecretRefs = nil }),
		Entry("another order", func() { slices.Reverse(source.TLS) }),
	)

	It("have a revision that tells nothing to those who guess what is in them", func() {
		edge.TLS.Mode = v1alpha1.TLSModeOff
		revision := rendered().Revision
		for _, guess := range [][]byte{cookieKey, append([]byte(owner.UID), cookieKey...)} {
			plain := sha256.Sum256(guess)
			Expect(hex.EncodeToString(plain[:])).NotTo(HavePrefix(revision))
			keyed := hmac.New(sha256.New, []byte(owner.UID)) // the owner's UID is a tag of the instance
			keyed.Write(guess)
			Expect(hex.EncodeToString(keyed.Sum(nil))).NotTo(HavePrefix(revision))
		}
		owner.UID = "another"
		DeferCleanup(func() { owner.UID = "the-cluster" })
		Expect(rendered().Revision).NotTo(Equal(revision), "two BotClusters with the same secrets")
	})

	DescribeTable("are refused in a sentence that names the Secret and the key, and tells nothing of what is in them",
		func(change func(), want error, sentence string) {
			change()
			err := source.Check(edge)
			Expect(err).To(MatchError(want))
			Expect(err).To(MatchError(ContainSubstring(sentence)))
			Expect(err).NotTo(MatchError(ContainSubstring("hunter2")))
			Expect(rendered()).To(Equal(model.EdgeSecrets{}), "the edges keep what they have, and nothing else waits for it")
		},
		Entry("without the Secret", func() { source.TLS = source.TLS[:1] }, render.ErrSecretMissing, `edge.tls Secret "another"`),
		Entry("without the certificate", func() { delete(source.TLS[0].Data, "tls.crt") }, render.ErrSecretMissing, `key "tls.crt" of Secret "first"`),
		Entry("without the private key", func() { source.TLS[1].Data["tls.key"] = nil }, render.ErrSecretMissing, `key "tls.key" of Secret "another"`),
		Entry("with another's private key", func() { source.TLS[0].Data["tls.key"] = source.TLS[1].Data["tls.key"] },
			render.ErrCertificateUnusable, `Secret "first" must be a certificate chain`),
		Entry("with what is no key", func() { source.TLS[0].Data["tls.key"] = []byte("hunter2") },
			render.ErrCertificateUnusable, "kubectl create secret tls"),
		Entry("with a short cookie key", func() { source.CookieKey = []byte("hunter2") }, render.ErrCookieKey, "must be 32 bytes"),
	)

	It("are not printed", func() {
		source.TLS[0].Data["tls.key"] = []byte("hunter2")
		Expect(fmt.Sprintf("%v %+v %#v", source, source, source)).NotTo(Or(ContainSubstring("hunter2"), ContainSubstring("kkkk"), ContainSubstring("104")))
	})
})

// tlsSecret holds a new certificate with its key.
func tlsSecret(uid string) render.Secret {
	GinkgoHelper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	Expect(err).NotTo(HaveOccurred())
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"bot.example.com"}}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	Expect(err).NotTo(HaveOccurred())
	private, err := x509.MarshalPKCS8PrivateKey(key)
	Expect(err).NotTo(HaveOccurred())
	return render.Secret{UID: uid, Data: map[string][]byte{
		"tls.crt": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}),
		"tls.key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
	}}
}
