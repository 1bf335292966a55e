package contract_test

import (
	"net/http"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	. "github.com/onsi/gomega/gstruct"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider"
	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

// calls counts the requests that arrive at the fake daemon, by method and path.
type calls struct {
	sync.Mutex
	count map[string]int
}

func countCalls(world *fake.World) *calls {
	c := &calls{count: map[string]int{}}
	world.OnCall(func(call fake.Call) error {
		c.Lock()
		defer c.Unlock()
		c.count[call.Verb+" "+call.Path]++
		return nil
	}, nil)
	return c
}

func (c *calls) of(call string) int {
	c.Lock()
	defer c.Unlock()
	return c.count[call]
}

// writes counts the requests that change something.
func (c *calls) writes() int {
	c.Lock()
	defer c.Unlock()
	sum := 0
	for call, count := range c.count {
		if call[:3] != http.MethodGet {
			sum += count
		}
	}
	return sum
}

const listCall = "GET /1.0/instances"

var _ = Describe("The Incus driver on a fake incusd that has troubles", Label("fake"), func() {
	var at *fakeIncus
	var d *driver
	BeforeEach(func() {
		at = newFakeIncus()
		d = newDriver(at.identity())
	})
	ref := func(suffix string) fake.Ref { return fake.Ref{Project: incusProject, Name: d.name(suffix)} }
	path := func(suffix string) string { return "/1.0/instances/" + d.name(suffix) }

	When("the event stream is cut", func() {
		It("listens again, and tells only those for whom something changed meanwhile", func(ctx SpecContext) {
			d.made(ctx, "1")
			quiet := newDriver(at.identity())
			quiet.made(ctx, "1")
			told, others := d.settled(), quiet.settled()
			at.world.Faults().Plan(fake.Fault{Mode: fake.CutEvents, Event: "instance-updated"})
			Expect(at.world.Edit(ref("1"), map[string]string{"limits.cpu": "1"})).To(Succeed())
			Eventually(d.told).WithTimeout(soon).Should(BeNumerically(">", told))
			Expect(d.look(ctx, "1")).To(showing(Fields{"Config": Equal(map[string]string{"limits.cpu": "1"})}))
			Expect(quiet.told()).To(Equal(others))
			Expect(at.world.Faults().Unreached()).To(BeEmpty())

			told = d.told()
			Expect(at.world.Edit(ref("1"), map[string]string{"limits.cpu": "2"})).To(Succeed())
			Eventually(d.told).WithTimeout(soon).Should(BeNumerically(">", told), "events come again")
		})
	})

	When("events are lost, late or twice", func() {
		It("learns by asking that an operation has ended", func(ctx SpecContext) {
			d.made(ctx, "1")
			at.world.Faults().Plan(fake.Fault{Mode: fake.DropEvent, Times: 1000})
			Expect(d.host.Instances().Start(ctx, d.name("1"), d.owner)).To(Succeed())
			Expect(d.look(ctx, "1")).To(showing(Fields{"Operation": Equal("start")}))
			d.becomes(ctx, "1", idle(model.StateRunning))
		})

		It("is not confused", func(ctx SpecContext) {
			at.world.Faults().Plan(
				fake.Fault{Mode: fake.DuplicateEvent, Event: "operation", Nth: 1, Times: 1000},
			)
			d.made(ctx, "1")
			at.world.Faults().Clear()
			at.world.Faults().Plan(fake.Fault{Mode: fake.DelayEvent, Event: "operation", Times: 3})
			Expect(d.host.Instances().Start(ctx, d.name("1"), d.owner)).To(Succeed())
			d.becomes(ctx, "1", idle(model.StateRunning))
			Consistently(d.looking(ctx, "1")).WithTimeout(300 * time.Millisecond).Should(idle(model.StateRunning))
		})
	})

	When("the daemon is away", func() {
		It("gives no old answer for a new one, and goes on when it is back", func(ctx SpecContext) {
			d.made(ctx, "1")
			Expect(at.server.Down()).To(Succeed())
			Eventually(func() error {
				_, err := d.host.Inventory(ctx, d.owner)
				return err
			}).WithTimeout(soon).Should(beClass(provider.Transient, "ServerUnreachable"))
			Expect(d.host.Instances().Start(ctx, d.name("1"), d.owner)).To(beClass(provider.Transient, "ServerUnreachable"))
			told := d.told()
			Expect(at.world.Vanish(ref("1"))).To(Succeed())
			Expect(at.server.Up()).To(Succeed())
			Eventually(d.told).WithTimeout(10 * time.Second).Should(BeNumerically(">", told))
			Expect(d.look(ctx, "1")).To(BeNil())
		})

		It("lets go of operations that a restart has ended", func(ctx SpecContext) {
			at.world.SetLatencies(fake.Latencies{Start: fake.Exactly(time.Hour)})
			d.made(ctx, "1")
			Expect(d.host.Instances().Start(ctx, d.name("1"), d.owner)).To(Succeed())
			Expect(d.look(ctx, "1")).To(showing(Fields{"Operation": Equal("start")}))
			at.world.RestartDaemon()
			at.world.SetLatencies(fakeLatencies())
			d.becomes(ctx, "1", idle(model.StateStopped))
			Expect(d.host.Instances().Start(ctx, d.name("1"), d.owner)).To(Succeed())
			d.becomes(ctx, "1", idle(model.StateRunning))
		})
	})

	When("an answer is lost", func() {
		It("makes one instance, however often it is asked", func(ctx SpecContext) {
			Expect(d.inventory(ctx).Instances).To(BeEmpty())
			at.world.Faults().Plan(fake.Fault{Mode: fake.LoseAnswer, Verb: http.MethodPost, Path: "/1.0/instances"})
			Expect(d.host.Instances().Create(ctx, d.spec("1"))).To(beClass(provider.Transient, "ServerUnreachable"))
			Expect(at.world.Faults().Unreached()).To(BeEmpty())
			for range 3 {
				Expect(d.host.Instances().Create(ctx, d.spec("1"))).To(Succeed())
			}
			d.becomes(ctx, "1", idle(model.StateStopped))
			Expect(d.inventory(ctx)).To(And(HaveField("Instances", HaveLen(1)), HaveField("Failures", BeEmpty())))
		})
	})

	When("a call is refused by chance", func() {
		It("tells a trouble of the daemon's from a refusal by asking twice", func(ctx SpecContext) {
			name := d.made(ctx, "1")
			at.world.Faults().Plan(fake.Fault{Mode: fake.Refuse, Verb: http.MethodPatch, Path: path("1")})
			change := model.InstanceChange{Config: map[string]string{"limits.cpu": "1"}}
			Expect(d.host.Instances().Change(ctx, name, d.owner, change)).To(Succeed())
			Expect(at.world.Faults().Unreached()).To(BeEmpty())
			Expect(d.look(ctx, "1")).To(showing(Fields{"Config": Equal(change.Config)}))
		})

		It("says that the instance has changed meanwhile", func(ctx SpecContext) {
			want := d.spec("1")
			want.Devices = map[string]model.Device{"root": {"type": "disk", "path": "/", "pool": incusPool, "size": "2GiB"}}
			Expect(d.host.Instances().Create(ctx, want)).To(Succeed())
			d.becomes(ctx, "1", idle(model.StateStopped))
			at.world.Faults().Plan(fake.Fault{Mode: fake.Conflict, Verb: http.MethodPut, Path: path("1")})
			change := model.InstanceChange{Devices: map[string]model.Device{"root": nil}}
			Expect(d.host.Instances().Change(ctx, want.Name, d.owner, change)).To(beClass(provider.Conflict, ""))
			Expect(d.host.Instances().Change(ctx, want.Name, d.owner, change)).To(Succeed())
			d.becomes(ctx, "1", showing(Fields{"Devices": BeEmpty()}))
		})
	})

	When("one instance cannot be read", func() {
		It("shows it as unknown with its tags, soon, and the others as they are", func(ctx SpecContext) {
			d.made(ctx, "1")
			d.made(ctx, "2")
			at.world.Faults().Plan(fake.Fault{Mode: fake.Slow, Verb: http.MethodGet, Path: path("1"), RealDelay: 8 * time.Second, Times: 3})
			Expect(at.world.Edit(ref("1"), map[string]string{"limits.cpu": "1"})).To(Succeed())
			began := time.Now()
			Eventually(d.looking(ctx, "1")).WithTimeout(10 * time.Second).Should(showing(Fields{
				"State": Equal(model.StateUnknown), "Owned": BeTrue(), "Ordinal": Equal(7),
			}))
			Expect(time.Since(began)).To(BeNumerically("<", 5*time.Second))
			Expect(d.look(ctx, "2")).To(idle(model.StateStopped))
			d.becomes(ctx, "1", idle(model.StateStopped))
		}, SpecTimeout(time.Minute))
	})

	When("nothing happens", func() {
		It("writes nothing and lists at most once in ten seconds, for any number of owners", func(ctx SpecContext) {
			name := d.started(ctx, "1")
			change := model.InstanceChange{Config: map[string]string{"limits.cpu": "1"}}
			Expect(d.host.Instances().Change(ctx, name, d.owner, change)).To(Succeed())
			d.becomes(ctx, "1", showing(Fields{"Config": Equal(change.Config), "Address": Not(BeZero())}))
			counted := countCalls(at.world)
			deadline := time.Now().Add(5 * time.Second)
			for time.Now().Before(deadline) {
				for i := range 100 {
					owner := d.owner
					if i > 0 {
						owner = newOwner()
					}
					_, err := d.host.Inventory(ctx, owner)
					Expect(err).NotTo(HaveOccurred())
				}
				Expect(d.host.Instances().Change(ctx, name, d.owner, change)).To(Succeed())
			}
			Expect(counted.of(listCall)).To(BeNumerically("<=", 1))
			Expect(counted.writes()).To(BeZero())
		})
	})

	When("an instance has no address", func() {
		It("sees the address when it comes, without a list", func(ctx SpecContext) {
			at.world.Behave(ref("1").String(), func(b *fake.Behaviour) { b.NotifiesReady = false; b.AddressDelay = 700 * time.Millisecond })
			d.started(ctx, "1")
			counted := countCalls(at.world)
			Expect(d.look(ctx, "1")).To(showing(Fields{"Address": BeZero()}))
			d.becomes(ctx, "1", showing(Fields{"Address": Not(BeZero())}))
			Expect(counted.of(listCall)).To(BeNumerically("<=", 1))
			Expect(counted.of("GET "+path("1"))).To(BeNumerically("<", 10), "it is asked for at intervals")
		})
	})

	When("an instance does not stop when asked to", func() {
		BeforeEach(func(ctx SpecContext) {
			d.started(ctx, "1")
			at.world.Behave(ref("1").String(), func(b *fake.Behaviour) { b.IgnoresShutdown = true })
		})

		It("shows that the grace was not enough", func(ctx SpecContext) {
			Expect(d.host.Instances().Stop(ctx, d.name("1"), d.owner, 500*time.Millisecond)).To(Succeed())
			Eventually(func() map[string]model.Failure { return d.inventory(ctx).Failures }).WithTimeout(patience).
				Should(HaveKeyWithValue(d.name("1"), MatchFields(IgnoreExtras, Fields{"Operation": Equal("stop"), "Count": Equal(1)})))
			Expect(d.look(ctx, "1")).To(idle(model.StateRunning))
		})

		It("is overtaken by force", func(ctx SpecContext) {
			Expect(d.host.Instances().Stop(ctx, d.name("1"), d.owner, time.Hour)).To(Succeed())
			Expect(d.look(ctx, "1")).To(showing(Fields{"Operation": Equal("stop")}))
			Expect(d.host.Instances().Stop(ctx, d.name("1"), d.owner, time.Hour)).To(Succeed(), "it is under way")
			Expect(d.host.Instances().Stop(ctx, d.name("1"), d.owner, 0)).To(Succeed())
			d.becomes(ctx, "1", idle(model.StateStopped))
		})
	})

	When("the pool is full", func() {
		It("says so when it is asked what is there", func(ctx SpecContext) {
			at.world.AddPool(fake.Pool{Name: "full", Driver: "btrfs", Capacity: 1 << 30, Used: 1 << 30})
			_, err := d.host.Facts(ctx, bots(func(r *model.Requirements) { r.StoragePool = "full" }))
			Expect(err).To(beClass(provider.Terminal, "StoragePoolFull"))
			Expect(provider.MessageOf(err, "")).To(ContainSubstring(`"full"`))
		})

	})

	When("the image has no socat", func() {
		It("says so", func(ctx SpecContext) {
			d.started(ctx, "1")
			at.world.Behave(ref("1").String(), func(b *fake.Behaviour) { b.MissingPrograms = []string{"socat"} })
			connection, err := d.host.Dial(ctx, d.name("1"), provider.Target{LoopbackPort: 80})
			Expect(err).NotTo(HaveOccurred())
			DeferCleanup(connection.Close)
			_, err = connection.Read(make([]byte, 1))
			Expect(err).To(beClass(provider.Terminal, "OperationFailed"))
			Expect(provider.MessageOf(err, "")).To(ContainSubstring("socat"))
		})
	})
})
