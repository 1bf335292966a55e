package incus

import (
	"context"
	"errors"
	"sync"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

var _ = Describe("Readings", func() {
	var now *clocktesting.FakeClock
	var r *readings
	var told []model.Owner
	var mu sync.Mutex
	// fetches has the answer to come of each fetch that began, in their order.
	var fetches chan chan error
	// running are the jobs that began; none outlives its spec.
	var running sync.WaitGroup
	AfterEach(func() { running.Wait() })
	BeforeEach(func() {
		now = clocktesting.NewFakeClock(time.Unix(1e9, 0))
		fetches, told = make(chan chan error, 10), nil
		r = &readings{clock: now, queue: newQueue(), index: newIndex(), lines: map[string]*line{}}
		r.fetch = func(_ context.Context, name string) (*model.Instance, error) {
			answer := make(chan error)
			fetches <- answer
			return ownedBy(name, "u"), <-answer
		}
		r.notify = func(owners []model.Owner) {
			mu.Lock()
			defer mu.Unlock()
			told = append(told, owners...)
		}
	})
	// begin lets what is queued begin, and returns the answer to come of one fetch.
	begin := func() chan error {
		GinkgoHelper()
		jobs := r.queue.take()
		Expect(jobs).To(HaveLen(1))
		running.Go(func() { jobs[0](context.Background()) })
		var fetch chan error
		Eventually(fetches).Should(Receive(&fetch))
		return fetch
	}
	// ends lets a fetch answer and waits for the end of its reading.
	ends := func(fetch chan error, pending *reading, err error) {
		GinkgoHelper()
		fetch <- err
		Eventually(pending.done).Should(BeClosed())
	}
	lines := func() int {
		r.mu.Lock()
		defer r.mu.Unlock()
		return len(r.lines)
	}

	It("makes one reading of all requests that wait, and another for those that come while it runs", func() {
		first := r.request("a")
		Expect(r.request("a")).To(BeIdenticalTo(first))
		fetch := begin()
		second := r.request("a")
		Expect(second).NotTo(BeIdenticalTo(first))
		ends(fetch, first, nil)
		ends(begin(), second, nil)
		Eventually(lines).Should(BeZero())
	})

	It("joins a reading that takes long", func() {
		first := r.request("a")
		fetch := begin()
		now.Step(2 * slow)
		Expect(r.request("a")).To(BeIdenticalTo(first))
		ends(fetch, first, nil)
	})

	It("keeps apart readings that overtake each other", func() {
		first := r.request("a")
		firstFetch := begin()
		second := r.request("a")
		ends(begin(), second, nil)
		third := r.request("a")
		ends(firstFetch, first, nil)
		ends(begin(), third, nil)
		Eventually(lines).Should(BeZero())
	})

	It("leaves one alone for a while that could not be read", func() {
		pending := r.request("a")
		ends(begin(), pending, errors.New("no"))
		Expect(pending.err).To(MatchError("no"))
		Expect(r.failed("a")).To(MatchError("no"))
		now.Step(pauseAfterFailure)
		Expect(r.failed("a")).To(Succeed())
	})

	It("tells owners of changes, and whom it was told to tell", func() {
		all := func() []model.Owner {
			mu.Lock()
			defer mu.Unlock()
			return append([]model.Owner{}, told...)
		}
		owner, other := model.Owner{Manager: "m", UID: "u"}, model.Owner{Manager: "m", UID: "other"}
		pending := r.request("a")
		ends(begin(), pending, nil)
		Eventually(all).Should(Equal([]model.Owner{owner}))
		pending = r.request("a", other)
		ends(begin(), pending, nil)
		Eventually(all).Should(Equal([]model.Owner{owner, other}))
	})
})
