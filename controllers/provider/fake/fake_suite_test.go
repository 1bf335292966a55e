package fake_test

import (
	"testing"
	"time"

	incusapi "github.com/lxc/incus/v6/shared/api"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

func TestFake(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "A world of Incus hosts")
}

// dawn is when the worlds of the specs begin.
var dawn = time.Date(2026, time.November, 2, 10, 0, 0, 0, time.UTC)

// newWorld is one that moves when it is told to and has the image "bot".
func newWorld(seed uint64, latencies fake.Latencies) (*fake.World, *clocktesting.FakeClock) {
	clock := clocktesting.NewFakeClock(dawn)
	world := fake.New(fake.Config{Clock: clock, Seed: seed, Latencies: latencies})
	world.AddImage(fake.Image{Aliases: []string{"bot"}, Behaviour: fake.MeasuredBehaviour()})
	DeferCleanup(world.Close)
	return world, clock
}

// launch starts a container of the image "bot" and does not wait.
func launch(world *fake.World, name string) incusapi.Operation {
	GinkgoHelper()
	op, err := world.CreateInstance(fake.LocalCaller(), "default", "", incusapi.InstancesPost{
		Name: name, Source: incusapi.InstanceSource{Type: "image", Alias: "bot"}, Start: true,
	})
	Expect(err).NotTo(HaveOccurred())
	return op
}
