package main

import (
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// environmentOf is a lookup in a map.
func environmentOf(variables map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		value, set := variables[name]
		return value, set
	}
}

var _ = Describe("The environment", func() {
	It("leaves a server that behaves when it says nothing", func() {
		Expect(settingsFromEnvironment(environmentOf(nil))).To(Equal(defaultSettings()))
		identity, err := identityFromEnvironment(environmentOf(nil))
		Expect(err).NotTo(HaveOccurred())
		Expect(identity.Port).To(Equal("8080"))
		Expect(identity.Name).NotTo(BeEmpty())
	})

	It("sets every behaviour", func() {
		Expect(settingsFromEnvironment(environmentOf(map[string]string{
			"BOT_HEALTH": "degraded", "BOT_HEALTH_SHAPE": "server", "BOT_HEALTH_DELAY": "1ms", "BOT_DELAY": "2ms",
			"BOT_FAILURE_RATE": "0.25", "BOT_LEAK_BYTES_PER_SECOND": "3", "BOT_BURN_CORES": "0.5", "BOT_QUEUE_DEPTH": "7",
			"BOT_SHUTDOWN_DELAY": "4ms",
		}))).To(Equal(Settings{
			Health: Degraded, HealthShape: ShapeServer, HealthDelay: Duration(time.Millisecond), Delay: Duration(2 * time.Millisecond),
			FailureRate: 0.25, LeakBytesPerSecond: 3, BurnCores: 0.5, QueueDepth: 7, ShutdownDelay: Duration(4 * time.Millisecond),
		}))
		Expect(identityFromEnvironment(environmentOf(map[string]string{"PORT": "9000", "BOT_NAME": "bot-7"}))).To(
			Equal(Identity{Name: "bot-7", Port: "9000"}))
	})

	DescribeTable("is refused where it makes no sense",
		func(variable, value string) {
			_, err := settingsFromEnvironment(environmentOf(map[string]string{variable: value}))
			Expect(err).To(MatchError(ContainSubstring(variable)))
		},
		Entry("health", "BOT_HEALTH", "well"),
		Entry("shape", "BOT_HEALTH_SHAPE", "round"),
		Entry("duration without a unit", "BOT_DELAY", "5"),
		Entry("negative duration", "BOT_DELAY", "-5s"),
		Entry("rate above one", "BOT_FAILURE_RATE", "1.5"),
		Entry("no number", "BOT_QUEUE_DEPTH", "many"),
		Entry("negative number", "BOT_QUEUE_DEPTH", "-1"),
		Entry("negative cores", "BOT_BURN_CORES", "-1"),
		Entry("negative leak", "BOT_LEAK_BYTES_PER_SECOND", "-1"),
		Entry("more than one value", "BOT_QUEUE_DEPTH", `1,"delay":"1h"`),
		Entry("a document after it", "BOT_QUEUE_DEPTH", `1}{`),
	)

	It("is refused with a port that is none", func() {
		_, err := identityFromEnvironment(environmentOf(map[string]string{"PORT": "http"}))
		Expect(err).To(MatchError(ContainSubstring("PORT")))
	})
})
