package kubeconfig_test

import (
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/generalbots/botcluster-operator/cmd/controlplane/kubeconfig"
)

const foreign = `apiVersion: v1
kind: Config
clusters: [{name: prod, cluster: {server: "https://prod:6443"}}]
contexts: [{name: prod, context: {cluster: prod, user: me}}, {name: botcluster-controlplane, context: {cluster: prod, user: me}}]
users: [{name: me, user: {}}]
`

var _ = Describe("A kubeconfig", func() {
	It("holds all that a client on another host needs", func() {
		content, err := kubeconfig.Embedded("https://127.0.0.1:6443", []byte("authority"), []byte("certificate"), []byte("key"))
		Expect(err).NotTo(HaveOccurred())
		config, err := clientcmd.RESTConfigFromKubeConfig(content)
		Expect(err).NotTo(HaveOccurred())
		Expect(config.Host).To(Equal("https://127.0.0.1:6443"))
		Expect(config.CAData).To(BeEquivalentTo("authority"))
		Expect(config.CertData).To(BeEquivalentTo("certificate"))
		Expect(config.KeyData).To(BeEquivalentTo("key"))
	})

	It("names the files of a client that reads them again when they are renewed", func() {
		content, err := kubeconfig.Referring("https://127.0.0.1:6443", "/pki/authority.crt", "/pki/me.pem")
		Expect(err).NotTo(HaveOccurred())
		config, err := clientcmd.Load(content)
		Expect(err).NotTo(HaveOccurred())
		current := config.Contexts[config.CurrentContext]
		Expect(config.Clusters[current.Cluster].CertificateAuthority).To(Equal("/pki/authority.crt"))
		Expect(config.AuthInfos[current.AuthInfo].ClientCertificate).To(Equal("/pki/me.pem"))
		Expect(config.AuthInfos[current.AuthInfo].ClientKey).To(Equal("/pki/me.pem"))
	})
})

var _ = Describe("Replaceable", func() {
	var path string

	BeforeEach(func() { path = filepath.Join(GinkgoT().TempDir(), "config") })

	It("agrees to a file that is not there", func() {
		Expect(kubeconfig.Replaceable(path)).To(Succeed())
	})

	It("agrees to a file of ours", func() {
		content, err := kubeconfig.Embedded("https://127.0.0.1:6443", []byte("a"), []byte("c"), []byte("k"))
		Expect(err).NotTo(HaveOccurred())
		Expect(os.WriteFile(path, content, 0o600)).To(Succeed())
		Expect(kubeconfig.Replaceable(path)).To(Succeed())
	})

	It("agrees to a file that somebody made empty for us", func() {
		Expect(os.WriteFile(path, []byte("\n"), 0o600)).To(Succeed())
		Expect(kubeconfig.Replaceable(path)).To(Succeed())
	})

	DescribeTable("refuses what is somebody else's, and says what to do", func(content, part string) {
		Expect(os.WriteFile(path, []byte(content), 0o600)).To(Succeed())
		Expect(kubeconfig.Replaceable(path)).To(MatchError(And(ContainSubstring(part), ContainSubstring("--kubeconfig"))))
	},
		Entry("with clusters beside ours", foreign, "contexts: botcluster-controlplane, prod"),
		Entry("no kubeconfig at all", "#!/bin/sh\nrm -rf /\n", "no kubeconfig"),
	)
})
