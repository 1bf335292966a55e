package autoscale

import "time"

// EdgeCounters is what one edge has counted.
type EdgeCounters struct {
	// Edge is its name, Process its run: a new one counts from zero.
	Edge    string
	Process string
	// At is when it was read.
	At      time.Time
	Members []MemberCounters
}

// MemberCounters is what an edge has sent to one bot since the bot came into its pool.
type MemberCounters struct {
	Name     string
	Requests float64
	// LatencyCount of the requests were answered, in LatencySum seconds all together, to the end of the answer's header.
	LatencyCount float64
	LatencySum   float64
}

// Traffic turns the counters of edges into rates. It remembers one reading and one result for each edge of the last call, and
// nothing of others. The zero value with a Gap is ready for use; it is for one goroutine.
type Traffic struct {
	Gap  Gap
	last map[string]measuredEdge
}

type measuredEdge struct {
	reading EdgeCounters
	members map[string]growth
}

// growth is what was counted for one bot between two readings, gap apart.
type growth struct {
	requests, latencyCount, latencySum float64
	gap                                time.Duration
	at                                 time.Time
}

// Rate is the traffic of one bot.
type Rate struct {
	// RequestsPerMinute is over all edges, ResponseTime the mean in milliseconds: zero when nobody asked, since nobody waited.
	RequestsPerMinute *Measure
	ResponseTime      *Measure
}

// Observe takes what was read of every edge, and returns the rates of bots by name. Edges are all that give work to bots; a bot
// has a rate only when all of them say something of it: the sum over some would be too low.
func (t *Traffic) Observe(edges []string, readings []EdgeCounters) map[string]Rate {
	next := make(map[string]measuredEdge, len(readings))
	for _, reading := range readings {
		next[reading.Edge] = t.advance(reading)
	}
	t.last = next
	if len(edges) == 0 {
		return map[string]Rate{}
	}
	rates := map[string]Rate{}
	for name := range next[edges[0]].members {
		if rate, complete := sum(name, edges, next); complete {
			rates[name] = rate
		}
	}
	return rates
}

// advance makes growths of the reading and the one before, where the gap between them allows it.
func (t *Traffic) advance(reading EdgeCounters) measuredEdge {
	before, known := t.last[reading.Edge]
	gap := reading.At.Sub(before.reading.At)
	switch {
	case !known || reading.Process != before.reading.Process || gap < 0 || gap > t.Gap.Longest:
		return measuredEdge{reading: reading}
	case gap == 0 || gap < t.Gap.Shortest:
		return before
	}
	earlier := make(map[string]MemberCounters, len(before.reading.Members))
	for _, member := range before.reading.Members {
		earlier[member.Name] = member
	}
	members := make(map[string]growth, len(reading.Members))
	for _, member := range reading.Members {
		if from, known := earlier[member.Name]; known && !member.wentBack(from) {
			members[member.Name] = growth{
				requests:     member.Requests - from.Requests,
				latencyCount: member.LatencyCount - from.LatencyCount,
				latencySum:   member.LatencySum - from.LatencySum,
				gap:          gap, at: reading.At,
			}
		}
	}
	return measuredEdge{reading: reading, members: members}
}

// wentBack tells that a counter is lower than it was: the bot came into the pool anew.
func (m MemberCounters) wentBack(from MemberCounters) bool {
	return m.Requests < from.Requests || m.LatencyCount < from.LatencyCount || m.LatencySum < from.LatencySum
}

// sum adds up what all edges counted for a bot; it is as old as the oldest of them.
func sum(name string, edges []string, measured map[string]measuredEdge) (Rate, bool) {
	var perMinute, latencyCount, latencySum float64
	var oldest time.Time
	for _, edge := range edges {
		counted, known := measured[edge].members[name]
		if !known {
			return Rate{}, false
		}
		perMinute += counted.requests / counted.gap.Minutes()
		latencyCount += counted.latencyCount
		latencySum += counted.latencySum
		oldest = earliest(oldest, counted.at)
	}
	milliseconds := 0.0
	if latencyCount > 0 {
		milliseconds = 1000 * latencySum / latencyCount
	}
	return Rate{
		RequestsPerMinute: &Measure{Value: perMinute, At: oldest},
		ResponseTime:      &Measure{Value: milliseconds, At: oldest},
	}, true
}
