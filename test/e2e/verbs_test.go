package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/botcluster"
	"github.com/generalbots/botcluster-operator/test/ground"
)

// newNamespace makes a namespace that goes after the spec, with its BotClusters gone before.
func newNamespace(ctx context.Context) string {
	GinkgoHelper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "e2e-"}}
	Expect(kubernetes.Client.Create(ctx, namespace)).To(Succeed())
	DeferCleanup(func(ctx context.Context) {
		operators.restart()
		Expect(kubernetes.Client.DeleteAllOf(ctx, &v1alpha1.BotCluster{}, client.InNamespace(namespace.Name))).To(Succeed())
		Eventually(ctx, func(g Gomega) {
			var list v1alpha1.BotClusterList
			g.Expect(kubernetes.Client.List(ctx, &list, client.InNamespace(namespace.Name))).To(Succeed())
			g.Expect(list.Items).To(BeEmpty())
		}).WithTimeout(goneTimeout).Should(Succeed())
	})
	return namespace.Name
}

// newBotCluster is a small BotCluster on the suite's environment.
func newBotCluster(namespace, name string, change ...func(*v1alpha1.BotClusterSpec)) *v1alpha1.BotCluster {
	bc := &v1alpha1.BotCluster{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: v1alpha1.BotClusterSpec{
			Replicas: ptr.To[int32](2),
			Incus: v1alpha1.IncusSpec{
				UnixSocket: ground.UnixSocket, Project: incus.Project, StoragePool: incus.Pool, Network: incus.Network,
			},
			Bot:  v1alpha1.BotSpec{Image: v1alpha1.ImageReference{Alias: "botcluster-bot"}},
			Edge: v1alpha1.EdgeSpec{Image: v1alpha1.ImageReference{Alias: "botcluster-edge"}},
		},
	}
	for _, change := range change {
		change(&bc.Spec)
	}
	return bc
}

// create applies a BotCluster and waits until it is ready.
func create(ctx context.Context, bc *v1alpha1.BotCluster) {
	GinkgoHelper()
	Expect(kubernetes.Client.Create(ctx, bc)).To(Succeed())
	waitReady(ctx, bc)
}

// waitReady waits as a user does.
func waitReady(ctx context.Context, bc *v1alpha1.BotCluster) {
	GinkgoHelper()
	out, err := kubernetes.Kubectl(ctx, "wait", "--for=condition=Ready", "--timeout="+readyTimeout.String(),
		"botcluster/"+bc.Name, "--namespace", bc.Namespace)
	Expect(err).NotTo(HaveOccurred(), out)
	refresh(ctx, bc)
}

// refresh reads a BotCluster and checks that its conditions tell one story.
func refresh(ctx context.Context, bc *v1alpha1.BotCluster) {
	GinkgoHelper()
	Expect(kubernetes.Client.Get(ctx, client.ObjectKeyFromObject(bc), bc)).To(Succeed())
	if bc.Status.ObservedGeneration > 0 {
		Expect(botcluster.Conditions.Lint(bc.Status.Conditions, bc.Generation, bc.Status.ObservedGeneration)).To(BeEmpty())
	}
}

// update changes the spec of a BotCluster.
func update(ctx context.Context, bc *v1alpha1.BotCluster, change func(*v1alpha1.BotClusterSpec)) {
	GinkgoHelper()
	Eventually(ctx, func(g Gomega) {
		g.Expect(kubernetes.Client.Get(ctx, client.ObjectKeyFromObject(bc), bc)).To(Succeed())
		change(&bc.Spec)
		g.Expect(kubernetes.Client.Update(ctx, bc)).To(Succeed())
	}).WithTimeout(promptTimeout).Should(Succeed())
}

// eventuallyCondition waits for a condition with a reason, and returns its message.
func eventuallyCondition(ctx context.Context, bc *v1alpha1.BotCluster, kind string, status metav1.ConditionStatus, reason string) string {
	GinkgoHelper()
	var message string
	Eventually(ctx, func(g Gomega) {
		refresh(ctx, bc)
		condition := meta.FindStatusCondition(bc.Status.Conditions, kind)
		g.Expect(condition).NotTo(BeNil())
		g.Expect(condition.Status).To(Equal(status), condition.Message)
		g.Expect(condition.Reason).To(Equal(reason), condition.Message)
		message = condition.Message
	}).WithTimeout(promptTimeout).Should(Succeed())
	return message
}

// instancesOf lists the instances that carry the BotCluster's UID.
func instancesOf(ctx context.Context, bc *v1alpha1.BotCluster) []ground.Instance {
	GinkgoHelper()
	instances, err := incus.OwnedBy(ctx, string(bc.UID))
	Expect(err).NotTo(HaveOccurred())
	return instances
}

// instanceOf names an instance of a BotCluster.
func instanceOf(ctx context.Context, bc *v1alpha1.BotCluster, tier string, ordinal int32) string {
	GinkgoHelper()
	refresh(ctx, bc)
	for _, instance := range bc.Status.Instances {
		if instance.Tier == tier && instance.Ordinal == ordinal {
			return instance.Name
		}
	}
	Fail(fmt.Sprintf("%s has no %s %d: %v", bc.Name, tier, ordinal, bc.Status.Instances))
	return ""
}

// webClient talks to edges; each request has its own connection, so that nothing hides behind one that is kept open.
var webClient = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

// get asks a URL and returns status, body and headers.
func get(ctx context.Context, url string) (int, string, http.Header, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", nil, err
	}
	response, err := webClient.Do(request)
	if err != nil {
		return 0, "", nil, err
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	return response.StatusCode, string(body), response.Header, errors.Join(err, response.Body.Close())
}

// expectServed checks that the edge answers with a bot's health.
func expectServed(ctx context.Context, bc *v1alpha1.BotCluster) {
	GinkgoHelper()
	refresh(ctx, bc)
	Expect(bc.Status.URLs).NotTo(BeEmpty())
	status, body, _, err := get(ctx, strings.TrimSuffix(bc.Status.URLs[0], "/")+"/api/health")
	Expect(err).NotTo(HaveOccurred())
	Expect(status).To(Equal(http.StatusOK), body)
}
