package contract_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	incusapi "github.com/lxc/incus/v6/shared/api"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider"
	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
	fakeedge "github.com/generalbots/botcluster-operator/controllers/provider/fake/edge"
)

// edgeWorld is an edge with bots within its reach.
type edgeWorld interface {
	// AdminListen is where the admin API is, in the words of a Caddy configuration.
	AdminListen() string
	// Dial connects to the admin API.
	Dial(ctx context.Context) (net.Conn, error)
	// Start begins a process; it listens a moment later. Stop ends it.
	Start()
	Stop()
	// NewBot starts a bot that is healthy.
	NewBot(name string) edgeBot
	edgeFailures
}

// edgeFailures are requests that fail.
type edgeFailures interface {
	// OpensCircuit has requests of the route "api" to a bot of the pool fail until its circuit is open.
	OpensCircuit(ctx context.Context, edge provider.Edge, ailing edgeBot)
	// PassesOver has requests to a bot of the pool fail until it is passed over; there is another.
	PassesOver(ctx context.Context, edge provider.Edge, dying edgeBot)
}

// edgeBot is a bot that an edge probes.
type edgeBot interface {
	Member(state model.MemberState) model.Member
	// IsHealthy, IsSick, LosesDatabase and Dies change what probes find.
	IsHealthy()
	IsSick()
	LosesDatabase()
	Dies()
}

// edgeWorlds are the worlds that the contract holds in; each call makes a new one, which ends with the spec.
var edgeWorlds = []struct {
	name    string
	label   Labels
	prepare func()
	begin   func() edgeWorld
}{
	{"the fake edge", Label("fake"), func() {}, func() edgeWorld { return newFakeEdgeWorld() }},
	{"real Caddy", Label("real"), buildCaddy, func() edgeWorld { return realEdgeWorld{newCaddyProcess()} }},
}

// realEdgeWorld is Caddy on this machine, and bots in the process of the spec.
type realEdgeWorld struct{ *caddyProcess }

func (realEdgeWorld) NewBot(name string) edgeBot { return newBot(name) }

func (b *bot) IsHealthy()     { b.Becomes(http.StatusOK, "healthy") }
func (b *bot) IsSick()        { b.Becomes(http.StatusInternalServerError, "broken") }
func (b *bot) LosesDatabase() { b.Becomes(http.StatusServiceUnavailable, "degraded") }

// fakeEdgeWorld is a world in memory: an instance of the edge's image, and one per bot.
type fakeEdgeWorld struct {
	world *fake.World
	edges *fakeedge.Edges
	edge  fake.Ref

	mu      sync.Mutex
	tunnels []net.Conn
}

const (
	fakeEdgeImage = "edge"
	fakeBotImage  = "bot"
)

func newFakeEdgeWorld() *fakeEdgeWorld {
	world := fake.New(fake.Config{Clock: fake.WallClock{}, Seed: uint64(GinkgoRandomSeed())})
	DeferCleanup(world.Close)
	world.AddImage(fake.Image{Aliases: []string{fakeEdgeImage}})
	world.AddImage(fake.Image{Aliases: []string{fakeBotImage}})
	edges := fakeedge.Install(world, fakeedge.Config{Image: fakeEdgeImage, KeepsRoutes: true})
	w := &fakeEdgeWorld{world: world, edges: edges, edge: fake.Ref{Project: incusapi.ProjectDefaultName, Name: "edge-1"}}
	w.create(w.edge.Name, fakeEdgeImage, false)
	return w
}

func (w *fakeEdgeWorld) create(name, image string, start bool) {
	GinkgoHelper()
	_, err := w.world.CreateInstance(fake.LocalCaller(), incusapi.ProjectDefaultName, "", incusapi.InstancesPost{
		Name: name, Start: start, Source: incusapi.InstanceSource{Type: "image", Alias: image},
	})
	Expect(err).NotTo(HaveOccurred())
}

func (w *fakeEdgeWorld) AdminListen() string { return "unix/" + fakeedge.DefaultSocket + "|0600" }

func (w *fakeEdgeWorld) Dial(context.Context) (net.Conn, error) {
	connection, err := w.world.Dial(w.edge, "unix", fakeedge.DefaultSocket)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", syscall.ECONNREFUSED, err) // the world's own refusal has no type
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.tunnels = append(w.tunnels, connection)
	return connection, nil
}

func (w *fakeEdgeWorld) Start() { w.state("start") }

// Stop stops the instance, and all connections into it end, as the exec sessions do that carry them through Incus.
func (w *fakeEdgeWorld) Stop() {
	GinkgoHelper()
	w.state("stop")
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, tunnel := range w.tunnels {
		Expect(tunnel.Close()).To(Succeed())
	}
	w.tunnels = nil
}

func (w *fakeEdgeWorld) state(action string) {
	GinkgoHelper()
	_, err := w.world.ChangeState(fake.LocalCaller(), w.edge, incusapi.InstanceStatePut{Action: action, Force: true})
	Expect(err).NotTo(HaveOccurred())
}

func (w *fakeEdgeWorld) NewBot(name string) edgeBot {
	w.create(name, fakeBotImage, true)
	ref := fake.Ref{Project: incusapi.ProjectDefaultName, Name: name}
	var address string
	Eventually(func() string {
		sight, _ := w.world.Look(ref)
		address = sight.Address
		return address
	}).WithTimeout(time.Minute).ShouldNot(BeEmpty())
	return &fakeBot{world: w.world, ref: ref, address: net.JoinHostPort(address, "8080")}
}

type fakeBot struct {
	world   *fake.World
	ref     fake.Ref
	address string
}

func (b *fakeBot) Member(state model.MemberState) model.Member {
	return model.Member{Name: b.ref.Name, Address: b.address, State: state}
}

func (b *fakeBot) IsHealthy()     { b.becomes(fake.Healthy) }
func (b *fakeBot) IsSick()        { b.becomes(fake.Unhealthy) }
func (b *fakeBot) LosesDatabase() { b.becomes(fake.Degraded) }

func (b *fakeBot) becomes(health fake.Health) {
	b.world.Behave(b.ref.String(), func(behaviour *fake.Behaviour) { behaviour.Health = health })
}

func (b *fakeBot) Dies() {
	GinkgoHelper()
	Expect(b.world.Crash(b.ref)).To(Succeed())
}
