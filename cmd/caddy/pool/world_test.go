package pool_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

// errDead is what a bot that is not there answers.
var errDead = errors.New("connection refused")

// bots is a Checker over bots that exist only as their next answers.
type bots struct {
	mu      sync.Mutex
	answers map[string]pool.Result
	probes  map[string]int
	hurried map[string]bool // the last probe
	held    chan struct{}   // if not nil, probes hang until it is closed
}

func newBots() *bots {
	return &bots{answers: map[string]pool.Result{}, probes: map[string]int{}, hurried: map[string]bool{}}
}

// Check implements pool.Checker. A bot without an answer is dead.
func (b *bots) Check(ctx context.Context, _ pool.Probe, address string, hurried bool) pool.Observation {
	b.mu.Lock()
	b.hurried[address] = hurried
	b.probes[address]++
	answer, held := b.answers[address], b.held
	b.mu.Unlock()
	if held != nil {
		select {
		case <-held:
		case <-ctx.Done():
		}
	}
	if answer == "" {
		return pool.Observation{Result: pool.Unhealthy, Message: errDead.Error(), CheckedAt: time.Now()}
	}
	return pool.Observation{Result: answer, Status: 200, CheckedAt: time.Now()}
}

func (b *bots) answer(address string, result pool.Result) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answers[address] = result
}

func (b *bots) probed(address string) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.probes[address]
}

func (b *bots) hurriedAt(address string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.hurried[address]
}

// address is that of the bot with the number.
func address(number int) string { return fmt.Sprintf("10.0.0.%d:8080", number) }

// member is the bot with the number.
func member(number int, state pool.State) pool.PushedMember {
	return pool.PushedMember{Name: fmt.Sprintf("bot-%d", number), Address: address(number), State: state}
}

// quickProbe makes the probes of a spec follow each other at once.
func quickProbe(retries int) pool.Probe {
	return pool.Probe{
		Path: "/health", Scheme: "http", Retries: retries,
		Interval: pool.Duration(time.Millisecond), Timeout: pool.Duration(time.Second),
	}
}

// revisions numbers the pushes of all specs.
var revisions int

// pushTo applies a push with the members.
func pushTo(registry *pool.Registry, probe pool.Probe, members ...pool.PushedMember) {
	GinkgoHelper()
	revisions++
	Expect(registry.Apply(pool.Push{Revision: fmt.Sprint(revisions), Probe: probe, Members: members}, nil)).To(Succeed())
}

// find returns the listed members with the name.
func find(registry *pool.Registry, name string) []pool.Member {
	var found []pool.Member
	for _, member := range registry.Describe().Members {
		if member.Name == name {
			found = append(found, member)
		}
	}
	return found
}

// result reads what the probes of the bot with the number amount to.
func result(registry *pool.Registry, number int) func() pool.Result {
	return func() pool.Result {
		found := find(registry, member(number, pool.Active).Name)
		if len(found) == 0 {
			return ""
		}
		return found[0].Probe.Result
	}
}

// serving reads the addresses of those that serve, in the order of their names.
func serving(registry *pool.Registry) func() []string {
	return func() []string {
		addresses := []string{}
		for _, listed := range registry.Describe().Members {
			if listed.Serving {
				addresses = append(addresses, listed.Address)
			}
		}
		return addresses
	}
}

// use begins to use the pool with the settings, until the end of the spec.
func use(registry *pool.Registry, settings pool.RouteSettings) *pool.Route {
	GinkgoHelper()
	Expect(settings.Validate()).To(Succeed())
	route := registry.UseRoute(settings)
	DeferCleanup(route.Release)
	return route
}

// choose lets a new request of any client choose a member.
func choose(route *pool.Route) *pool.Choice {
	choice := route.Choose(pool.Asker{})
	choice.Next()
	return &choice
}

// send sends a request to the member that it chooses.
func send(route *pool.Route) *pool.Request {
	GinkgoHelper()
	request, err := choose(route).Admit()
	Expect(err).NotTo(HaveOccurred())
	return request
}
