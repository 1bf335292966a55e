package pool_test

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

// twoStrikes eject for what fails twice within half a minute.
var twoStrikes = pool.PassiveSettings{FailDuration: 30 * time.Second, MaxFails: 2}

func (b *bubble) useFirst(name string, passive pool.PassiveSettings) *pool.Route {
	return b.registry.UseRoute(pool.RouteSettings{Name: name, Policy: pool.First, Passive: passive})
}

// fails sends requests that fail, one after the other.
func (b *bubble) fails(route *pool.Route, times int) {
	for range times {
		request, _ := b.ask(route)
		outcomes["fail"](request)
	}
}

// ejected lists the names of those that the document says are passed over.
func (b *bubble) ejected() []string {
	names := []string{}
	for _, listed := range b.registry.Describe().Members {
		if listed.Ejected {
			names = append(names, listed.Name)
		}
	}
	return names
}

// passiveStories are told of two bots and a route that takes the first, and ejects after two strikes.
var passiveStories = map[string]func(*bubble, *pool.Route){
	"too many failures eject a member until they are forgotten": func(b *bubble, route *pool.Route) {
		b.fails(route, 1)
		b.Expect(choose(route).Address()).To(Equal(address(1)))
		b.pass(10 * time.Second)
		b.fails(route, 1)
		b.Expect(choose(route).Address()).To(Equal(address(2)))
		b.Expect(b.ejected()).To(HaveExactElements("bot-1"))
		before := b.registry.Describe().Change
		b.pass(20*time.Second - 1)
		b.Expect(b.ejected()).To(HaveExactElements("bot-1"))
		b.pass(1)
		b.Expect(choose(route).Address()).To(Equal(address(1)), "the older failure is forgotten")
		b.Expect(b.registry.Describe().Change).To(BeNumerically(">", before))
		b.Expect(b.events).To(HaveExactElements("bot-1 ejected=true", "bot-1 ejected=false"))
	},
	"failures that are far apart do not": func(b *bubble, route *pool.Route) {
		for range 5 {
			b.fails(route, 1)
			b.pass(30 * time.Second)
		}
		b.Expect(b.events).To(BeEmpty())
	},
	"neither do answers of 5xx and what clients give up": func(b *bubble, route *pool.Route) {
		for range 5 {
			for _, outcome := range []string{"5xx", "cancel"} {
				request, _ := b.ask(route)
				outcomes[outcome](request)
			}
		}
		b.Expect(b.ejected()).To(BeEmpty())
	},
	"a member that fails again while it is ejected stays so for longer": func(b *bubble, route *pool.Route) {
		late := []*pool.Request{}
		for range 4 {
			request, _ := b.ask(route)
			late = append(late, request)
		}
		outcomes["fail"](late[0])
		outcomes["fail"](late[1])
		b.pass(20 * time.Second)
		outcomes["fail"](late[2])
		outcomes["fail"](late[3])
		b.pass(29 * time.Second)
		b.Expect(b.ejected()).To(HaveExactElements("bot-1"))
		b.pass(time.Second)
		b.Expect(b.ejected()).To(BeEmpty())
	},
	"when all are ejected nobody is": func(b *bubble, route *pool.Route) {
		b.fails(route, 2)
		b.Expect(b.ejected()).To(HaveExactElements("bot-1"))
		b.fails(route, 2)
		b.Expect(b.ejected()).To(BeEmpty())
		b.Expect(choose(route).Address()).To(Equal(address(1)))
		b.push(member(1, pool.Active), member(2, pool.Active), member(3, pool.Active))
		b.fleet.answer(address(3), pool.Healthy)
		b.pass(2 * time.Second)
		b.Expect(serving(b.registry)()).To(HaveLen(3))
		b.Expect(b.ejected()).To(HaveExactElements("bot-1", "bot-2"), "as one has come that is not")
		b.Expect(choose(route).Address()).To(Equal(address(3)))
	},
	"an ejected member is there when a request has tried all others": func(b *bubble, route *pool.Route) {
		b.fails(route, 2)
		choice := choose(route)
		b.Expect(choice.Address()).To(Equal(address(2)))
		b.Expect(choice.Next()).To(BeTrue())
		b.Expect(choice.Address()).To(Equal(address(1)))
	},
	"routes with the same settings share it, others do not": func(b *bubble, route *pool.Route) {
		same, none := b.useFirst("files", twoStrikes), b.useFirst("ws", pool.PassiveSettings{})
		other := b.useFirst("other", pool.PassiveSettings{FailDuration: time.Minute, MaxFails: 2})
		b.fails(route, 2)
		b.Expect(choose(same).Address()).To(Equal(address(2)))
		b.Expect(choose(none).Address()).To(Equal(address(1)))
		b.Expect(choose(other).Address()).To(Equal(address(1)))
	},
	"another address is another member, and so is one that has come back": func(b *bubble, route *pool.Route) {
		b.fails(route, 2)
		b.push(pool.PushedMember{Name: "bot-1", Address: address(9), State: pool.Active}, member(2, pool.Active))
		b.fleet.answer(address(9), pool.Healthy)
		b.pass(time.Second)
		b.Expect(choose(route).Address()).To(Equal(address(9)))
		b.Expect(b.ejected()).To(BeEmpty())
		b.pass(time.Minute)
		b.Expect(b.events).To(HaveExactElements("bot-1 ejected=true"))
	},
	"it ends with the last route that uses it": func(b *bubble, route *pool.Route) {
		second := b.useFirst("files", twoStrikes)
		b.fails(route, 2)
		route.Release()
		b.Expect(b.ejected()).To(HaveExactElements("bot-1"))
		before := b.registry.Describe().Change
		second.Release()
		b.Expect(b.ejected()).To(BeEmpty())
		b.Expect(b.registry.Describe().Change).To(BeNumerically(">", before))
	},
	"requests that fail after their member has left change nothing": func(b *bubble, route *pool.Route) {
		one, _ := b.ask(route)
		two, _ := b.ask(route)
		b.push(member(2, pool.Active))
		outcomes["fail"](one)
		outcomes["fail"](two)
		b.push(member(1, pool.Active), member(2, pool.Active))
		b.Expect(choose(route).Address()).To(Equal(address(1)))
	},
}

func TestPassiveHealth(t *testing.T) {
	for name, test := range passiveStories {
		t.Run(name, func(t *testing.T) {
			inBubble(t, 2, func(b *bubble) { test(b, b.useFirst("api", twoStrikes)) })
		})
	}
}
