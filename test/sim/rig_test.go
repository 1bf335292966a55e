package sim

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/prometheus/client_golang/prometheus"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	"k8s.io/utils/ptr"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/botcluster"
	"github.com/generalbots/botcluster-operator/controllers/provider/caddy"
	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
	"github.com/generalbots/botcluster-operator/controllers/provider/fake/edge"
	"github.com/generalbots/botcluster-operator/controllers/provider/fake/incusd"
	"github.com/generalbots/botcluster-operator/controllers/provider/incus"
)

const (
	project     = "default"
	manager     = "sim-manager"
	foreignName = "somebody-elses"
	// patience is the virtual time within which every scenario must come to rest, faults included.
	patience = 10 * time.Minute
	// quiet is the virtual time that a world at rest is watched for, longQuiet when it scales by itself: some looks at the signals.
	quiet     = 12 * time.Second
	longQuiet = 45 * time.Second
)

var serial atomic.Int64

// rig is one world with one BotCluster and the operator that works on it.
type rig struct {
	world  *fake.World
	server *incusd.Server
	edges  *edge.Edges
	clock  *clocktesting.FakeClock
	key    types.NamespacedName
	gate   *gate

	hosts      *incus.Hosts
	reconciler *botcluster.Reconciler
	orphans    *botcluster.Orphans
	registry   *prometheus.Registry
	stop       context.CancelFunc
	alive      context.Context
	// calmSince is when the operator last wrote to the API server, its said-th write.
	calmSince time.Time
	said      int
	// prologue is what a story begins with.
	prologue string
	// images are the fingerprints of the images by alias.
	images map[string]string
	// bots is what the invariants remember of the number of bots; broken are the invariants that did not hold.
	bots     botNumbers
	broken   []string
	leaks    leaks
	recorder *events.FakeRecorder
	keys     *canaryKeys
	// felled are the instances that fate took, boots the boots of bots that must go on, by ordinal.
	felled map[string]bool
	boots  map[int]int64
	// healed tells that a scenario took away what was wrong.
	healed bool
}

// newRig makes a world with both images, a foreign instance, and an operator.
func newRig(ctx context.Context) *rig {
	GinkgoHelper()
	clock := clocktesting.NewFakeClock(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	world := fake.New(fake.Config{Clock: clock, Seed: 1, Latencies: fake.MeasuredLatencies()})
	images := addImages(world)
	edges := edge.Install(world, edge.Config{Image: "edge", Delay: 300 * time.Millisecond, KeepsRoutes: true})
	server, err := incusd.ServeUnix(world, "")
	Expect(err).NotTo(HaveOccurred())
	r := &rig{
		world: world, server: server, edges: edges, clock: clock, gate: newGate(), keys: &canaryKeys{},
		images: images, felled: map[string]bool{}, boots: map[int]int64{}, recorder: events.NewFakeRecorder(1000),
		key: types.NamespacedName{Namespace: "default", Name: fmt.Sprintf("sim-%d-%d", GinkgoParallelProcess(), serial.Add(1))},
	}
	world.OnCall(func(call fake.Call) error {
		r.checkStop(call)
		return r.gate.before(call)
	}, func(call fake.Call, status int) {
		r.checkPush(call, status)
		r.gate.after(call, status)
	})
	r.makeForeign()
	r.boot(ctx)
	return r
}

// addImages puts the images into a world: two that work, one whose bots get no address and one whose bots are never healthy.
func addImages(world *fake.World) map[string]string {
	images := map[string]string{}
	add := func(alias string, change func(*fake.Behaviour)) {
		behaviour := fake.MeasuredBehaviour()
		change(&behaviour)
		images[alias] = world.AddImage(fake.Image{Aliases: []string{alias}, Behaviour: behaviour})
	}
	add("bot", func(*fake.Behaviour) {})
	add("bot-2", func(*fake.Behaviour) {})
	add("mute", func(b *fake.Behaviour) { b.NoAddress = true })
	add("sick", func(b *fake.Behaviour) { b.Health = fake.Unhealthy })
	add("edge", func(*fake.Behaviour) {})
	return images
}

// boot starts an operator that knows nothing.
func (r *rig) boot(ctx context.Context) {
	r.alive, r.stop = context.WithCancel(ctx)
	r.gate.revive(r.stop)
	r.hosts = incus.NewHosts(r.alive, incus.Options{
		Clock: r.clock, AllowedSockets: []string{r.server.Socket}, Logger: r.logger(), IdleAfter: 24 * time.Hour,
	})
	r.registry = prometheus.NewPedanticRegistry()
	metrics, err := botcluster.NewMetrics(r.registry)
	Expect(err).NotTo(HaveOccurred())
	r.reconciler = botcluster.NewReconciler(botcluster.Options{
		Client: r.gate.client(kubernetes.Client), Reader: kubernetes.Client, Recorder: r.recorder, Clock: r.clock,
		Random: r.keys, Hosts: r.hosts, Edges: caddy.New(), Manager: manager, Parallel: 1, Metrics: metrics,
	})
	r.orphans = &botcluster.Orphans{Reconciler: r.reconciler}
}

// close ends the operator and the world.
func (r *rig) close() {
	r.stop()
	r.hosts.Close()
	Expect(r.server.Close()).To(Succeed())
	r.world.Close()
}

// pass lets the operator make one pass, and lets time go by as it asks for. An operator that died is started anew.
func (r *rig) pass(ctx context.Context) {
	GinkgoHelper()
	result, err := r.reconciler.Reconcile(ctrl.LoggerInto(r.alive, r.logger()), ctrl.Request{NamespacedName: r.key})
	if r.gate.dead() {
		r.stop()
		r.hosts.Close()
		r.boot(ctx)
	}
	r.check(ctx)
	if said := r.gate.kubernetesWrites(); said != r.said {
		r.said, r.calmSince = said, r.clock.Now()
	}
	wait := result.RequeueAfter
	if err != nil || wait == 0 {
		wait = 100 * time.Millisecond // the queue's back-off
	}
	r.elapse(min(wait, r.nap()))
}

// nap is how long nobody looks: events are not waited for, so it is short, but for when nothing has been written for a while.
func (r *rig) nap() time.Duration {
	if r.clock.Since(r.calmSince) > 5*time.Second {
		return 3 * time.Second
	}
	return time.Second
}

// elapse lets virtual time go by.
func (r *rig) elapse(d time.Duration) { r.world.Advance(d) }

// until makes passes until done, within patience of virtual time.
func (r *rig) until(ctx context.Context, what string, done func() bool) {
	GinkgoHelper()
	deadline := r.clock.Now().Add(patience)
	for !done() {
		r.pass(ctx)
		Expect(r.broken).To(BeEmpty(), r.story())
		if r.clock.Now().After(deadline) {
			Fail(fmt.Sprintf("%s did not come within %s\n%s", what, patience, r.story()))
		}
	}
}

// rest checks that the world is as declared and stays so: no write leaves the operator any more.
func (r *rig) rest(ctx context.Context) {
	GinkgoHelper()
	incusWrites, kubernetesWrites := len(r.world.Writes()), r.gate.kubernetesWrites()
	watch := quiet
	if bc := r.get(ctx); bc != nil && bc.Spec.Scaling.Enabled {
		watch = longQuiet
	}
	for end := r.clock.Now().Add(watch); r.clock.Now().Before(end); {
		r.pass(ctx)
		r.elapse(time.Second)
	}
	Expect(r.broken).To(BeEmpty(), r.story())
	Expect(r.world.Writes()[incusWrites:]).To(BeEmpty(), "a world at rest is not written to\n%s", r.story())
	Expect(r.gate.kubernetesWrites()).To(Equal(kubernetesWrites), "a status at rest is not written\n%s", r.story())
}

// apply makes or changes the BotCluster as a user would.
func (r *rig) apply(ctx context.Context, change func(*v1alpha1.BotClusterSpec)) {
	GinkgoHelper()
	var bc v1alpha1.BotCluster
	err := kubernetes.Client.Get(ctx, r.key, &bc)
	if apierrors.IsNotFound(err) {
		bc = v1alpha1.BotCluster{
			ObjectMeta: metav1.ObjectMeta{Namespace: r.key.Namespace, Name: r.key.Name},
			Spec: v1alpha1.BotClusterSpec{
				Replicas: ptr.To[int32](2),
				Incus:    v1alpha1.IncusSpec{UnixSocket: r.server.Socket},
				Bot:      v1alpha1.BotSpec{Image: v1alpha1.ImageReference{Alias: "bot"}},
				Edge:     v1alpha1.EdgeSpec{Image: v1alpha1.ImageReference{Alias: "edge"}},
			},
		}
		change(&bc.Spec)
		Expect(kubernetes.Client.Create(ctx, &bc)).To(Succeed())
		r.gate.saw(&bc, nil)
		return
	}
	Expect(err).NotTo(HaveOccurred())
	Eventually(ctx, func(g Gomega) {
		g.Expect(kubernetes.Client.Get(ctx, r.key, &bc)).To(Succeed())
		change(&bc.Spec)
		g.Expect(kubernetes.Client.Update(ctx, &bc)).To(Succeed())
	}).Should(Succeed())
	r.gate.saw(&bc, nil)
}

// get reads the BotCluster; it is nil when it is gone.
func (r *rig) get(ctx context.Context) *v1alpha1.BotCluster {
	GinkgoHelper()
	if bc, known := r.gate.seen(); known {
		return bc
	}
	var bc v1alpha1.BotCluster
	err := kubernetes.Client.Get(ctx, r.key, &bc)
	Expect(client.IgnoreNotFound(err)).To(Succeed())
	r.gate.saw(&bc, err)
	latest, _ := r.gate.seen()
	return latest
}
