package botcluster

import (
	"maps"
	"slices"
	"time"

	"github.com/generalbots/botcluster-operator/controllers/autoscale"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

// signals turn what Incus and the edges counted into what each bot does.
type signals struct {
	usages  autoscale.Usages
	traffic autoscale.Traffic
}

func newSignals(interval time.Duration) *signals {
	gap := autoscale.DefaultGap(interval)
	return &signals{usages: autoscale.Usages{Gap: gap}, traffic: autoscale.Traffic{Gap: gap}}
}

// observe returns the signals of each bot by name. A bot of which an edge that may serve could not say anything has no rate, and
// none has one while an edge is unheard.
func (s *signals) observe(
	usages []model.Usage, edges map[string]plan.EdgeObservation, unheard bool, now time.Time,
) map[string]autoscale.Instance {
	found := map[string]autoscale.Instance{}
	shares := map[string]autoscale.Share{}
	if usages != nil { // else they could not be had, and the readings before are kept for the next
		shares = s.usages.Observe(usages)
	}
	for name, share := range shares {
		bot := found[name]
		bot.CPU, bot.Memory = share.CPU, share.Memory
		found[name] = bot
	}
	serving := slices.Sorted(maps.Keys(edges))
	if unheard {
		serving = nil // the sum over some would be too low
	}
	for name, rate := range s.traffic.Observe(serving, countersOf(edges, now)) {
		bot := found[name]
		bot.RequestsPerMinute, bot.ResponseTime = rate.RequestsPerMinute, rate.ResponseTime
		found[name] = bot
	}
	for _, edge := range edges {
		for _, member := range edge.State.Members {
			if edge.Err != nil || member.QueueDepth == nil {
				continue
			}
			bot := found[member.Name]
			// All edges ask the same bot; what they heard differs by the time of their probes only.
			if bot.QueueDepth == nil || float64(*member.QueueDepth) > bot.QueueDepth.Value {
				bot.QueueDepth = &autoscale.Measure{Value: float64(*member.QueueDepth), At: now}
			}
			found[member.Name] = bot
		}
	}
	return found
}

// countersOf are the counters of the edges that answered.
func countersOf(edges map[string]plan.EdgeObservation, now time.Time) []autoscale.EdgeCounters {
	var counters []autoscale.EdgeCounters
	for _, name := range slices.Sorted(maps.Keys(edges)) {
		edge := edges[name]
		if edge.Err != nil {
			continue
		}
		read := autoscale.EdgeCounters{Edge: name, Process: edge.State.Process, At: now}
		for _, member := range edge.State.Members {
			read.Members = append(read.Members, autoscale.MemberCounters{
				Name: member.Name, Requests: float64(member.Requests),
				LatencyCount: float64(member.LatencyCount), LatencySum: member.LatencySum.Seconds(),
			})
		}
		counters = append(counters, read)
	}
	return counters
}
