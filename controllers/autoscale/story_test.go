package autoscale_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/autoscale"
)

// tell plays a crowd that comes at the fifth minute and goes at the twentieth, and writes down every sentence that is new. A bot
// answers 1000 requests per minute, and needs 40 s from the decision until it serves.
func tell(policy autoscale.Policy) string {
	var story strings.Builder
	state, said := autoscale.State{Desired: 2}, ""
	ready := []time.Duration{0, 0}
	for elapsed := time.Duration(0); elapsed <= 75*time.Minute; elapsed += policy.Interval {
		load := 900.0
		if elapsed >= 5*time.Minute && elapsed < 20*time.Minute {
			load = 5200
		}
		serving := 0
		for _, at := range ready {
			if at <= elapsed {
				serving++
			}
		}
		now := noon.Add(elapsed)
		seen := fleet(serving, math.Min(load/10/float64(serving), 100), now)
		for i := range seen.Instances {
			seen.Instances[i].RequestsPerMinute.Value = load / float64(serving)
		}
		seen.Launches.InFlight = len(ready) - serving
		decision, next := autoscale.Decide(policy, state, seen, now)
		state = next
		for len(ready) < decision.Desired {
			ready = append(ready, elapsed+40*time.Second)
		}
		ready = ready[:decision.Desired]
		if decision.Message != said {
			said = decision.Message
			fmt.Fprintf(&story, "%5s  %s\n", fmt.Sprintf("%d:%02d", int(elapsed.Minutes()), int(elapsed.Seconds())%60), said)
		}
	}
	return story.String()
}

var _ = Describe("The story of a crowd", func() {
	DescribeTable("reads as it is written down", func(file string, change func(*autoscale.Policy)) {
		path, story := filepath.Join("testdata", file), tell(with(change))
		if os.Getenv("UPDATE_GOLDEN") != "" {
			Expect(os.WriteFile(path, []byte(story), 0o644)).To(Succeed())
		}
		want, err := os.ReadFile(path)
		Expect(err).NotTo(HaveOccurred())
		Expect(story).To(Equal(string(want)))
	},
		Entry("in steps", "crowd_step.golden", func(*autoscale.Policy) {}),
		Entry("in proportion", "crowd_proportional.golden", proportional),
	)
})
