package incusd_test

import (
	"net/http"
	"time"

	incusapi "github.com/lxc/incus/v6/shared/api"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

var _ = Describe("The life of an instance", func() {
	When("it is created and started in one call", func() {
		It("runs, gets its address after DHCP, stops and goes", func() {
			b := newBench()
			op, err := b.client.CreateInstance(ofBot("bot-1", started, withConfig("user.botcluster.uid", "u1")))
			Expect(err).NotTo(HaveOccurred())
			Expect(op.Get().StatusCode).To(Equal(incusapi.Running))
			Expect(op.Get().Resources).To(HaveKeyWithValue("instances", []string{"/1.0/instances/bot-1"}))

			b.world.Advance(299 * time.Millisecond)
			Expect(b.status("bot-1")).To(Equal("Stopped"), "until its init runs")
			b.world.Advance(time.Millisecond)
			Expect(b.status("bot-1")).To(Equal("Running"))
			done, _, err := b.client.GetOperation(op.Get().ID)
			Expect(err).NotTo(HaveOccurred())
			Expect(done.StatusCode).To(Equal(incusapi.Success))

			Expect(addressOf(b, "bot-1")).To(BeEmpty())
			b.world.Advance(600 * time.Millisecond)
			Expect(addressOf(b, "bot-1")).To(Equal("10.20.0.2"))

			Expect(b.change("bot-1", kill)).To(Succeed())
			Expect(b.over(b.client.DeleteInstance("bot-1"))).To(Succeed())
			_, _, err = b.client.GetInstance("bot-1")
			Expect(code(err)).To(Equal(http.StatusNotFound))
			Expect(b.client.GetInstanceNames(incusapi.InstanceTypeAny)).To(BeEmpty())
		})
	})

	It("shows the state of a running instance as Incus 6 does", func() {
		b := newBench()
		b.launch("bot-1", withConfig("limits.cpu", "2"), withConfig("limits.memory", "512MiB"))
		state, _, err := b.client.GetInstanceState("bot-1")
		Expect(err).NotTo(HaveOccurred())
		Expect(state.StartedAt).To(BeTemporally("==", dawn.Add(300*time.Millisecond)))
		Expect(state.Pid).To(BeNumerically(">", 1))
		Expect(state.CPU.AllocatedTime).To(Equal(2 * time.Second.Nanoseconds()))
		Expect(state.Memory.Total).To(Equal(int64(512 << 20)))
		card := state.Network["eth0"]
		Expect(card.HostName).To(HavePrefix("veth"))
		Expect(card.Addresses).To(ContainElement(incusapi.InstanceStateNetworkAddress{
			Family: "inet", Address: "10.20.0.2", Netmask: "16", Scope: "global",
		}))
		Expect(state.Network["lo"].HostName).To(BeEmpty())
	})

	It("counts CPU time while cores are busy, anew after a restart", func() {
		b := newBench()
		b.launch("bot-1")
		booted := used(b, "bot-1")
		Expect(booted).To(BeNumerically(">", 0), "its boot took some")
		Expect(b.world.SetUsage(inDefault("bot-1"), fake.Usage{Cores: 0.5, Memory: 1 << 30})).To(Succeed())
		b.world.Advance(10 * time.Second)
		Expect(used(b, "bot-1")).To(Equal(booted + 5*time.Second))
		state, _, err := b.client.GetInstanceState("bot-1")
		Expect(err).NotTo(HaveOccurred())
		Expect(state.Memory.Usage).To(Equal(int64(1 << 30)))

		Expect(b.change("bot-1", incusapi.InstanceStatePut{Action: "restart", Force: true})).To(Succeed())
		Expect(used(b, "bot-1")).To(Equal(booted))
	})

	It("takes no CPU time while it is frozen", func() {
		b := newBench()
		b.launch("bot-1")
		b.world.Behave("default/bot-*", func(behaviour *fake.Behaviour) { behaviour.Load.Cores = 1 })
		b.world.Advance(3 * time.Second)
		Expect(b.change("bot-1", freeze)).To(Succeed())
		frozen := used(b, "bot-1")
		b.world.Advance(time.Minute)
		Expect(used(b, "bot-1")).To(Equal(frozen))
		Expect(b.change("bot-1", unfreeze)).To(Succeed())
		b.world.Advance(2 * time.Second)
		Expect(used(b, "bot-1")).To(Equal(frozen + 2*time.Second))
	})

	It("bears the load that is put on it, from each start on, and counts on when that changes", func() {
		b := newBench()
		b.world.Behave("default/bot-*", func(behaviour *fake.Behaviour) {
			behaviour.Load = fake.Load{Cores: 2, Memory: 300 << 20, PageCache: 100 << 20}
		})
		b.launch("bot-1")
		before := used(b, "bot-1")
		b.world.Advance(time.Second)
		Expect(used(b, "bot-1")).To(Equal(before + 2*time.Second))
		b.world.Behave("default/bot-1", func(behaviour *fake.Behaviour) { behaviour.Load.Cores = 0.5 })
		b.world.Advance(2 * time.Second)
		Expect(used(b, "bot-1")).To(Equal(before + 3*time.Second))
		state, _, err := b.client.GetInstanceState("bot-1")
		Expect(err).NotTo(HaveOccurred())
		Expect(state.Memory.Usage).To(Equal(int64(400<<20)), "the kernel's sum has the page cache in it")
		Expect(b.client.GetMetrics()).To(And(
			ContainSubstring("incus_memory_Cached_bytes{name=\"bot-1\",project=\"default\",type=\"container\"} 1.048576e+08\n"),
			ContainSubstring("incus_cpu_seconds_total{cpu=\"0\",mode=\"user\",name=\"bot-1\""),
		))
		b.world.Recover("default/bot-*")
		b.world.Recover("default/bot-1")
		now := used(b, "bot-1")
		b.world.Advance(time.Minute)
		Expect(used(b, "bot-1")).To(Equal(now))
	})

	It("can be missing from the metrics", func() {
		b := newBench()
		b.launch("bot-1")
		b.launch("bot-2")
		b.world.Behave("default/bot-1", func(behaviour *fake.Behaviour) { behaviour.NoMetrics = true })
		Expect(b.client.GetMetrics()).To(And(ContainSubstring(`name="bot-2"`), Not(ContainSubstring(`name="bot-1"`))))
	})

	DescribeTable("is refused",
		func(prepare func(*bench), act func(*bench) error, status int, text string) {
			b := newBench()
			b.launch("bot-1")
			if prepare != nil {
				prepare(b)
			}
			err := act(b)
			Expect(err).To(MatchError(ContainSubstring(text)))
			Expect(code(err)).To(Equal(status))
		},
		Entry("a delete while it runs", nil,
			func(b *bench) error { return b.over(b.client.DeleteInstance("bot-1")) }, http.StatusBadRequest, "Instance is running"),
		Entry("a start while it runs", nil,
			func(b *bench) error { return b.change("bot-1", start) }, 0, "already running"),
		Entry("a second stop", func(b *bench) { Expect(b.change("bot-1", kill)).To(Succeed()) },
			func(b *bench) error { return b.change("bot-1", kill) }, 0, "already stopped"),
		Entry("a second freeze", func(b *bench) { Expect(b.change("bot-1", freeze)).To(Succeed()) },
			func(b *bench) error { return b.change("bot-1", freeze) }, 0, "already frozen"),
		Entry("an unfreeze while it runs", nil,
			func(b *bench) error { return b.change("bot-1", unfreeze) }, 0, "already running"),
		Entry("an unknown action", nil,
			func(b *bench) error { return b.change("bot-1", incusapi.InstanceStatePut{Action: "fly"}) }, http.StatusBadRequest, "Unknown action"),
		Entry("a delete of what is protected", func(b *bench) {
			Expect(b.world.Edit(inDefault("bot-1"), map[string]string{"security.protection.delete": "true"})).To(Succeed())
			Expect(b.change("bot-1", kill)).To(Succeed())
		}, func(b *bench) error { return b.over(b.client.DeleteInstance("bot-1")) }, 0, "Instance is protected"),
	)

	When("it is stopped gracefully", func() {
		graceful := incusapi.InstanceStatePut{Action: "stop", Timeout: 5}

		It("takes as long as its shutdown", func() {
			b := newBench()
			b.launch("bot-1")
			begin := b.world.Now()
			Expect(b.change("bot-1", graceful)).To(Succeed())
			Expect(b.world.Now()).To(BeTemporally("==", begin.Add(botBehaviour.ShutdownDelay)))
		})

		It("ends with an error at the time-out, stays busy, and can still be killed", func() {
			b := newBench()
			b.launch("bot-1")
			b.world.Behave("default/bot-1", func(behaviour *fake.Behaviour) { behaviour.IgnoresShutdown = true })
			Expect(b.change("bot-1", graceful)).To(MatchError(ContainSubstring("context deadline exceeded")))
			Expect(b.status("bot-1")).To(Equal("Running"))
			patched := b.world.PatchInstance(inDefault("bot-1"), "", []byte(`{"config":{"user.a":"b"}}`))
			Expect(patched).To(MatchError(ContainSubstring(`busy running a "stop" operation`)))
			Expect(b.change("bot-1", kill)).To(Succeed())
			Expect(b.status("bot-1")).To(Equal("Stopped"))
		})
	})

	It("stands still while it is frozen and keeps its address", func() {
		b := newBench()
		b.launch("bot-1")
		Expect(b.change("bot-1", freeze)).To(Succeed())
		Expect(b.status("bot-1")).To(Equal("Frozen"))
		sight, _ := b.world.Look(inDefault("bot-1"))
		Expect(sight.Serving).To(BeFalse())
		Expect(b.change("bot-1", unfreeze)).To(Succeed())
		Expect(addressOf(b, "bot-1")).To(Equal("10.20.0.2"))
		sight, _ = b.world.Look(inDefault("bot-1"))
		Expect(sight.Serving).To(BeTrue())
	})

	It("has one operation at a time; another of the same kind shares its success", func() {
		b := newBench()
		b.launch("bot-1")
		Expect(b.change("bot-1", kill)).To(Succeed())
		first, err := b.client.UpdateInstanceState("bot-1", start, "")
		Expect(err).NotTo(HaveOccurred())
		Expect(b.over(b.client.DeleteInstance("bot-1"))).To(MatchError(ContainSubstring(`busy running a "start" operation`)))
		Expect(b.over(b.client.UpdateInstanceState("bot-1", start, ""))).To(Or(Succeed(), MatchError(ContainSubstring("already running"))))
		Expect(b.over(first, nil)).To(Succeed())
	})

	DescribeTable("boots badly",
		func(change func(*fake.Behaviour), created bool, status, address string) {
			b := newBench()
			b.world.Behave("default/*", change)
			err := b.over(b.client.CreateInstance(ofBot("bot-1", started)))
			Expect(err == nil).To(Equal(created))
			b.world.Advance(time.Minute)
			Expect(b.status("bot-1")).To(Equal(status))
			Expect(addressOf(b, "bot-1")).To(Equal(address))
		},
		Entry("without an address", func(b *fake.Behaviour) { b.NoAddress = true }, true, "Running", ""),
		Entry("and dies", func(b *fake.Behaviour) { b.DiesAfter = time.Second }, true, "Stopped", ""),
		Entry("not at all: the record stays", func(b *fake.Behaviour) { b.FailsToStart = "Failed to run: forkstart" }, false, "Stopped", ""),
		Entry("well, and says so", func(b *fake.Behaviour) { b.NotifiesReady = true }, true, "Ready", "10.20.0.2"),
	)

	It("changes its address at a restart if it is to", func() {
		b := newBench()
		b.launch("bot-1")
		b.world.Behave("default/bot-1", func(behaviour *fake.Behaviour) { behaviour.NewAddress = true })
		Expect(b.change("bot-1", incusapi.InstanceStatePut{Action: "restart", Force: true})).To(Succeed())
		b.world.Advance(time.Second)
		Expect(addressOf(b, "bot-1")).To(Equal("10.20.0.3"))
	})

	When("it crashes", func() {
		It("is stopped, and comes back by itself only with boot.autorestart", func() {
			b := newBench()
			b.launch("bot-1")
			b.launch("bot-2", withConfig("boot.autorestart", "true"))
			Expect(b.world.Crash(inDefault("bot-1"))).To(Succeed())
			Expect(b.world.Crash(inDefault("bot-2"))).To(Succeed())
			b.world.Advance(time.Second)
			Expect(b.status("bot-1")).To(Equal("Stopped"))
			Expect(b.status("bot-2")).To(Equal("Running"))
		})
	})
})

// addressOf is the global IPv4 address of an instance; empty if it has none.
func addressOf(b *bench, name string) string {
	GinkgoHelper()
	state, _, err := b.client.GetInstanceState(name)
	Expect(err).NotTo(HaveOccurred())
	for _, address := range state.Network["eth0"].Addresses {
		if address.Family == "inet" && address.Scope == "global" {
			return address.Address
		}
	}
	return ""
}

// used is the CPU time that an instance has used since it started.
func used(b *bench, name string) time.Duration {
	GinkgoHelper()
	state, _, err := b.client.GetInstanceState(name)
	Expect(err).NotTo(HaveOccurred())
	return time.Duration(state.CPU.Usage)
}
