package incusd_test

import (
	"encoding/json"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	incusapi "github.com/lxc/incus/v6/shared/api"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

// stream collects the events of one websocket.
type stream struct {
	mu     sync.Mutex
	events []string // "instance-started bot-1" or "operation Success"
	pings  int
	ended  chan struct{}
	conn   *websocket.Conn
}

func (s *stream) seen() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.events...)
}

func (s *stream) add(event incusapi.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if event.Type == incusapi.EventTypeLifecycle {
		lifecycle := incusapi.EventLifecycle{}
		if json.Unmarshal(event.Metadata, &lifecycle) == nil {
			s.events = append(s.events, lifecycle.Action+" "+lifecycle.Name)
		}
		return
	}
	op := incusapi.Operation{}
	if json.Unmarshal(event.Metadata, &op) == nil {
		s.events = append(s.events, event.Type+" "+op.Status)
	}
}

func (b *bench) listen(query string) *stream {
	GinkgoHelper()
	conn, err := b.client.RawWebsocket("/events" + query)
	Expect(err).NotTo(HaveOccurred())
	s := &stream{ended: make(chan struct{}), conn: conn}
	answer := conn.PingHandler()
	conn.SetPingHandler(func(data string) error {
		s.mu.Lock()
		s.pings++
		s.mu.Unlock()
		return answer(data)
	})
	go func() {
		defer close(s.ended)
		for {
			event := incusapi.Event{}
			if conn.ReadJSON(&event) != nil {
				return
			}
			s.add(event)
		}
	}()
	DeferCleanup(func() {
		_ = conn.Close()
		<-s.ended
	})
	return s
}

var _ = Describe("Events", func() {
	var b *bench

	BeforeEach(func() { b = newBench() })

	It("tell the life of an instance, in order", func() {
		s := b.listen("?type=lifecycle")
		b.world.Behave("default/*", func(behaviour *fake.Behaviour) { behaviour.NotifiesReady = true })
		b.launch("bot-1")
		Expect(b.change("bot-1", incusapi.InstanceStatePut{Action: "stop", Timeout: 5})).To(Succeed())
		Expect(b.change("bot-1", start)).To(Succeed())
		Expect(b.change("bot-1", freeze)).To(Succeed())
		Expect(b.change("bot-1", unfreeze)).To(Succeed())
		Expect(b.change("bot-1", incusapi.InstanceStatePut{Action: "restart", Force: true})).To(Succeed())
		Expect(b.world.Crash(inDefault("bot-1"))).To(Succeed())
		Expect(b.over(b.client.DeleteInstance("bot-1"))).To(Succeed())
		Eventually(s.seen).Should(Equal([]string{
			"instance-created bot-1", "instance-started bot-1", "instance-ready bot-1", "instance-shutdown bot-1",
			"instance-started bot-1", "instance-paused bot-1", "instance-resumed bot-1", "instance-restarted bot-1",
			"instance-shutdown bot-1", "instance-deleted bot-1",
		}))
	})

	It("tell the life of an operation", func() {
		s := b.listen("?type=operation")
		Expect(b.over(b.client.CreateInstance(ofBot("bot-1")))).To(Succeed())
		Eventually(s.seen).Should(Equal([]string{"operation Pending", "operation Running", "operation Success"}))
	})

	It("are of one project, or of all", func() {
		b.world.AddProject("other", map[string]string{"features.images": "false", "features.profiles": "false"})
		one, all := b.listen("?type=lifecycle"), b.listen("?type=lifecycle&all-projects=true")
		Expect(b.over(b.client.UseProject("other").CreateInstance(ofBot("bot-1")))).To(Succeed())
		Expect(b.over(b.client.CreateInstance(ofBot("bot-2")))).To(Succeed())
		Eventually(all.seen).Should(Equal([]string{"instance-created bot-1", "instance-created bot-2"}))
		Eventually(one.seen).Should(Equal([]string{"instance-created bot-2"}))
	})

	It("are kept alive by pings", func() {
		s := b.listen("")
		pings := func() int {
			s.mu.Lock()
			defer s.mu.Unlock()
			return s.pings
		}
		Eventually(func() int {
			b.world.Advance(10 * time.Second)
			return pings()
		}).Should(BeNumerically(">=", 3))
	})

	It("end when they are cut, and can be listened to again", func() {
		s := b.listen("")
		b.world.CutEvents()
		Eventually(s.ended).Should(BeClosed())
		again := b.listen("?type=lifecycle")
		b.launch("bot-1")
		Eventually(again.seen).Should(ContainElement("instance-started bot-1"))
	})

	DescribeTable("are refused",
		func(query string, status int) {
			_, _, err := b.client.RawQuery(http.MethodGet, "/1.0/events"+query, nil, "")
			Expect(code(err)).To(Equal(status))
		},
		Entry("of a type that there is not", "?type=gossip", http.StatusBadRequest),
		Entry("of a project and of all", "?project=x&all-projects=true", http.StatusBadRequest),
		Entry("of a project that there is not", "?project=nope", http.StatusNotFound),
	)

	DescribeTable("go wrong as planned",
		func(fault fake.Fault, expected ...string) {
			fault.Event = "instance-started"
			b.world.Faults().Plan(fault)
			s := b.listen("?type=lifecycle")
			b.launch("bot-1")
			Expect(b.change("bot-1", kill)).To(Succeed())
			Eventually(s.seen).Should(HaveLen(len(expected)))
			Expect(s.seen()).To(Equal(expected))
			Expect(b.world.Faults().Unreached()).To(BeEmpty())
		},
		Entry("lost", fake.Fault{Mode: fake.DropEvent}, "instance-created bot-1", "instance-stopped bot-1"),
		Entry("twice", fake.Fault{Mode: fake.DuplicateEvent},
			"instance-created bot-1", "instance-started bot-1", "instance-started bot-1", "instance-stopped bot-1"),
		Entry("late", fake.Fault{Mode: fake.DelayEvent},
			"instance-created bot-1", "instance-stopped bot-1", "instance-started bot-1"),
		Entry("with the stream", fake.Fault{Mode: fake.CutEvents}, "instance-created bot-1"),
		Entry("not for another instance", fake.Fault{Mode: fake.DropEvent, Instance: "bot-[1]"},
			"instance-created bot-1", "instance-stopped bot-1"),
	)
})
