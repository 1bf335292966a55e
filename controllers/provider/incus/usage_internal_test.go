package incus

import (
	"encoding/json"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// metricsPage is how Incus 6.0 writes what is used here, among other things.
const metricsPage = `# HELP incus_cpu_seconds_total The total number of CPU time used in seconds.
# TYPE incus_cpu_seconds_total counter
incus_cpu_seconds_total{cpu="0",mode="system",name="bot-1",project="crew",type="container"} 12.5
# HELP incus_memory_MemAvailable_bytes The amount of available memory.
# TYPE incus_memory_MemAvailable_bytes gauge
incus_memory_MemAvailable_bytes{name="bot-1",project="crew",type="container"} 900
incus_memory_MemAvailable_bytes{name="bot-1",project="other",type="container"} 1
incus_memory_MemAvailable_bytes{name="bot-2",project="crew",type="container"} 5e+08
incus_memory_MemAvailable_bytes{name="bot-4",project="crew",type="container"} 1000
# HELP incus_memory_MemTotal_bytes The amount of used memory.
# TYPE incus_memory_MemTotal_bytes gauge
incus_memory_MemTotal_bytes{name="bot-1",project="crew",type="container"} 1000
incus_memory_MemTotal_bytes{name="bot-1",project="other",type="container"} 1000
incus_memory_MemTotal_bytes{name="bot-2",project="crew",type="container"} 1.073741824e+09
incus_memory_MemTotal_bytes{name="bot-3",project="crew",type="container"} 1000
incus_memory_MemTotal_bytes{name="bot-4",project="crew",type="container"} 1000
# HELP incus_memory_Shmem_bytes The amount of cached filesystem data that is swap-backed.
# TYPE incus_memory_Shmem_bytes gauge
incus_memory_Shmem_bytes{name="bot-1",project="crew",type="container"} 50
# HELP incus_warnings_total The number of active warnings.
# TYPE incus_warnings_total counter
incus_warnings_total 3
# EOF
`

var _ = Describe("Memory in a page of metrics", func() {
	It("is the total less what is available, and what lies on file systems in memory", func() {
		found, err := memoryIn(strings.NewReader(metricsPage), "crew")
		Expect(err).NotTo(HaveOccurred())
		Expect(found).To(Equal(map[string]memory{
			"bot-1": {used: 150, limit: 1000},
			"bot-2": {used: 1<<30 - 500_000_000, limit: 1 << 30},
		}), "bot-3 lacks a figure, and what bot-4 is said to use is nothing")
	})

	DescribeTable("is not believed", func(page string) {
		_, err := memoryIn(strings.NewReader(page), "crew")
		Expect(err).To(HaveOccurred())
	},
		Entry("in a line that is broken off", `incus_memory_MemTotal_bytes{name="bot-1",proj`),
		Entry("in a line that holds no number", `incus_memory_MemTotal_bytes{name="bot-1",project="crew"} much`),
		Entry("in a line without end", "incus_memory_"+strings.Repeat("x", 1<<20)),
	)

	It("is nowhere in an empty page", func() {
		Expect(memoryIn(strings.NewReader("# EOF\n"), "crew")).To(BeEmpty())
	})
})

var _ = Describe("A survey", func() {
	owner := model.Owner{Manager: "m", UID: "u"}
	full := func(text string) fullInstance {
		GinkgoHelper()
		var instance fullInstance
		Expect(json.Unmarshal([]byte(text), &instance)).To(Succeed())
		return instance
	}
	tags := `"config":{"user.botcluster.manager":"m","user.botcluster.uid":"u"}`
	usages := func(texts ...string) []model.Usage {
		GinkgoHelper()
		now := clocktesting.NewFakeClock(time.Unix(1e9, 0))
		taken := newSurvey(now)
		now.Step(2 * time.Second)
		for _, text := range texts {
			taken.take(full(text))
			now.Step(time.Minute)
		}
		var m meter
		m.put(taken)
		return m.of(owner, now.Now())
	}

	It("is of the middle between the question and the answer, and sorted", func() {
		at := time.Unix(1e9+1, 0)
		Expect(usages(
			`{"name":"b",`+tags+`,"state":{"status_code":103,"cpu":{"usage":5,"allocated_time":2000000000}}}`,
			`{"name":"a",`+tags+`,"state":{"status_code":113,"cpu":{"usage":7}}}`,
		)).To(Equal([]model.Usage{
			{Name: "a", At: at, CPU: 7}, {Name: "b", At: at, CPU: 5, Allocated: 2 * time.Second},
		}))
	})

	DescribeTable("leaves out", func(text string) { Expect(usages(text)).To(BeEmpty()) },
		Entry("what is frozen", `{"name":"a",`+tags+`,"state":{"status_code":110,"cpu":{"usage":5}}}`),
		Entry("what is stopped", `{"name":"a",`+tags+`,"state":{"status_code":102,"cpu":{"usage":0}}}`),
		Entry("what could not be looked at", `{"name":"a",`+tags+`,"status_code":112,"state":null}`),
		Entry("what has a counter that could not be read", `{"name":"a",`+tags+`,"state":{"status_code":103,"cpu":{"usage":-1}}}`),
		Entry("what says nothing of its processors", `{"name":"a",`+tags+`,"state":{"status_code":103}}`),
		Entry("what is foreign", `{"name":"a","config":{},"state":{"status_code":103,"cpu":{"usage":5}}}`),
	)
})
