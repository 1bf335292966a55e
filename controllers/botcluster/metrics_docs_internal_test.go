package botcluster

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// nobody is an API server that has nothing.
type nobody struct{ client.Client }

func (nobody) Get(_ context.Context, key client.ObjectKey, _ client.Object, _ ...client.GetOption) error {
	return apierrors.NewNotFound(schema.GroupResource{Resource: "botclusters"}, key.Name)
}

var _ = Describe("Metrics", func() {
	// read is a file of the checkout.
	read := func(path ...string) string {
		GinkgoHelper()
		text, err := os.ReadFile(filepath.Join(append([]string{"..", ".."}, path...)...))
		Expect(err).NotTo(HaveOccurred())
		return string(text)
	}

	It("are those that docs/metrics.md lists, with their labels, and so are those of the edges", func() {
		described := map[string]string{}
		descriptions := make(chan *prometheus.Desc)
		go func() {
			defer close(descriptions)
			newMetrics().Describe(descriptions)
		}()
		shown := regexp.MustCompile(`fqName: "(\w+)".*variableLabels: \{([\w,]*)\}`)
		for description := range descriptions {
			match := shown.FindStringSubmatch(description.String())
			Expect(match).NotTo(BeNil(), description.String())
			labels, ours := strings.CutPrefix(match[2], "namespace,name")
			Expect(ours).To(BeTrue(), description.String())
			described[match[1]] = strings.TrimPrefix(labels, ",")
		}
		edge := read("cmd", "caddy", "edge", "metrics.go")
		for _, match := range regexp.MustCompile(`memberMetric\("(\w+)"`).FindAllStringSubmatch(edge, -1) {
			described["botcluster_edge_member_"+match[1]] = "member"
		}
		described["botcluster_edge_member_breaker_state"] = "member,route"
		Expect(edge).To(ContainSubstring(`"botcluster_edge_member_breaker_state"`))

		listed := map[string]string{}
		for _, row := range regexp.MustCompile("(?m)^\\| `(botcluster_\\w+)` \\| ([^|]*)\\|").FindAllStringSubmatch(read("docs", "metrics.md"), -1) {
			listed[row[1]] = strings.NewReplacer("`", "", " ", "").Replace(row[2])
		}
		Expect(listed).To(Equal(described))
	})

	It("of a BotCluster that is not there any more are forgotten", func(ctx context.Context) {
		scene := newScene()
		scene.pass(served(1, 1), 0)
		Expect(scene.registry.Gather()).NotTo(BeEmpty())
		reconciler := NewReconciler(Options{Client: nobody{}, Metrics: scene.metrics})
		Expect(reconciler.Reconcile(ctx, ctrl.Request{NamespacedName: client.ObjectKeyFromObject(scene.bc)})).To(BeZero())
		Expect(scene.registry.Gather()).To(BeEmpty())
	})
})
