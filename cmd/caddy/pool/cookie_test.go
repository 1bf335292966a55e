package pool_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

// cookieKey is a key as the operator makes it.
var cookieKey = bytes.Repeat([]byte{7}, 32)

// signed is the cookie of a bot as the contract with the operator has it.
func signed(key []byte, name string) string {
	signature := hmac.New(sha256.New, key)
	signature.Write([]byte(name))
	return base64.RawURLEncoding.EncodeToString(signature.Sum(nil))
}

var _ = Describe("The policy cookie", func() {
	var (
		fleet    *bots
		registry *pool.Registry
		route    *pool.Route
	)
	BeforeEach(func() {
		fleet = newBots()
		registry = pool.New(fleet, nil)
		DeferCleanup(registry.Close)
		registry.SetCookieKey(cookieKey)
		route = use(registry, pool.RouteSettings{
			Name: "ws", Policy: pool.Cookie, Fallback: pool.First,
			Breaker: pool.BreakerSettings{Threshold: 1, Timeout: time.Hour, HalfOpenRequests: 1},
			Passive: pool.PassiveSettings{FailDuration: time.Hour, MaxFails: 2},
		})
		for number := range 3 {
			fleet.answer(address(number+1), pool.Healthy)
		}
		pushTo(registry, quickProbe(3), member(1, pool.Active), member(2, pool.Active), member(3, pool.Active))
		Eventually(serving(registry)).Should(HaveLen(3))
	})

	with := func(tokens ...string) *pool.Choice {
		choice := route.Choose(pool.Asker{Tokens: tokens})
		Expect(choice.Next()).To(BeTrue())
		return &choice
	}

	It("gives the cookie of the member that the fallback chose, and follows it", func() {
		first := with()
		Expect(first.Address()).To(Equal(address(1)))
		Expect(first.NewToken()).To(Equal(signed(cookieKey, "bot-1")))
		held := with(signed(cookieKey, "bot-3"))
		Expect(held.Address()).To(Equal(address(3)))
		Expect(held.NewToken()).To(BeEmpty(), "the client has it")
	})

	DescribeTable("ignores what it did not sign",
		func(token string) {
			choice := with(token)
			Expect(choice.Address()).To(Equal(address(1)))
			Expect(choice.NewToken()).To(Equal(signed(cookieKey, "bot-1")))
		},
		Entry("nothing", ""),
		Entry("a name", "bot-3"),
		Entry("another key's", signed(bytes.Repeat([]byte{8}, 32), "bot-3")),
		Entry("no key's", signed(nil, "bot-3")),
		Entry("a member that is not there", signed(cookieKey, "bot-9")),
		Entry("padded", signed(cookieKey, "bot-3")+"="),
	)

	It("finds its own among several of the name", func() {
		Expect(with("x", signed(cookieKey, "bot-9"), signed(cookieKey, "bot-2")).Address()).To(Equal(address(2)))
	})

	It("follows a member to its new address", func() {
		fleet.answer(address(9), pool.Healthy)
		pushTo(registry, quickProbe(3), member(1, pool.Active), member(2, pool.Active), pool.PushedMember{Name: "bot-3", Address: address(9), State: pool.Active})
		Eventually(serving(registry)).Should(HaveLen(3))
		Expect(with(signed(cookieKey, "bot-3")).Address()).To(Equal(address(9)))
	})

	It("leaves a draining member with those who hold its cookie, and nobody else", func() {
		pushTo(registry, quickProbe(3), member(1, pool.Draining), member(2, pool.Active))
		choice := with(signed(cookieKey, "bot-1"))
		Expect(choice.Address()).To(Equal(address(1)))
		Expect(choice.NewToken()).To(BeEmpty())
		Expect(with().Address()).To(Equal(address(2)))
		By("until it no longer answers")
		fleet.answer(address(1), pool.Unhealthy)
		Eventually(func() string { return with(signed(cookieKey, "bot-1")).Address() }).Should(Equal(address(2)))
	})

	It("keeps the holders of a draining member when nobody else is there, or all others are open", func() {
		pushTo(registry, quickProbe(3), member(1, pool.Draining))
		Expect(with(signed(cookieKey, "bot-1")).Address()).To(Equal(address(1)))
		others := route.Choose(pool.Asker{})
		Expect(others.Next()).To(BeFalse())

		pushTo(registry, quickProbe(3), member(1, pool.Draining), member(2, pool.Active))
		Eventually(serving(registry)).Should(HaveLen(1))
		request := send(route)
		request.Failed()
		request.End()
		_, rejected := choose(route).Rejected()
		Expect(rejected).To(BeTrue())
		holder := route.Choose(pool.Asker{Tokens: []string{signed(cookieKey, "bot-1")}})
		_, rejected = holder.Rejected()
		Expect(rejected).To(BeFalse())
		Expect(holder.Next()).To(BeTrue())
		Expect(holder.Address()).To(Equal(address(1)))
	})

	It("sends a client elsewhere, with another cookie, when its member failed the request or its breaker is open", func() {
		token := signed(cookieKey, "bot-3")
		choice := with(token)
		request, err := choice.Admit()
		Expect(err).NotTo(HaveOccurred())
		request.Failed()
		request.End()
		Expect(choice.Next()).To(BeTrue())
		Expect(choice.Address()).To(Equal(address(1)))
		Expect(choice.NewToken()).To(Equal(signed(cookieKey, "bot-1")))
		Expect(with(token).Address()).To(Equal(address(1)), "the breaker is open")
	})

	It("believes in another key at once when it is set, and in no cookie without one", func() {
		other := bytes.Repeat([]byte{9}, 32)
		before := registry.Describe().Change
		registry.SetCookieKey(other)
		Expect(registry.Describe().Change).To(Equal(before + 1))
		registry.SetCookieKey(other)
		Expect(registry.Describe().Change).To(Equal(before+1), "the same key is no change")
		Expect(with(signed(cookieKey, "bot-3")).Address()).To(Equal(address(1)))
		Expect(with(signed(other, "bot-3")).Address()).To(Equal(address(3)))
		registry.SetCookieKey(nil)
		Expect(with(signed(other, "bot-3")).Address()).To(Equal(address(1)))
		Expect(with("").Address()).To(Equal(address(1)))
		Expect(with().NewToken()).To(BeEmpty())
	})

	It("shows the revision of the secrets", func() {
		before := registry.Describe()
		Expect(before.SecretsRevision).To(BeEmpty())
		registry.SetSecretsRevision("s-1")
		registry.SetSecretsRevision("s-1")
		Expect(registry.Describe()).To(And(HaveField("SecretsRevision", "s-1"), HaveField("Change", before.Change+1)))
	})
})
