package incusd_test

import (
	"errors"
	"net/http"
	"strings"
	"time"

	incusclient "github.com/lxc/incus/v6/client"
	incusapi "github.com/lxc/incus/v6/shared/api"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

var _ = Describe("A planned fault", func() {
	var b *bench

	BeforeEach(func() {
		b = newBench()
		b.launch("bot-1")
	})

	tag := func(value string) error {
		_, _, err := b.client.RawQuery(http.MethodPatch, "/1.0/instances/bot-1",
			strings.NewReader(`{"config":{"user.tag":"`+value+`"}}`), "")
		return err
	}
	tagOf := func() string {
		GinkgoHelper()
		sight, ok := b.world.Look(inDefault("bot-1"))
		Expect(ok).To(BeTrue())
		return sight.Config["user.tag"]
	}

	DescribeTable("of a write",
		func(fault fake.Fault, status int, done bool) {
			fault.Verb, fault.Path = http.MethodPatch, "/1.0/instances/*"
			b.world.Faults().Plan(fault)
			err := tag("x")
			Expect(err).To(HaveOccurred())
			Expect(code(err)).To(Equal(status))
			Expect(tagOf()).To(Equal(map[bool]string{true: "x"}[done]))
			Expect(b.world.Faults().Unreached()).To(BeEmpty())
			Expect(tag("y")).To(Succeed(), "it happens once")
		},
		Entry("drops the connection before", fake.Fault{Mode: fake.RefuseConnection}, 0, false),
		Entry("answers 500", fake.Fault{Mode: fake.Refuse}, 500, false),
		Entry("answers 429", fake.Fault{Mode: fake.Refuse, Status: 429}, 429, false),
		Entry("answers 503", fake.Fault{Mode: fake.Refuse, Status: 503}, 503, false),
		Entry("answers 412", fake.Fault{Mode: fake.Conflict}, 412, false),
		Entry("does it and loses the answer", fake.Fault{Mode: fake.LoseAnswer}, 0, true),
	)

	It("hits the nth match, as often as it says", func() {
		b.world.Faults().Plan(fake.Fault{Mode: fake.Refuse, Class: fake.Write, Instance: "bot-1", Nth: 2, Times: 2})
		outcomes := []bool{}
		for range 4 {
			outcomes = append(outcomes, tag("x") == nil)
		}
		Expect(outcomes).To(Equal([]bool{true, false, false, true}))
	})

	It("hits the kth write of all", func() {
		next := len(b.world.Writes()) + 2
		b.world.Faults().Plan(fake.Fault{Mode: fake.LoseAnswer, Write: next})
		Expect(tag("a")).To(Succeed())
		_, _, err := b.client.GetInstance("bot-1")
		Expect(err).NotTo(HaveOccurred())
		Expect(tag("b")).NotTo(Succeed())
		writes := b.world.Writes()
		Expect(writes[next-1]).To(And(HaveField("Fault", fake.LoseAnswer), HaveField("Status", http.StatusOK)))
	})

	It("that is not reached is told", func() {
		missed := fake.Fault{Mode: fake.Refuse, Path: "/1.0/instances/*/state", Verb: http.MethodPut, Nth: 1, Times: 1}
		b.world.Faults().Plan(missed, fake.Fault{Mode: fake.Refuse, Verb: http.MethodPatch})
		Expect(tag("x")).NotTo(Succeed())
		Expect(b.world.Faults().Unreached()).To(ConsistOf(missed))
	})

	It("answers a read with what it said before", func() {
		list := func() []string {
			GinkgoHelper()
			instances, err := b.client.GetInstances(incusapi.InstanceTypeAny)
			Expect(err).NotTo(HaveOccurred())
			statuses := []string{}
			for _, instance := range instances {
				statuses = append(statuses, instance.Name+" "+instance.Status)
			}
			return statuses
		}
		b.world.Faults().Plan(fake.Fault{Mode: fake.Stale, Class: fake.Read, Path: "/1.0/instances"})
		Expect(list()).To(Equal([]string{"bot-1 Running"}), "there is nothing older yet")
		Expect(b.world.Faults().Unreached()).NotTo(BeEmpty())
		Expect(b.change("bot-1", kill)).To(Succeed())
		Expect(list()).To(Equal([]string{"bot-1 Running"}))
		Expect(list()).To(Equal([]string{"bot-1 Stopped"}))
	})

	It("delays an answer on the world's clock", func() {
		b.world.Faults().Plan(fake.Fault{Mode: fake.Slow, Verb: http.MethodPatch, Delay: time.Minute})
		answered := make(chan error, 1)
		go func() { answered <- tag("x") }()
		Eventually(b.world.Faults().Unreached).Should(BeEmpty())
		Consistently(answered, "30ms").ShouldNot(Receive())
		Eventually(func() chan error {
			b.world.Advance(time.Minute)
			return answered
		}).Should(Receive(BeNil()))
	})

	It("delays an answer on the wall clock", func() {
		b.world.Faults().Plan(fake.Fault{Mode: fake.Slow, Verb: http.MethodPatch, RealDelay: 50 * time.Millisecond})
		begin := time.Now()
		Expect(tag("x")).To(Succeed())
		Expect(time.Since(begin)).To(BeNumerically(">=", 50*time.Millisecond))
	})
})

var _ = Describe("Faults at random", func() {
	// outcomes of many writes, one letter each.
	outcomes := func(seed uint64) string {
		b := newBench(func(c *fake.Config) { c.Seed = seed })
		b.launch("bot-1")
		b.world.Faults().Chaos(fake.Chaos{Rate: 0.3, Modes: []fake.Mode{fake.Refuse, fake.LoseAnswer, fake.Conflict}})
		text := ""
		for range 40 {
			_, _, err := b.client.RawQuery(http.MethodPatch, "/1.0/instances/bot-1", strings.NewReader(`{}`), "")
			switch {
			case err == nil:
				text += "."
			case code(err) == 0:
				text += "l"
			case code(err) == http.StatusPreconditionFailed:
				text += "c"
			default:
				text += "r"
			}
		}
		return text
	}

	It("are the same for the same seed, and others for another", func() {
		first := outcomes(7)
		Expect(first).To(And(ContainSubstring("."), ContainSubstring("r"), ContainSubstring("l"), ContainSubstring("c")))
		Expect(outcomes(7)).To(Equal(first))
		Expect(outcomes(8)).NotTo(Equal(first))
	})
})

var _ = Describe("The journal", func() {
	It("numbers the writes with what they were about", func() {
		b := newBench()
		b.launch("bot-1")
		Expect(b.change("bot-1", kill)).To(Succeed())
		_, _, err := b.client.GetInstance("bot-1")
		Expect(err).NotTo(HaveOccurred())
		writes := b.world.Writes()
		Expect(writes).To(HaveLen(2))
		Expect(writes[0]).To(And(
			HaveField("Write", 1), HaveField("Verb", "POST"), HaveField("Path", "/1.0/instances"), HaveField("Instance", "bot-1"),
			HaveField("Project", "default"), HaveField("Status", http.StatusAccepted), HaveField("Digest", HaveLen(12)),
		))
		Expect(writes[1]).To(And(HaveField("Write", 2), HaveField("Verb", "PUT"), HaveField("Path", "/1.0/instances/bot-1/state")))
		Expect(b.world.Calls()).To(BeNumerically(">", 2))
	})

	It("lets a simulation stop the caller before a call and after", func() {
		b := newBench()
		var before, after []string
		b.world.OnCall(func(c fake.Call) error {
			before = append(before, c.Verb)
			if c.Write == 1 {
				return errors.New("the operator is killed before it sends")
			}
			return nil
		}, func(c fake.Call, status int) {
			after = append(after, c.Verb)
			Expect(status).To(Equal(http.StatusAccepted))
		})
		_, err := b.client.CreateInstance(ofBot("bot-1"))
		Expect(err).To(HaveOccurred())
		Expect(b.world.LookAll("")).To(BeEmpty())
		Expect(b.over(b.client.CreateInstance(ofBot("bot-1")))).To(Succeed())
		Expect(before).To(Equal([]string{"POST", "POST"}))
		Expect(after).To(Equal([]string{"POST"}))
	})
})

var _ = Describe("A daemon that cannot be reached", func() {
	It("refuses connections, and answers again on the same socket; the instances were never touched", func() {
		b := newBench()
		b.launch("bot-1")
		events := b.listen("")
		Expect(b.server.Down()).To(Succeed())
		Eventually(events.ended).Should(BeClosed())
		_, _, err := b.client.GetInstance("bot-1")
		Expect(err).To(HaveOccurred())
		Expect(code(err)).To(BeZero())
		Expect(b.server.Up()).To(Succeed())
		Expect(b.status("bot-1")).To(Equal("Running"))
		_, err = incusclient.ConnectIncusUnix(b.server.Socket, nil)
		Expect(err).NotTo(HaveOccurred())
	})
})
