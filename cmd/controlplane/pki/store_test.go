package pki_test

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/cmd/controlplane/pki"
)

const day = 24 * time.Hour

var (
	start = time.Date(2030, time.March, 1, 12, 0, 0, 0, time.UTC)
	names = pki.Names{DNS: []string{"host", "localhost"}, Addresses: []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.MustParseAddr("::1")}}

	leaves = []string{"kube-apiserver.pem", "kube-controller-manager.pem", "admin.pem"}
	all    = append([]string{"authority.pem", "authority.crt", "service-account.key"}, leaves...)
)

var _ = Describe("Store", func() {
	var store pki.Store

	BeforeEach(func() {
		store = pki.Store{Dir: GinkgoT().TempDir()}
		Expect(store.Ensure(names, start)).To(ConsistOf(all))
	})

	It("keeps what it wrote from other users", func() {
		for _, name := range all {
			info, err := os.Stat(filepath.Join(store.Dir, name))
			Expect(err).NotTo(HaveOccurred())
			Expect(info.Mode()).To(Equal(fs.FileMode(0o600)), name)
		}
	})

	DescribeTable("gives the API server a certificate for every name it is reached by", func(name string) {
		verify(store, store.APIServer(), x509.VerifyOptions{DNSName: name, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	},
		Entry(nil, "host"), Entry(nil, "localhost"), Entry(nil, "127.0.0.1"), Entry(nil, "::1"),
	)

	It("tells the API server who the controller manager is", func() {
		certificate := verify(store, store.ControllerManager(), x509.VerifyOptions{KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
		Expect(certificate.Subject.CommonName).To(Equal("system:kube-controller-manager"))
		Expect(certificate.Subject.Organization).To(BeEmpty())
	})

	It("gives out the administrator with a matching key, and the authority without one", func() {
		authority, certificate, key, err := store.Admin()
		Expect(err).NotTo(HaveOccurred())
		pair, err := tls.X509KeyPair(certificate, key)
		Expect(err).NotTo(HaveOccurred())
		Expect(pair.Leaf.Subject.Organization).To(Equal([]string{"system:masters"}))
		block, rest := pem.Decode(authority)
		Expect(block.Type).To(Equal("CERTIFICATE"))
		Expect(rest).To(BeEmpty())
	})

	DescribeTable("issues what is near its expiry and leaves the rest alone", func(later time.Duration, want []string) {
		Expect(store.Ensure(names, start.Add(later))).To(ConsistOf(want))
		Expect(store.Ensure(names, start.Add(later))).To(BeEmpty(), "a second look changes nothing")
	},
		Entry("at once", time.Duration(0), nil),
		Entry("in the third quarter of a leaf's life", 270*day, nil),
		Entry("in its last quarter", 280*day, leaves),
		Entry("when it has expired", 400*day, leaves),
		Entry("when the authority might not outlive a leaf", 9*365*day, append([]string{"authority.pem", "authority.crt"}, leaves...)),
		Entry("when the clock was wrong at the start", -400*day, append([]string{"authority.pem", "authority.crt"}, leaves...)),
	)

	It("issues the API server's again when its names change", func() {
		more := pki.Names{DNS: names.DNS, Addresses: append([]netip.Addr{netip.MustParseAddr("192.0.2.1")}, names.Addresses...)}
		Expect(store.Ensure(more, start)).To(Equal([]string{"kube-apiserver.pem"}))
		verify(store, store.APIServer(), x509.VerifyOptions{DNSName: "192.0.2.1"})
	})

	It("issues a leaf again that cannot be read or is another's", func() {
		Expect(os.WriteFile(store.APIServer(), []byte("torn"), 0o600)).To(Succeed())
		Expect(os.Rename(filepath.Join(store.Dir, "admin.pem"), store.ControllerManager())).To(Succeed())
		Expect(store.Ensure(names, start)).To(ConsistOf(leaves))
	})

	It("issues all leaves again when the authority is a new one", func() {
		Expect(os.Remove(filepath.Join(store.Dir, "authority.pem"))).To(Succeed())
		Expect(store.Ensure(names, start)).To(ConsistOf(append([]string{"authority.pem", "authority.crt"}, leaves...)))
	})

	It("never replaces an authority that it cannot read", func() {
		path := filepath.Join(store.Dir, "authority.pem")
		Expect(os.WriteFile(path, []byte("torn"), 0o600)).To(Succeed())
		_, err := store.Ensure(names, start)
		Expect(err).To(MatchError(ContainSubstring("put it back from a copy")))
		Expect(os.ReadFile(path)).To(BeEquivalentTo("torn"))
	})

	It("writes the authority's certificate again when a crash came between its two files", func() {
		Expect(os.Remove(store.AuthorityCertificate())).To(Succeed())
		Expect(store.Ensure(names, start)).To(Equal([]string{"authority.crt"}))
		verify(store, store.APIServer(), x509.VerifyOptions{DNSName: "localhost"})
	})

	It("keeps the key of service accounts for ever, as every token depends on it", func() {
		before, err := os.ReadFile(store.ServiceAccountKey())
		Expect(err).NotTo(HaveOccurred())
		Expect(store.Ensure(names, start.Add(9*365*day))).NotTo(BeEmpty())
		Expect(os.ReadFile(store.ServiceAccountKey())).To(Equal(before))
	})

	When("the control plane runs", func() {
		It("renews the leaves with the names they have, and not the authority", func() {
			Expect(store.Renew(start.Add(280 * day))).To(ConsistOf(leaves))
			Expect(store.Ensure(names, start.Add(280*day))).To(BeEmpty(), "the names are the same")
		})

		It("renews nothing that is good", func() {
			Expect(store.Renew(start.Add(30 * day))).To(BeEmpty())
		})

		It("makes no leaf that outlives its authority", func() {
			Expect(store.Renew(start.Add(9*365*day + 300*day))).To(ConsistOf(leaves))
			authority, leaf := parse(store.AuthorityCertificate()), parse(store.APIServer())
			Expect(leaf.NotAfter).To(Equal(authority.NotAfter))
		})
	})
})

// verify checks a certificate against the authority's, and returns it.
func verify(store pki.Store, path string, options x509.VerifyOptions) *x509.Certificate {
	GinkgoHelper()
	options.Roots = x509.NewCertPool()
	options.Roots.AddCert(parse(store.AuthorityCertificate()))
	options.CurrentTime = start.Add(day)
	certificate := parse(path)
	_, err := certificate.Verify(options)
	Expect(err).NotTo(HaveOccurred())
	return certificate
}

func parse(path string) *x509.Certificate {
	GinkgoHelper()
	content, err := os.ReadFile(path)
	Expect(err).NotTo(HaveOccurred())
	block, _ := pem.Decode(content)
	Expect(block).NotTo(BeNil())
	certificate, err := x509.ParseCertificate(block.Bytes)
	Expect(err).NotTo(HaveOccurred())
	return certificate
}
