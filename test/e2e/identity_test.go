package e2e

import (
	"context"
	"os"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/provider/fake/incusd"
)

// serverAddress is where the Incus daemon listens for the time of a spec.
const serverAddress = "127.0.0.1:18443"

var _ = Describe("An identity", Label("identity"), Serial, func() {
	It("restricted to one project is enough, over the network", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		identity, err := incusd.NewIdentity("e2e-operator")
		Expect(err).NotTo(HaveOccurred())
		certificate := filepath.Join(GinkgoT().TempDir(), "client.crt")
		Expect(os.WriteFile(certificate, []byte(identity.Certificate), 0o600)).To(Succeed())
		run(ctx, "config", "set", "core.https_address", serverAddress)
		DeferCleanup(func(ctx context.Context) { run(ctx, "config", "unset", "core.https_address") })
		serverCertificate, err := os.ReadFile("/var/lib/incus/server.crt")
		Expect(err).NotTo(HaveOccurred())
		Expect(kubernetes.Client.Create(ctx, &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "incus"},
			StringData: map[string]string{
				"server": "https://" + serverAddress, "server-crt": string(serverCertificate),
				"client-crt": identity.Certificate, "client-key": identity.Key, "project": incus.Project,
			},
		})).To(Succeed())
		bc := newBotCluster(namespace, "remote", func(spec *v1alpha1.BotClusterSpec) {
			spec.Incus = v1alpha1.IncusSpec{IdentitySecretRef: &v1alpha1.SecretReference{Name: "incus"}}
		})

		By("a certificate that the server does not trust")
		Expect(kubernetes.Client.Create(ctx, bc)).To(Succeed())
		message := eventuallyCondition(ctx, bc, v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonServerUntrusted)
		Expect(message).To(ContainSubstring("client-crt"))
		Expect(instancesOf(ctx, bc)).To(BeEmpty())

		By("trusting it for one project")
		run(ctx, "config", "trust", "add-certificate", certificate, "--name", "e2e-operator", "--restricted", "--projects", incus.Project)
		DeferCleanup(func(ctx context.Context) {
			operators.restart()
			Expect(kubernetes.Client.Delete(ctx, bc)).To(Succeed())
			eventuallyGone(ctx, bc)
			run(ctx, "config", "trust", "remove", identity.Fingerprint)
		})
		waitReady(ctx, bc)
		expectServed(ctx, bc)
		Expect(operators.log.String()).NotTo(ContainSubstring("PRIVATE KEY"))
	}, SpecTimeout(4*time.Minute))
})
