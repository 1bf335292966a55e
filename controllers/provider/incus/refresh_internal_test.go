package incus

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/generalbots/botcluster-operator/controllers/provider"
)

// background runs a queue until the spec ends.
func background(q *queue) {
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		q.run(ctx)
	}()
	DeferCleanup(func() {
		stop()
		<-done
	})
}

var _ = Describe("A refresh", func() {
	var now *clocktesting.FakeClock
	var r *refresh
	var reads atomic.Int32
	var failure error
	var hold chan struct{}
	BeforeEach(func() {
		now = clocktesting.NewFakeClock(time.Unix(1e9, 0))
		reads.Store(0)
		failure, hold = nil, nil
		r = &refresh{clock: now, queue: newQueue()}
		r.read = func(ctx context.Context) error {
			reads.Add(1)
			if hold != nil {
				select {
				case <-hold:
				case <-ctx.Done():
				}
			}
			return failure
		}
		background(r.queue)
	})

	It("reads once for all who ask at the same time", func(ctx SpecContext) {
		hold = make(chan struct{})
		answers := make(chan error, 10)
		for range cap(answers) {
			go func() { answers <- r.ensure(ctx, now.Now()) }()
		}
		Eventually(reads.Load).Should(Equal(int32(1)))
		close(hold)
		for range cap(answers) {
			Eventually(answers).Should(Receive(BeNil()))
		}
		Expect(reads.Load()).To(Equal(int32(1)))
	})

	It("reads again when the last read is too old, or in doubt", func(ctx SpecContext) {
		Expect(r.ensure(ctx, now.Now())).To(Succeed())
		now.Step(time.Second)
		Expect(r.ensure(ctx, now.Now().Add(-time.Minute))).To(Succeed())
		Expect(reads.Load()).To(Equal(int32(1)))
		Expect(r.ensure(ctx, now.Now())).To(Succeed())
		Expect(reads.Load()).To(Equal(int32(2)))
		now.Step(time.Second)
		r.invalidate()
		now.Step(time.Second)
		Expect(r.fresh(time.Time{})).To(BeFalse())
		Expect(r.ensure(ctx, time.Time{})).To(Succeed())
		Expect(reads.Load()).To(Equal(int32(3)))
	})

	It("does not try again at once what has failed", func(ctx SpecContext) {
		failure = errors.New("no")
		for range 5 {
			Expect(r.ensure(ctx, now.Now())).To(MatchError("no"))
		}
		Expect(reads.Load()).To(Equal(int32(1)))
		now.Step(pauseBetweenLists)
		failure = nil
		Expect(r.ensure(ctx, now.Now())).To(Succeed())
	})

	It("gives the last error at once while another attempt is on its way", func(ctx SpecContext) {
		failure = errors.New("no")
		Expect(r.ensure(ctx, now.Now())).To(MatchError("no"))
		now.Step(pauseBetweenLists)
		hold = make(chan struct{})
		DeferCleanup(func() { close(hold) })
		r.start()
		Expect(r.ensure(ctx, now.Now())).To(MatchError("no"))
	})

	It("lets nobody wait for longer than their patience", func(ctx SpecContext) {
		hold = make(chan struct{})
		DeferCleanup(func() { close(hold) })
		answer := make(chan error, 1)
		go func() { answer <- r.ensure(ctx, now.Now()) }()
		Eventually(now.HasWaiters).Should(BeTrue())
		now.Step(listPatience)
		var err error
		Eventually(answer).Should(Receive(&err))
		Expect(provider.ClassOf(err)).To(Equal(provider.Waiting))
	})
})

var _ = Describe("A link", func() {
	var now *clocktesting.FakeClock
	var l *link
	BeforeEach(func() {
		now = clocktesting.NewFakeClock(time.Unix(1e9, 0))
		l = newLink(now)
	})

	It("lets the first wait for the first attempt", func(ctx SpecContext) {
		answer := make(chan error, 1)
		go func() { answer <- l.await(ctx) }()
		Consistently(answer).WithTimeout(50 * time.Millisecond).ShouldNot(Receive())
		Expect(l.settle(true, nil)).To(BeTrue())
		Eventually(answer).Should(Receive(BeNil()))
		Expect(l.await(ctx)).To(Succeed())
		Expect(l.isClustered()).To(BeTrue())
	})

	It("fails at once while the server is known to be away, and has it looked at again after a while", func(ctx SpecContext) {
		l.settle(false, errors.New("away"))
		Expect(l.await(ctx)).To(MatchError("away"))
		now.Step(askAgainAfter)
		answer := make(chan error, 1)
		go func() { answer <- l.await(ctx) }()
		Eventually(l.wanted).Should(Receive())
		Expect(l.await(ctx)).To(MatchError("away"), "another does not wait for the attempt")
		l.begin()
		l.settle(false, nil)
		Eventually(answer).Should(Receive(BeNil()))
	})

	It("says nothing new when the same comes again", func() {
		Expect(l.settle(false, errors.New("away"))).To(BeTrue())
		Expect(l.settle(false, errors.New("away"))).To(BeFalse())
		Expect(l.settle(false, nil)).To(BeTrue())
		Expect(l.settle(false, nil)).To(BeFalse())
	})

	It("fails for good when it was closed", func(ctx SpecContext) {
		answer := make(chan error, 1)
		go func() { answer <- l.await(ctx) }()
		l.close()
		l.close()
		Eventually(answer).Should(Receive(HaveOccurred()))
		now.Step(time.Hour)
		Expect(l.await(ctx)).To(HaveOccurred())
		Expect(l.settle(false, nil)).To(BeFalse())
		Expect(l.await(ctx)).To(HaveOccurred())
	})
})
