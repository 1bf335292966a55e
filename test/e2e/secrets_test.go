package e2e

import (
	"context"
	"os/exec"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
)

const canary = "canary-5b8f0d6c2f3e4a7d9c1b8e6f5a4d3c2b"

var _ = Describe("Secrets", Label("secrets"), func() {
	It("reach the bot in a 0600 file and appear nowhere else", func(ctx context.Context) {
		namespace := newNamespace(ctx)
		Expect(kubernetes.Client.Create(ctx, &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "bot"}, StringData: map[string]string{"VAULT_TOKEN": canary},
		})).To(Succeed())
		bc := newBotCluster(namespace, "discreet", func(spec *v1alpha1.BotClusterSpec) {
			spec.Replicas = ptr.To[int32](1)
			spec.Bot.EnvFrom = []v1alpha1.EnvFromSource{{SecretRef: v1alpha1.SecretReference{Name: "bot"}}}
			spec.Bot.Env = []v1alpha1.EnvVar{{Name: "BOT_NAME", Value: "parrot"}}
		})
		create(ctx, bc)
		bot := instanceOf(ctx, bc, "bot", 1)
		Expect(run(ctx, "exec", bot, "--", "cat", "/opt/gbo/conf/botserver.env")).To(ContainSubstring(canary))
		Expect(run(ctx, "exec", bot, "--", "stat", "-c", "%a %U", "/opt/gbo/conf/botserver.env")).To(HavePrefix("600 root"))
		_, _, header, err := get(ctx, bc.Status.URLs[0]+"/api/ping")
		Expect(err).NotTo(HaveOccurred())
		Expect(header.Get("Botserver-Name")).To(Equal("parrot"), "the bot runs with its variables")

		Expect(run(ctx, "config", "show", bot, "--expanded")).NotTo(ContainSubstring(canary))
		operations, err := exec.CommandContext(ctx, "incus", "query", "/1.0/operations?recursion=1&project="+incus.Project).CombinedOutput()
		Expect(err).NotTo(HaveOccurred(), string(operations))
		Expect(string(operations)).NotTo(ContainSubstring(canary))
		Expect(operators.log.String()).NotTo(ContainSubstring(canary))
		for _, kind := range []string{"botclusters", "events"} {
			out, err := kubernetes.Kubectl(ctx, "get", kind, "--namespace", namespace, "-o", "yaml")
			Expect(err).NotTo(HaveOccurred())
			Expect(out).NotTo(ContainSubstring(canary))
		}
	}, SpecTimeout(3*time.Minute))
})
