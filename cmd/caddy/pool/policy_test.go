package pool_test

import (
	"fmt"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

var _ = Describe("Policies", func() {
	var (
		fleet    *bots
		registry *pool.Registry
	)
	BeforeEach(func() {
		fleet = newBots()
		registry = pool.New(fleet, nil)
		DeferCleanup(registry.Close)
	})

	// serve makes the bots with the numbers active, and waits until they serve.
	serve := func(numbers ...int) {
		GinkgoHelper()
		var members []pool.PushedMember
		for _, number := range numbers {
			fleet.answer(address(number), pool.Healthy)
			members = append(members, member(number, pool.Active))
		}
		pushTo(registry, quickProbe(3), members...)
		Eventually(serving(registry)).Should(HaveLen(len(numbers)))
	}
	of := func(policy pool.Policy) *pool.Route {
		return use(registry, pool.RouteSettings{Name: "api", Policy: policy})
	}
	// chosen counts which addresses as many requests choose.
	chosen := func(route *pool.Route, count int) map[string]int {
		counts := map[string]int{}
		for range count {
			counts[choose(route).Address()]++
		}
		return counts
	}

	DescribeTable("choose nobody where nobody serves", func(policy, fallback pool.Policy) {
		route := use(registry, pool.RouteSettings{Name: "api", Policy: policy, Fallback: fallback})
		choice := route.Choose(pool.Asker{})
		Expect(choice.Next()).To(BeFalse())
		_, rejected := choice.Rejected()
		Expect(rejected).To(BeFalse())
	},
		Entry(nil, pool.RoundRobin, pool.Policy("")), Entry(nil, pool.First, pool.Policy("")), Entry(nil, pool.LeastConn, pool.Policy("")),
		Entry(nil, pool.IPHash, pool.Policy("")), Entry(nil, pool.Random, pool.Policy("")), Entry(nil, pool.Cookie, pool.LeastConn),
	)

	DescribeTable("try every member once, and then not the last one again", func(policy, fallback pool.Policy) {
		serve(1, 2, 3, 4)
		choice := use(registry, pool.RouteSettings{Name: "api", Policy: policy, Fallback: fallback}).Choose(pool.Asker{Address: "192.0.2.1"})
		tried, last := map[string]int{}, ""
		for range 4 {
			Expect(choice.Next()).To(BeTrue())
			last = choice.Address()
			tried[last]++
		}
		Expect(tried).To(HaveLen(4))
		Expect(choice.Next()).To(BeTrue())
		Expect(choice.Address()).NotTo(Equal(last))
	},
		Entry(nil, pool.RoundRobin, pool.Policy("")), Entry(nil, pool.First, pool.Policy("")), Entry(nil, pool.LeastConn, pool.Policy("")),
		Entry(nil, pool.IPHash, pool.Policy("")), Entry(nil, pool.Random, pool.Policy("")), Entry(nil, pool.Cookie, pool.First),
	)

	It("try the only member again", func() {
		serve(1)
		choice := of(pool.First).Choose(pool.Asker{})
		for range 3 {
			Expect(choice.Next()).To(BeTrue())
			Expect(choice.Address()).To(Equal(address(1)))
		}
	})

	Describe("round_robin", func() {
		It("takes one after the other", func() {
			serve(1, 2, 3)
			Expect(chosen(of(pool.RoundRobin), 30)).To(Equal(map[string]int{address(1): 10, address(2): 10, address(3): 10}))
		})

		It("goes on where it was when other routes take over, whatever else they change", func() {
			serve(1, 2, 3)
			old := registry.UseRoute(pool.RouteSettings{Name: "api", Policy: pool.RoundRobin})
			first := choose(old).Address()
			fresh := use(registry, pool.RouteSettings{Name: "api", Policy: pool.RoundRobin, Passive: pool.PassiveSettings{FailDuration: 1e9, MaxFails: 1}})
			old.Release()
			Expect([]string{first, choose(fresh).Address(), choose(fresh).Address()}).To(ConsistOf(address(1), address(2), address(3)))
			Expect(choose(fresh).Address()).To(Equal(first))
		})

		It("spreads evenly over those that are left when a breaker is open", func() {
			serve(1, 2, 3)
			route := use(registry, pool.RouteSettings{Name: "api", Policy: pool.RoundRobin, Breaker: pool.BreakerSettings{Threshold: 1, Timeout: 1e12, HalfOpenRequests: 1}})
			failed := choose(route)
			request, err := failed.Admit()
			Expect(err).NotTo(HaveOccurred())
			request.Failed()
			request.End()
			counts := chosen(route, 30)
			Expect(counts).To(HaveLen(2))
			Expect(counts).NotTo(HaveKey(failed.Address()))
			Expect(counts).To(HaveEach(15))
		})
	})

	It("first: takes the first in the order of the names", func() {
		serve(10, 2, 3)
		Expect(chosen(of(pool.First), 5)).To(Equal(map[string]int{address(2): 5}))
	})

	It("random: takes all of them", func() {
		serve(1, 2, 3)
		Expect(chosen(of(pool.Random), 300)).To(And(HaveLen(3), HaveEach(BeNumerically(">", 50))))
	})

	Describe("least_conn", func() {
		It("takes the one with the least in flight, streams included, and those with equally little in turn", func() {
			serve(1, 2, 3)
			route := of(pool.LeastConn)
			begun := map[string]*pool.Request{}
			for range 3 {
				choice := choose(route)
				request, err := choice.Admit()
				Expect(err).NotTo(HaveOccurred())
				begun[choice.Address()] = request
			}
			Expect(begun).To(HaveLen(3))
			begun[address(1)].Answered(200, 0) // its stream goes on
			begun[address(2)].End()
			Expect(chosen(route, 10)).To(Equal(map[string]int{address(2): 10}))
			begun[address(3)].End()
			Expect(chosen(route, 12)).To(Equal(map[string]int{address(2): 6, address(3): 6}))
		})
	})

	Describe("ip_hash", func() {
		// places are the addresses that a thousand clients are sent to.
		places := func(route *pool.Route) []string {
			placed := make([]string, 1000)
			for client := range placed {
				choice := route.Choose(pool.Asker{Address: fmt.Sprintf("192.0.%d.%d", client/250, client%250)})
				choice.Next()
				placed[client] = choice.Address()
			}
			return placed
		}

		It("sends a client to the same member, and clients to all members", func() {
			serve(1, 2, 3, 4)
			route := of(pool.IPHash)
			placed := places(route)
			Expect(places(route)).To(Equal(placed))
			counts := map[string]int{}
			for _, place := range placed {
				counts[place]++
			}
			Expect(counts).To(And(HaveLen(4), HaveEach(BeNumerically("~", 250, 60))))
		})

		It("moves only the clients of a member that leaves, and they come back with it", func() {
			serve(1, 2, 3, 4)
			route := of(pool.IPHash)
			before := places(route)
			serve(1, 2, 4)
			for client, place := range places(route) {
				if before[client] == address(3) {
					Expect(place).NotTo(Equal(address(3)))
				} else {
					Expect(place).To(Equal(before[client]))
				}
			}
			serve(1, 2, 3, 4)
			Expect(places(route)).To(Equal(before))
		})

		It("knows members by their names, so that all edges agree and a new address moves nobody", func() {
			serve(1, 2)
			before := places(of(pool.IPHash))
			other := pool.New(fleet, nil)
			DeferCleanup(other.Close)
			fleet.answer(address(9), pool.Healthy)
			pushTo(other, quickProbe(3), pool.PushedMember{Name: "bot-1", Address: address(9), State: pool.Active}, member(2, pool.Active))
			Eventually(serving(other)).Should(HaveLen(2))
			for client, place := range places(use(other, pool.RouteSettings{Name: "api", Policy: pool.IPHash})) {
				Expect(place).To(Equal(strings.Replace(before[client], address(1), address(9), 1)))
			}
		})
	})
})
