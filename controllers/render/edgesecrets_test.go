package render_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"math/big"

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
	var source render.EdgeSecretSource

	BeforeEach(func() {
		edge = v1alpha1.EdgeSpec{TLS: v1alpha1.EdgeTLS{
			Mode: v1alpha1.TLSModeSecret, SecretRef: &v1alpha1.SecretReference{Name: "first"},
			AdditionalSecretRefs: []v1alpha1.SecretReference{{Name: "another"}},
		}}
		source = render.EdgeSecretSource{CookieKey: cookieKey, TLS: map[string]render.Secret{
			"first": tlsSecret("u1"), "another": tlsSecret("u2"),
		}}
	})

	It("are the cookie key and the certificates, the first one first", func() {
		Expect(render.EdgeSecretNames(edge)).To(HaveExactElements("first", "another"))
		secrets, err := render.EdgeSecrets(edge, source, owner)
		Expect(err).NotTo(HaveOccurred())
		Expect(secrets.CookieKey).To(Equal(cookieKey))
		Expect(secrets.Certificates).To(HaveExactElements(
			model.Certificate{Chain: source.TLS["first"].Data["tls.crt"], Key: source.TLS["first"].Data["tls.key"]},
			model.Certificate{Chain: source.TLS["another"].Data["tls.crt"], Key: source.TLS["another"].Data["tls.key"]},
		))
		Expect(secrets.Revision).To(HaveLen(16))
		Expect(render.EdgeSecrets(edge, source, owner)).To(Equal(secrets))
	})

	It("are the cookie key alone in other modes of TLS", func() {
		edge.TLS.Mode = v1alpha1.TLSModeAuto
		Expect(render.EdgeSecretNames(edge)).To(BeEmpty())
		secrets, err := render.EdgeSecrets(edge, source, owner)
		Expect(err).NotTo(HaveOccurred())
		Expect(secrets.Certificates).To(BeEmpty())
		Expect(secrets.Revision).NotTo(BeEmpty())
	})

	It("are none before there is a cookie key", func() {
		Expect(render.EdgeSecrets(edge, render.EdgeSecretSource{}, owner)).To(Equal(model.EdgeSecrets{}))
	})

	DescribeTable("have another revision with",
		func(change func()) {
			before, err := render.EdgeSecrets(edge, source, owner)
			Expect(err).NotTo(HaveOccurred())
			change()
			after, err := render.EdgeSecrets(edge, source, owner)
			Expect(err).NotTo(HaveOccurred())
			Expect(after.Revision).NotTo(Equal(before.Revision))
		},
		Entry("another certificate", func() { source.TLS["first"] = tlsSecret("u1") }),
		Entry("another cookie key", func() { source.CookieKey = bytes.Repeat([]byte("x"), render.CookieKeySize) }),
		Entry("one certificate less", func() { edge.TLS.AdditionalSecretRefs = nil }),
		Entry("another order", func() {
			edge.TLS.SecretRef.Name, edge.TLS.AdditionalSecretRefs[0].Name = edge.TLS.AdditionalSecretRefs[0].Name, edge.TLS.SecretRef.Name
		}),
	)

	It("have a revision that tells nothing to those who guess what is in them", func() {
		edge.TLS.Mode = v1alpha1.TLSModeOff
		secrets, err := render.EdgeSecrets(edge, source, owner)
		Expect(err).NotTo(HaveOccurred())
		for _, guess := range [][]byte{cookieKey, append([]byte(owner.UID), cookieKey...)} {
			sum := sha256.Sum256(guess)
			Expect(hex.EncodeToString(sum[:])).NotTo(HavePrefix(secrets.Revision))
		}
		other, err := render.EdgeSecrets(edge, source, model.Owner{UID: "another"})
		Expect(err).NotTo(HaveOccurred())
		Expect(other.Revision).NotTo(Equal(secrets.Revision), "two BotClusters with the same secrets")
	})

	DescribeTable("are refused in a sentence that names the Secret and the key, and tells nothing of what is in them",
		func(change func(), want error, sentence string) {
			change()
			secrets, err := render.EdgeSecrets(edge, source, owner)
			Expect(err).To(MatchError(want))
			Expect(err).To(MatchError(ContainSubstring(sentence)))
			Expect(err).NotTo(MatchError(ContainSubstring("hunter2")))
			Expect(secrets).To(Equal(model.EdgeSecrets{}))
		},
		Entry("without the Secret", func() { delete(source.TLS, "another") }, render.ErrSecretMissing, `edge.tls Secret "another"`),
		Entry("without the certificate", func() { delete(source.TLS["first"].Data, "tls.crt") }, render.ErrSecretMissing, `key "tls.crt" of Secret "first"`),
		Entry("without the private key", func() { source.TLS["first"].Data["tls.key"] = nil }, render.ErrSecretMissing, `key "tls.key" of Secret "first"`),
		Entry("with another's private key", func() { source.TLS["first"].Data["tls.key"] = source.TLS["another"].Data["tls.key"] },
			render.ErrCertificateUnusable, `Secret "first" must be a certificate chain`),
		Entry("with what is no key", func() { source.TLS["first"].Data["tls.key"] = []byte("hunter2") },
			render.ErrCertificateUnusable, "kubectl create secret tls"),
		Entry("with a short cookie key", func() { source.CookieKey = []byte("hunter2") }, render.ErrCookieKey, "must be 32 bytes"),
	)

	It("are not printed", func() {
		source.TLS["first"].Data["tls.key"] = []byte("hunter2")
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
