package fake_test

import (
	"fmt"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

var _ = Describe("Time in a world", func() {
	It("stands still until it is moved, and then does all that is due, each thing at its time", func() {
		world, clock := newWorld(1, fake.Latencies{Create: fake.Exactly(time.Second), Start: fake.Exactly(2 * time.Second)})
		launch(world, "bot-1")
		world.Advance(time.Hour)
		Expect(clock.Now()).To(Equal(dawn.Add(time.Hour)))
		sight, _ := world.Look(fake.Ref{Project: "default", Name: "bot-1"})
		Expect(sight.StartedAt).To(Equal(dawn.Add(3 * time.Second)))
		Expect(sight.ServingAt).To(Equal(dawn.Add(3*time.Second + 650*time.Millisecond)))
	})

	It("goes from one thing to the next by steps, until nothing is left", func() {
		world, _ := newWorld(1, fake.Latencies{Create: fake.Exactly(time.Second)})
		launch(world, "bot-1")
		due, ok := world.NextDue()
		Expect(ok).To(BeTrue())
		Expect(due).To(Equal(dawn.Add(time.Second)))
		steps := 0
		for world.Step() {
			steps++
			Expect(steps).To(BeNumerically("<", 20), "an idle world must come to rest")
		}
		_, ok = world.NextDue()
		Expect(ok).To(BeFalse())
	})

	It("notices a clock that somebody else moved at the next call", func() {
		world, clock := newWorld(1, fake.Latencies{Create: fake.Exactly(time.Second)})
		op := launch(world, "bot-1")
		clock.Step(time.Second)
		state, err := world.Operation(op.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(state.Status).To(Equal("Success"))
	})

	It("passes for those who wait, unless they stop", func() {
		world, _ := newWorld(1, fake.Latencies{})
		passed, _ := world.After(time.Second)
		stopped, stop := world.After(time.Second)
		stop()
		world.Advance(time.Second)
		Expect(passed).To(BeClosed())
		Expect(stopped).NotTo(BeClosed())
	})

	It("runs by itself on the wall clock", func() {
		world := fake.New(fake.Config{Clock: fake.WallClock{}, Latencies: fake.Latencies{Create: fake.Exactly(5 * time.Millisecond)}})
		DeferCleanup(world.Close)
		world.AddImage(fake.Image{Aliases: []string{"bot"}})
		changed := world.Changed()
		launch(world, "bot-1")
		Expect(changed).To(BeClosed())
		Eventually(func() string {
			sight, _ := world.Look(fake.Ref{Project: "default", Name: "bot-1"})
			return sight.Status
		}).Should(Equal("Running"))
		Expect(func() { world.Advance(time.Second) }).To(PanicWith(ContainSubstring("stepped")))
	})

	It("is drawn from the seed, whatever the order of the calls", func() {
		span := fake.Latencies{Create: fake.Span{Min: time.Second, Max: time.Minute}}
		ready := func(seed uint64, names ...string) map[string]time.Time {
			world, _ := newWorld(seed, span)
			for _, name := range names {
				launch(world, name)
			}
			world.Advance(time.Hour)
			times := map[string]time.Time{}
			for _, sight := range world.LookAll("default") {
				times[sight.Ref.Name] = sight.StartedAt
			}
			return times
		}
		first := ready(1, "bot-1", "bot-2", "bot-3")
		Expect(ready(1, "bot-3", "bot-1", "bot-2")).To(Equal(first))
		Expect(ready(2, "bot-1", "bot-2", "bot-3")).NotTo(Equal(first))
		for name, at := range first {
			Expect(at).To(And(BeTemporally(">=", dawn.Add(time.Second)), BeTemporally("<", dawn.Add(time.Minute))), name)
		}
	})

	It("gives the same identifiers for the same calls", func() {
		ids := func() []string {
			world, _ := newWorld(3, fake.Latencies{})
			var list []string
			for i := range 3 {
				list = append(list, launch(world, fmt.Sprintf("bot-%d", i)).ID)
			}
			return list
		}
		Expect(ids()).To(Equal(ids()))
	})
})
