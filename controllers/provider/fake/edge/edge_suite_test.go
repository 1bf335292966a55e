package edge_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	incusapi "github.com/lxc/incus/v6/shared/api"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
	"github.com/generalbots/botcluster-operator/controllers/provider/fake/edge"
)

func TestEdge(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Caddy inside a world")
}

var dawn = time.Date(2026, time.November, 2, 10, 0, 0, 0, time.UTC)

// bench is a world with an edge "edge-1" and the admin API inside it.
type bench struct {
	world *fake.World
	edges *edge.Edges
	admin *http.Client
}

func newBench(config edge.Config) *bench {
	GinkgoHelper()
	before := gleak.Goroutines()
	world := fake.New(fake.Config{Clock: clocktesting.NewFakeClock(dawn)})
	world.AddImage(fake.Image{Aliases: []string{"caddy"}})
	world.AddImage(fake.Image{Aliases: []string{"bot"}, Behaviour: fake.Behaviour{AddressDelay: 500 * time.Millisecond}})
	config.Image = "caddy"
	edges := edge.Install(world, config)
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return world.Dial(edgeRef, "unix", edge.DefaultSocket)
	}}
	DeferCleanup(func() {
		transport.CloseIdleConnections()
		world.Close()
		Eventually(gleak.Goroutines).ShouldNot(gleak.HaveLeaked(before))
	})
	b := &bench{world: world, edges: edges, admin: &http.Client{Transport: transport}}
	b.launch("edge-1", "caddy")
	return b
}

var edgeRef = ref("edge-1")

func ref(name string) fake.Ref { return fake.Ref{Project: incusapi.ProjectDefaultName, Name: name} }

// launch runs an instance until it serves, and returns its address.
func (b *bench) launch(name, image string) string {
	GinkgoHelper()
	_, err := b.world.CreateInstance(fake.LocalCaller(), incusapi.ProjectDefaultName, "", incusapi.InstancesPost{
		Name: name, Source: incusapi.InstanceSource{Type: "image", Alias: image}, Start: true,
	})
	Expect(err).NotTo(HaveOccurred())
	b.world.Advance(500 * time.Millisecond)
	sight, ok := b.world.Look(ref(name))
	Expect(ok).To(BeTrue())
	return sight.Address
}

func (b *bench) change(name, action string) {
	GinkgoHelper()
	_, err := b.world.ChangeState(fake.LocalCaller(), ref(name), incusapi.InstanceStatePut{Action: action, Force: true})
	Expect(err).NotTo(HaveOccurred())
	b.world.Settle()
}

// call asks the admin API; the body is what it said.
func (b *bench) call(method, path, body string, headers ...string) (status int, answer []byte, err error) {
	GinkgoHelper()
	request, err := http.NewRequestWithContext(context.Background(), method, "http://edge"+path, bytes.NewReader([]byte(body)))
	Expect(err).NotTo(HaveOccurred())
	request.Header.Set("Content-Type", "application/json")
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	response, err := b.admin.Do(request)
	if err != nil {
		return 0, nil, err
	}
	answer, err = io.ReadAll(response.Body)
	Expect(err).NotTo(HaveOccurred())
	Expect(response.Body.Close()).To(Succeed())
	return response.StatusCode, answer, nil
}

// push replaces the pool and returns what the edge answers; members are "name address state".
func (b *bench) push(revision string, members ...[3]string) edge.Document {
	GinkgoHelper()
	status, answer, err := b.call(http.MethodPut, "/botcluster/pool", pushOf(revision, members...))
	Expect(err).NotTo(HaveOccurred())
	Expect(status).To(Equal(http.StatusOK), string(answer))
	return decode(answer)
}

func pushOf(revision string, members ...[3]string) string {
	list := []string{}
	for _, m := range members {
		list = append(list, fmt.Sprintf(`{"name":%q,"address":%q,"state":%q}`, m[0], m[1], m[2]))
	}
	encoded := "[]"
	if len(list) > 0 {
		encoded = "["
		for i, member := range list {
			if i > 0 {
				encoded += ","
			}
			encoded += member
		}
		encoded += "]"
	}
	return fmt.Sprintf(`{"revision":%q,"probe":{"path":"/api/health","interval":"10s","timeout":"5s","retries":3},"members":%s}`, revision, encoded)
}

func decode(answer []byte) edge.Document {
	GinkgoHelper()
	document := edge.Document{}
	Expect(json.Unmarshal(answer, &document)).To(Succeed())
	return document
}

// pool is the document of this moment.
func (b *bench) pool() edge.Document {
	GinkgoHelper()
	status, answer, err := b.call(http.MethodGet, "/botcluster/pool", "")
	Expect(err).NotTo(HaveOccurred())
	Expect(status).To(Equal(http.StatusOK))
	return decode(answer)
}

// brief is a document in a few words: "bot-1 active healthy serving".
func brief(document edge.Document) []string {
	list := []string{}
	for _, m := range document.Members {
		text := fmt.Sprintf("%s %s %s", m.Name, m.State, m.Probe.Result)
		if m.Serving {
			text += " serving"
		}
		list = append(list, text)
	}
	return list
}
