package supervise_test

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/cmd/controlplane/supervise"
)

var _ = Describe("Backoff", func() {
	var backoff supervise.Backoff

	BeforeEach(func() { backoff = supervise.Backoff{First: time.Second, Most: 5 * time.Second, Lasting: time.Minute} })

	waits := func(ran ...time.Duration) []time.Duration {
		var waits []time.Duration
		for _, each := range ran {
			waits = append(waits, backoff.After(each))
		}
		return waits
	}

	It("waits twice as long each time, up to the most", func() {
		Expect(waits(0, 0, 0, 0, 0)).To(Equal([]time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 5 * time.Second, 5 * time.Second}))
	})

	It("begins again after a process that lasted", func() {
		Expect(waits(0, 59*time.Second, time.Minute, 0)).To(Equal([]time.Duration{time.Second, 2 * time.Second, time.Second, 2 * time.Second}))
	})
})
