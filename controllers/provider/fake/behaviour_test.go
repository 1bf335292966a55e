package fake_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

var _ = Describe("Behaviour", func() {
	ref := fake.Ref{Project: "default", Name: "bot-1"}

	It("comes from the image, is changed by pattern, and recovers", func() {
		world, _ := newWorld(1, fake.Latencies{})
		launch(world, "bot-1")
		world.Advance(time.Second)
		look := func() fake.Sight {
			sight, ok := world.Look(ref)
			Expect(ok).To(BeTrue())
			return sight
		}
		Expect(look()).To(And(HaveField("Serving", true), HaveField("Health", fake.Healthy)))
		world.Behave("default/bot-*", func(b *fake.Behaviour) { b.Health = fake.Degraded })
		Expect(look().Health).To(Equal(fake.Degraded))
		world.Behave("default/edge-*", func(b *fake.Behaviour) { b.Health = fake.Unhealthy })
		Expect(look().Health).To(Equal(fake.Degraded))
		world.Recover("default/bot-*")
		Expect(look().Health).To(Equal(fake.Healthy))
	})

	It("rules those that come later too", func() {
		world, _ := newWorld(1, fake.Latencies{})
		world.Behave("default/bot-1", func(b *fake.Behaviour) { b.NoAddress = true })
		launch(world, "bot-1")
		world.Advance(time.Hour)
		sight, _ := world.Look(ref)
		Expect(sight).To(And(HaveField("Status", "Running"), HaveField("Address", ""), HaveField("Serving", false)))
	})

	It("does not let an instance keep its address past its deletion", func() {
		world, _ := newWorld(1, fake.Latencies{})
		launch(world, "bot-1")
		world.Advance(time.Second)
		sight, _ := world.Look(ref)
		at, ok := world.LookAt(sight.Address)
		Expect(ok).To(BeTrue())
		Expect(at.Ref).To(Equal(ref))
		Expect(world.Vanish(ref)).To(Succeed())
		_, ok = world.LookAt(sight.Address)
		Expect(ok).To(BeFalse())
		_, ok = world.Look(ref)
		Expect(ok).To(BeFalse())
	})

	It("refuses a pattern that is none", func() {
		world, _ := newWorld(1, fake.Latencies{})
		Expect(func() { world.Behave("[", func(*fake.Behaviour) {}) }).To(Panic())
	})
})
