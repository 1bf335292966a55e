package pool_test

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

// documented are the settings of the scaling document: threshold 5, timeout 30 s, 3 half-open requests.
var documented = pool.BreakerSettings{Threshold: 5, Timeout: 30 * time.Second, HalfOpenRequests: 3}

func withBreaker(name string, settings pool.BreakerSettings) pool.RouteSettings {
	return pool.RouteSettings{Name: name, Policy: pool.First, Breaker: settings}
}

// TestBreakerSequences reads each sequence word by word. ok, 4xx, 5xx, fail and cancel are requests with that outcome; begin is
// one that ends later, the oldest with end:outcome; rejected is one that finds nobody and is answered at once; a
// duration passes; =state is what the document then says. 3*word is the word three times.
func TestBreakerSequences(t *testing.T) {
	const opened = "5*5xx "
	const halfOpened = opened + "30.000000001s "
	for name, sequence := range map[string]string{
		"it is closed at first":                             "=closed ok =closed",
		"four failures leave it closed":                     "4*5xx =closed ok",
		"the fifth failure opens it":                        opened + "=open rejected",
		"requests without an answer are failures":           "5*fail =open rejected",
		"both kinds of failures add up":                     "fail 5xx fail 5xx =closed fail =open",
		"a success begins the count anew":                   "4*5xx ok 4*5xx =closed 5xx =open",
		"an answer of 4xx is a success":                     "4*5xx 4xx 4*5xx =closed",
		"what the client gives up is neither":               "4*5xx 2*cancel =closed 5xx =open",
		"failures far apart add up":                         "5xx 1h 5xx 1h 5xx 1h 5xx 1h =closed 5xx =open",
		"it stays open for its time":                        opened + "29.999s =open rejected",
		"then it is half-open, without being asked":         halfOpened + "=half-open",
		"three successes close it":                          halfOpened + "ok =half-open ok =half-open ok =closed ok",
		"a failure opens it again":                          halfOpened + "5xx =open rejected",
		"a failure after two successes too":                 halfOpened + "2*ok fail =open rejected 29.9s =open 1s =half-open",
		"opened again it stays so for its time":             halfOpened + "5xx 29.999s =open rejected 1s =half-open 3*ok =closed",
		"closed again it counts anew":                       halfOpened + "3*ok 4*5xx =closed 5xx =open",
		"half-open it lets three through":                   halfOpened + "3*begin rejected =half-open 3*end:ok =closed ok",
		"a success of three does not make room":             halfOpened + "3*begin end:ok rejected =half-open",
		"a permit that the client gives up is free again":   halfOpened + "3*begin rejected end:cancel begin rejected 3*end:ok =closed",
		"one of three fails":                                halfOpened + "3*begin end:5xx =open rejected 2*end:ok =open",
		"what began before it opened says nothing after":    "2*begin " + opened + "end:ok =open 31s =half-open end:5xx =half-open",
		"what began half-open says nothing when open again": halfOpened + "2*begin end:5xx 31s =half-open end:5xx =half-open 3*ok =closed",
		"half-open, no answer for its time opens it again":  halfOpened + "3*begin 29.999s rejected =half-open 1ms =open rejected 31s 3*end:ok =half-open 3*ok =closed",
		"half-open, an answer in time is one":               halfOpened + "3*begin 29.999s 3*end:ok =closed 31s =closed ok",
		"closed, clients that gave up after its time count": "5*begin 29.999s end:cancel =closed 1ms 4*end:cancel =closed begin 30s end:cancel =open rejected",
		"what is answered late is answered":                 "5*begin 31s 5*end:ok =closed",
		"an upload that broke off late says nothing":        "5*begin 31s 5*end:broken =closed ok",
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, 1, func(b *bubble) {
				player := &player{bubble: b, route: b.registry.UseRoute(withBreaker("api", documented))}
				for word := range strings.FieldsSeq(sequence) {
					player.repeat(word)
				}
			})
		})
	}
}

// player plays a sequence.
type player struct {
	*bubble
	route *pool.Route
	begun []*pool.Request
}

func (p *player) repeat(word string) {
	times, repeated, many := strings.Cut(word, "*")
	if !many {
		p.play(word)
		return
	}
	count, err := strconv.Atoi(times)
	p.Expect(err).NotTo(HaveOccurred())
	for range count {
		p.play(repeated)
	}
}

func (p *player) play(word string) {
	if outcome, known := outcomes[word]; known {
		request, _ := p.ask(p.route)
		outcome(request)
		return
	}
	if state, said := strings.CutPrefix(word, "="); said {
		p.Expect(p.breaker(1, "api")).To(BeEquivalentTo(state))
		return
	}
	if outcome, said := strings.CutPrefix(word, "end:"); said {
		outcomes[outcome](p.begun[0])
		p.begun = slices.Delete(p.begun, 0, 1)
		return
	}
	switch word {
	case "begin":
		request, _ := p.ask(p.route)
		p.begun = append(p.begun, request)
	case "rejected":
		choice := p.route.Choose(pool.Asker{})
		_, before := choice.Rejected()
		p.Expect(before).To(BeTrue())
		p.Expect(choice.Next()).To(BeFalse())
		_, after := choice.Rejected()
		p.Expect(after).To(BeTrue())
	default:
		duration, err := time.ParseDuration(word)
		p.Expect(err).NotTo(HaveOccurred())
		p.pass(duration)
	}
}

func TestBreakerGoesElsewhere(t *testing.T) {
	inBubble(t, 2, func(b *bubble) {
		route := b.registry.UseRoute(withBreaker("api", documented))
		for range 5 {
			request, at := b.ask(route)
			b.Expect(at).To(Equal(address(1)))
			outcomes["5xx"](request)
		}
		request, at := b.ask(route)
		b.Expect(at).To(Equal(address(2)), "the first is open")
		outcomes["ok"](request)

		b.pass(31 * time.Second)
		var begun []*pool.Request
		for range 3 {
			request, at := b.ask(route)
			b.Expect(at).To(Equal(address(1)), "it may show that it has recovered")
			begun = append(begun, request)
		}
		fourth, at := b.ask(route)
		b.Expect(at).To(Equal(address(2)), "the fourth goes elsewhere")
		outcomes["ok"](fourth)
		for _, request := range begun {
			outcomes["ok"](request)
		}
		b.Expect(b.breaker(1, "api")).To(Equal(pool.BreakerClosed))
		b.Expect(b.events).To(HaveExactElements(
			"bot-1/api closed→open", "bot-1/api open→half-open", "bot-1/api half-open→closed"))
	})
}

func TestBreakerRefusesWhatWasChosenBefore(t *testing.T) {
	inBubble(t, 2, func(b *bubble) {
		route := b.registry.UseRoute(withBreaker("api", pool.BreakerSettings{Threshold: 1, Timeout: time.Second, HalfOpenRequests: 1}))
		late, later := choose(route), choose(route)
		request, _ := b.ask(route)
		outcomes["fail"](request)
		_, err := late.Admit()
		b.Expect(err).To(MatchError(pool.ErrBreakerRefused))
		b.Expect(b.registry.Describe().Members[0]).To(And(HaveField("Requests", BeEquivalentTo(1)), HaveField("InFlight", BeZero())))
		b.Expect(late.Next()).To(BeTrue())
		b.Expect(late.Address()).To(Equal(address(2)))

		b.pass(2 * time.Second)
		begun, at := b.ask(route)
		b.Expect(at).To(Equal(address(1)))
		_, err = later.Admit()
		b.Expect(err).To(MatchError(pool.ErrBreakerRefused), "the only permit is taken")
		outcomes["ok"](begun)
		b.Expect(b.breaker(1, "api")).To(Equal(pool.BreakerClosed))
	})
}

func TestBreakerPermitsAreTakenWithTheChoice(t *testing.T) {
	inBubble(t, 2, func(b *bubble) {
		route := b.registry.UseRoute(withBreaker("api", pool.BreakerSettings{Threshold: 1, Timeout: time.Second, HalfOpenRequests: 1}))
		request, _ := b.ask(route)
		outcomes["fail"](request)
		b.pass(2 * time.Second)
		first, second := choose(route), choose(route)
		b.Expect(first.Address()).To(Equal(address(1)))
		b.Expect(second.Address()).To(Equal(address(2)), "the only permit is taken, though nothing was sent yet")
		first.Abandon()
		first.Abandon()
		third, fourth := choose(route), choose(route)
		b.Expect(third.Address()).To(Equal(address(1)), "it was given back")
		b.Expect(fourth.Address()).To(Equal(address(2)))
		b.Expect(third.Next()).To(BeTrue())
		b.Expect(third.Address()).To(Equal(address(2)))
		request, at := b.ask(route)
		b.Expect(at).To(Equal(address(1)), "another try gives it back as well")
		third.Abandon()
		outcomes["ok"](request)
		b.Expect(b.breaker(1, "api")).To(Equal(pool.BreakerClosed))
	})
}

func TestBreakerGivesItsPermitsToOneRequestEach(t *testing.T) {
	inBubble(t, 1, func(b *bubble) {
		route := b.registry.UseRoute(withBreaker("api", documented))
		b.trip(route)
		b.pass(31 * time.Second)
		var chosen, rejected, refused atomic.Int32
		var asking sync.WaitGroup
		for range 50 {
			asking.Go(func() {
				choice := route.Choose(pool.Asker{})
				if !choice.Next() {
					if _, at := choice.Rejected(); at {
						rejected.Add(1)
					}
					return
				}
				chosen.Add(1)
				if _, err := choice.Admit(); err != nil {
					refused.Add(1)
				}
			})
		}
		asking.Wait()
		b.Expect([]int32{chosen.Load(), rejected.Load(), refused.Load()}).To(Equal([]int32{3, 47, 0}))
	})
}

func TestRetiredBreakersHaveNothingToPublish(t *testing.T) {
	NewWithT(t).Expect(pool.TurningAfterRetirement()).To(BeFalse())
}

func TestBreakersRejectWhenAllAreOpen(t *testing.T) {
	inBubble(t, 2, func(b *bubble) {
		route := b.registry.UseRoute(withBreaker("api", documented))
		for number := range 2 {
			for range 5 {
				request, at := b.ask(route)
				b.Expect(at).To(Equal(address(number + 1)))
				outcomes["fail"](request)
			}
			b.pass(10 * time.Second)
		}
		wait, rejected := choose(route).Rejected()
		b.Expect(rejected).To(BeTrue())
		b.Expect(wait).To(Equal(10*time.Second), "when the first one is half-open")
		other := b.registry.UseRoute(withBreaker("files", documented))
		_, rejected = choose(other).Rejected()
		b.Expect(rejected).To(BeFalse(), "every route has its own")

		b.pass(10*time.Second + 1)
		_, rejected = choose(route).Rejected()
		b.Expect(rejected).To(BeFalse())
		b.push()
		_, rejected = choose(route).Rejected()
		b.Expect(rejected).To(BeFalse(), "nobody serves: that is another answer")
	})
}

func TestBreakersAreSeen(t *testing.T) {
	inBubble(t, 1, func(b *bubble) {
		route := b.registry.UseRoute(withBreaker("api", pool.BreakerSettings{Threshold: 1, Timeout: 30 * time.Second, HalfOpenRequests: 1}))
		// noticed waits for a change for at most as long and tells how long that took.
		noticed := func(atMost time.Duration, act func()) time.Duration {
			before, begin := b.registry.Describe().Change, time.Now()
			act()
			ctx, cancel := context.WithTimeout(b.t.Context(), atMost)
			defer cancel()
			b.registry.Wait(ctx, before)
			return time.Since(begin)
		}
		b.Expect(noticed(time.Hour, func() {
			request, _ := b.ask(route)
			outcomes["5xx"](request)
		})).To(BeZero())
		opened := b.registry.Describe().Members[0].Breakers
		b.Expect(opened).To(HaveExactElements(pool.Breaker{Route: "api", State: pool.BreakerOpen, Since: time.Now()}))
		b.Expect(noticed(time.Hour, func() {})).To(BeNumerically("~", 30*time.Second, 1), "it turns by itself")
		b.Expect(b.registry.Describe().Members[0].Breakers).To(HaveExactElements(
			pool.Breaker{Route: "api", State: pool.BreakerHalfOpen, Since: time.Now()}))
		b.Expect(noticed(time.Hour, func() {
			request, _ := b.ask(route)
			outcomes["ok"](request)
		})).To(BeZero())
		b.Expect(b.registry.Describe().Members[0].Breakers).To(BeEmpty())
		b.Expect(b.registry.Describe().BreakerRoutes).To(HaveExactElements("api"))
	})
}

// trip opens the breaker of the first bot.
func (b *bubble) trip(route *pool.Route) {
	for range 5 {
		request, _ := b.ask(route)
		outcomes["5xx"](request)
	}
	b.Expect(b.breaker(1, "api")).To(Equal(pool.BreakerOpen))
}

func TestBreakersOutliveRoutes(t *testing.T) {
	t.Run("other routes with the same settings take them over", func(t *testing.T) {
		inBubble(t, 2, func(b *bubble) {
			old := b.registry.UseRoute(withBreaker("api", documented))
			b.trip(old)
			settings := withBreaker("api", documented)
			settings.Policy, settings.Passive = pool.Random, pool.PassiveSettings{FailDuration: time.Second, MaxFails: 1}
			fresh := b.registry.UseRoute(settings)
			old.Release()
			b.Expect(b.breaker(1, "api")).To(Equal(pool.BreakerOpen))
			for range 20 {
				b.Expect(choose(fresh).Address()).To(Equal(address(2)))
			}
			b.pass(31 * time.Second)
			b.Expect(b.breaker(1, "api")).To(Equal(pool.BreakerHalfOpen), "the clock goes on")
		})
	})
	t.Run("changed settings begin anew; until the old route ends both go on, and the new one is shown", func(t *testing.T) {
		inBubble(t, 1, func(b *bubble) {
			old := b.registry.UseRoute(withBreaker("api", documented))
			b.trip(old)
			changed := documented
			changed.Threshold = 6
			fresh := b.registry.UseRoute(withBreaker("api", changed))
			b.Expect(b.breaker(1, "api")).To(Equal(pool.BreakerClosed))
			_, rejected := choose(old).Rejected()
			b.Expect(rejected).To(BeTrue())
			_, rejected = choose(fresh).Rejected()
			b.Expect(rejected).To(BeFalse())
			fresh.Release()
			b.Expect(b.breaker(1, "api")).To(Equal(pool.BreakerOpen), "the new ones failed to load")
			old.Release()
			b.Expect(b.registry.Describe().BreakerRoutes).To(BeEmpty())
			b.Expect(b.breaker(1, "api")).To(Equal(pool.BreakerClosed))
		})
	})
}

func TestBreakersOutliveAddresses(t *testing.T) {
	t.Run("a member keeps them at another address", func(t *testing.T) {
		inBubble(t, 1, func(b *bubble) {
			route := b.registry.UseRoute(withBreaker("api", documented))
			b.trip(route)
			b.fleet.answer(address(9), pool.Healthy)
			b.push(pool.PushedMember{Name: "bot-1", Address: address(9), State: pool.Active})
			_, rejected := choose(route).Rejected()
			b.Expect(rejected).To(BeTrue())
		})
	})
	t.Run("a member that leaves takes them with it", func(t *testing.T) {
		inBubble(t, 1, func(b *bubble) {
			route := b.registry.UseRoute(withBreaker("api", documented))
			hanging, _ := b.ask(route)
			b.trip(route)
			b.push()
			told := len(b.events)
			b.push(member(1, pool.Active))
			b.Expect(b.breaker(1, "api")).To(Equal(pool.BreakerClosed))
			outcomes["5xx"](hanging)
			b.pass(time.Minute)
			b.Expect(b.events[told:]).To(BeEmpty(), "nothing is heard of the old one")
			request, at := b.ask(route)
			b.Expect(at).To(Equal(address(1)))
			outcomes["ok"](request)
		})
	})
}
