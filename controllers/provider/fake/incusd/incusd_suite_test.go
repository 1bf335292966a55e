package incusd_test

import (
	"testing"
	"time"

	incusclient "github.com/lxc/incus/v6/client"
	incusapi "github.com/lxc/incus/v6/shared/api"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gleak"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
	"github.com/generalbots/botcluster-operator/controllers/provider/fake/incusd"
)

func TestIncusd(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "A world behind Incus's REST API")
}

// dawn is when the worlds of the specs begin.
var dawn = time.Date(2026, time.November, 2, 10, 0, 0, 0, time.UTC)

// latencies are easy to add up.
var latencies = fake.Latencies{
	Create: fake.Exactly(100 * time.Millisecond), Start: fake.Exactly(200 * time.Millisecond),
	Stop: fake.Exactly(500 * time.Millisecond), Delete: fake.Exactly(100 * time.Millisecond),
	Update: fake.Exactly(10 * time.Millisecond), Freeze: fake.Exactly(5 * time.Millisecond),
}

var botBehaviour = fake.Behaviour{
	AddressDelay: 600 * time.Millisecond, ServeDelay: 100 * time.Millisecond, ShutdownDelay: time.Second,
}

// bench is a world with its server and a client of the real library.
type bench struct {
	world  *fake.World
	server *incusd.Server
	client incusclient.InstanceServer
}

// newBench builds a world that only moves when it is told to, with the image "bot". It ends with the spec, which then must
// have left no goroutine.
func newBench(changes ...func(*fake.Config)) *bench {
	GinkgoHelper()
	config := fake.Config{Clock: clocktesting.NewFakeClock(dawn), Seed: 1, Latencies: latencies}
	for _, change := range changes {
		change(&config)
	}
	before := gleak.Goroutines()
	world := fake.New(config)
	world.AddImage(fake.Image{Aliases: []string{"bot"}, Behaviour: botBehaviour})
	server, err := incusd.ServeUnix(world, "")
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() {
		Expect(server.Close()).To(Succeed())
		world.Close()
		Eventually(gleak.Goroutines).ShouldNot(gleak.HaveLeaked(before))
	})
	client, err := incusclient.ConnectIncusUnix(server.Socket, &incusclient.ConnectionArgs{SkipGetEvents: true})
	Expect(err).NotTo(HaveOccurred())
	return &bench{world: world, server: server, client: client}
}

// over moves the world until an operation is, and returns its error.
func (b *bench) over(op incusclient.Operation, err error) error {
	GinkgoHelper()
	if err != nil {
		return err
	}
	id := op.Get().ID
	for {
		state, err := b.world.Operation(id)
		Expect(err).NotTo(HaveOccurred())
		if state.StatusCode.IsFinal() {
			if state.Err != "" {
				return failure(state.Err)
			}
			return nil
		}
		Expect(b.world.Step()).To(BeTrue(), "nothing is left to happen and the operation is not over")
	}
}

// failure is what an operation ended with.
type failure string

func (f failure) Error() string { return string(f) }

// ofBot is the request for a container of the image "bot".
func ofBot(name string, changes ...func(*incusapi.InstancesPost)) incusapi.InstancesPost {
	post := incusapi.InstancesPost{
		Name: name, Type: incusapi.InstanceTypeContainer, Source: incusapi.InstanceSource{Type: "image", Alias: "bot"},
	}
	for _, change := range changes {
		change(&post)
	}
	return post
}

func started(post *incusapi.InstancesPost) { post.Start = true }

func withConfig(key, value string) func(*incusapi.InstancesPost) {
	return func(post *incusapi.InstancesPost) {
		if post.Config == nil {
			post.Config = incusapi.ConfigMap{}
		}
		post.Config[key] = value
	}
}

// launch has a container of the image "bot" run and serve.
func (b *bench) launch(name string, changes ...func(*incusapi.InstancesPost)) {
	GinkgoHelper()
	Expect(b.over(b.client.CreateInstance(ofBot(name, append(changes, started)...)))).To(Succeed())
	b.world.Advance(botBehaviour.AddressDelay + botBehaviour.ServeDelay)
}

func (b *bench) change(name string, put incusapi.InstanceStatePut) error {
	GinkgoHelper()
	return b.over(b.client.UpdateInstanceState(name, put, ""))
}

func (b *bench) status(name string) string {
	GinkgoHelper()
	instance, _, err := b.client.GetInstance(name)
	Expect(err).NotTo(HaveOccurred())
	return instance.Status
}

var (
	start    = incusapi.InstanceStatePut{Action: "start", Timeout: -1}
	kill     = incusapi.InstanceStatePut{Action: "stop", Timeout: 0, Force: true}
	freeze   = incusapi.InstanceStatePut{Action: "freeze"}
	unfreeze = incusapi.InstanceStatePut{Action: "unfreeze"}
)

func inDefault(name string) fake.Ref {
	return fake.Ref{Project: incusapi.ProjectDefaultName, Name: name}
}

// code is the HTTP status of a refusal; 0 if there is none.
func code(err error) int {
	status, ok := incusapi.StatusErrorMatch(err)
	if !ok {
		return 0
	}
	return status
}
