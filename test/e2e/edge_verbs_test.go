package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/test/load"
)

// createEdge applies a BotCluster with spec.edge as a user writes it, in JSON, and waits until it is ready.
func createEdge(ctx context.Context, name string, bots int32, edge string) *v1alpha1.BotCluster {
	GinkgoHelper()
	bc := newEdge(newNamespace(ctx), name, bots, edge)
	applyEdge(ctx, bc)
	waitReady(ctx, bc.cluster)
	return bc.cluster
}

// edgeManifest is a BotCluster that is not applied yet, and what is to be in its spec.edge.
type edgeManifest struct {
	cluster *v1alpha1.BotCluster
	edge    string
}

func newEdge(namespace, name string, bots int32, edge string) edgeManifest {
	return edgeManifest{
		cluster: newBotCluster(namespace, name, func(spec *v1alpha1.BotClusterSpec) { spec.Replicas = new(bots) }), edge: edge,
	}
}

func applyEdge(ctx context.Context, manifest edgeManifest) {
	GinkgoHelper()
	content, err := runtime.DefaultUnstructuredConverter.ToUnstructured(manifest.cluster)
	Expect(err).NotTo(HaveOccurred())
	applied := &unstructured.Unstructured{Object: content}
	applied.SetAPIVersion(v1alpha1.GroupVersion.String())
	applied.SetKind("BotCluster")
	var fields map[string]any
	Expect(json.Unmarshal([]byte(manifest.edge), &fields)).To(Succeed(), manifest.edge)
	for field, value := range fields {
		Expect(unstructured.SetNestedField(applied.Object, value, "spec", "edge", field)).To(Succeed())
	}
	Expect(kubernetes.Client.Create(ctx, applied)).To(Succeed())
	Expect(kubernetes.Client.Get(ctx, client.ObjectKeyFromObject(applied), manifest.cluster)).To(Succeed())
}

// patchEdge changes spec.edge with kubectl and does not wait.
func patchEdge(ctx context.Context, bc *v1alpha1.BotCluster, edge string) {
	GinkgoHelper()
	patchSpec(ctx, bc, `{"edge":`+edge+`}`)
}

// patchSpec changes the spec with kubectl and does not wait.
func patchSpec(ctx context.Context, bc *v1alpha1.BotCluster, spec string) {
	GinkgoHelper()
	kubectl(ctx, "patch", "botcluster", bc.Name, "--namespace", bc.Namespace, "--type", "merge", "--patch", `{"spec":`+spec+`}`)
}

// kubectl runs kubectl and expects it to succeed.
func kubectl(ctx context.Context, arguments ...string) string {
	GinkgoHelper()
	out, err := kubernetes.Kubectl(ctx, arguments...)
	Expect(err).NotTo(HaveOccurred(), out)
	return out
}

// statusOf reads a part of the status with a JSONPath.
func statusOf(ctx context.Context, bc *v1alpha1.BotCluster, path string) string {
	GinkgoHelper()
	return kubectl(ctx, "get", "botcluster", bc.Name, "--namespace", bc.Namespace, "--output", "jsonpath={.status."+path+"}")
}

// addressOf is where an instance is on the suite's network.
func addressOf(ctx context.Context, bc *v1alpha1.BotCluster, tier string, ordinal int32) string {
	GinkgoHelper()
	refresh(ctx, bc)
	for _, instance := range bc.Status.Instances {
		if instance.Tier == tier && instance.Ordinal == ordinal {
			Expect(instance.Address).NotTo(BeEmpty(), instance.Name)
			return instance.Address
		}
	}
	Fail(fmt.Sprintf("%s has no %s %d", bc.Name, tier, ordinal))
	return ""
}

// everybody is a mix of all kinds of clients that two cores carry beside everything else.
func everybody(url string) load.Mix {
	return load.Mix{URL: url, GetsPerSecond: 100, PostsPerSecond: 50, Streams: 10, WebSockets: 10}
}

// begin starts clients and waits until all kinds of them get answers. They end with the spec.
func begin(ctx context.Context, mix load.Mix) *load.Load {
	GinkgoHelper()
	clients := load.Start(ctx, mix)
	Eventually(ctx, clients.Flowing).WithTimeout(promptTimeout).Should(BeTrue(), func() string { return clients.Report().String() })
	return clients
}

// end stops clients and returns what became of all that they sent.
func end(clients *load.Load) load.Report {
	GinkgoHelper()
	report := clients.Stop()
	AddReportEntry("load", report.String(), ReportEntryVisibilityFailureOrVerbose)
	for _, count := range []load.Count{report.Gets, report.Posts, report.Streams, report.WebSockets} {
		Expect(count.OK).To(BeNumerically(">", 0), report.String())
	}
	return report
}

// expectNothingLost stops clients that must have lost nothing.
func expectNothingLost(clients *load.Load) load.Report {
	GinkgoHelper()
	report := end(clients)
	Expect(report.Lost()).To(BeZero(), report.String())
	return report
}

// answer is what an edge said.
type answer struct {
	Status int
	Body   string
	Bot    string
	Header http.Header
}

// ask sends a GET with headers, as name and value in turns.
func ask(ctx context.Context, url string, headers ...string) (answer, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return answer{}, err
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Add(headers[i], headers[i+1])
	}
	response, err := webClient.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return answer{
		Status: response.StatusCode, Body: string(body), Bot: response.Header.Get("Botserver-Name"), Header: response.Header,
	}, err
}

// expectAnswer sends a GET that must be answered, with whatever status.
func expectAnswer(ctx context.Context, url string, headers ...string) answer {
	GinkgoHelper()
	got, err := ask(ctx, url, headers...)
	Expect(err).NotTo(HaveOccurred())
	return got
}

// tellBot changes how a stand-in bot behaves, straight at its address.
func tellBot(ctx context.Context, bc *v1alpha1.BotCluster, ordinal int32, settings string) {
	GinkgoHelper()
	url := "http://" + addressOf(ctx, bc, "bot", ordinal) + ":8080/control"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader([]byte(settings)))
	Expect(err).NotTo(HaveOccurred())
	response, err := webClient.Do(request)
	Expect(err).NotTo(HaveOccurred())
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	Expect(err).NotTo(HaveOccurred())
	Expect(response.StatusCode).To(Equal(http.StatusOK), string(body))
}

// root is where the edge of a BotCluster is, without a slash at the end.
func root(bc *v1alpha1.BotCluster) string {
	GinkgoHelper()
	Expect(bc.Status.URLs).NotTo(BeEmpty())
	return strings.TrimSuffix(bc.Status.URLs[0], "/")
}
