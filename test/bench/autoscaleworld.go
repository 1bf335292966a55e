package main

import (
	"math"
	"math/rand/v2"
)

const (
	// botCapacity is what a simulated bot can answer, in requests per second; with the document's 1000 requests per minute and
	// 70 % CPU the two thresholds then lie close together: 70 % are 672 requests per minute.
	botCapacity = 16.0
	// botServiceTime is how long an answer takes on an idle bot, in seconds. It grows as in a queue near saturation.
	botServiceTime = 0.1
	// botPatience bounds a bot's queue, in seconds of its capacity: what comes on top is turned away.
	botPatience = 10.0
	// botIdle is the share of the processor that an idle bot uses, botJitter the deviation of the slow noise on top.
	botIdle, botJitter = 0.02, 0.04
	// bootShortest and bootLongest bound the seconds from the decision until a new bot answers its probe.
	bootShortest, bootLongest = 1, 30
	// drainSeconds is how long a leaving bot stays for what it has in hand.
	drainSeconds = 30
	// sloSeconds is the document's response time rule: an answer that takes longer is a miss.
	sloSeconds = 2.0
	// leastBots and mostBots are the document's defaults.
	leastBots, mostBots = 1, 10
	// targetShare is the load of a fleet that is just right: the document's threshold.
	targetShare = 0.7
)

// simulatedBot is one bot; its counters are those that Incus and the edge would show.
type simulatedBot struct {
	ordinal int
	born    int
	readyAt int
	// leavesAt is when a draining bot is gone, zero while it stays.
	leavesAt int
	// listed tells that the load balancer knows it.
	listed bool
	queue  float64
	jitter float64

	processor    float64
	requests     float64
	latencySum   float64
	latencyCount float64
}

func (b *simulatedBot) draining() bool { return b.leavesAt > 0 }

// simulation is a fleet under a trace of traffic, second by second.
type simulation struct {
	second int
	bots   []*simulatedBot
	chance *rand.Rand
	// lateListing: a new bot gets traffic only after the next scaling event, as measured of the document's script.
	lateListing bool
	result      outcome
	changes     []change
}

// change is a scaling event.
type change struct{ second, by int }

// outcome is what one decider made of one trace.
type outcome struct {
	Events       int
	Oscillations int
	// UnderMinutes is how long the traffic was above what the serving bots can answer, OverHours the instance-hours beyond what
	// the traffic needs at the target share.
	UnderMinutes float64
	OverHours    float64
	// Missed of the Requests were turned away or took longer than the SLO.
	Missed   float64
	Requests float64
}

// plus adds up two days.
func (o outcome) plus(other outcome) outcome {
	return outcome{
		Events:       o.Events + other.Events,
		Oscillations: o.Oscillations + other.Oscillations,
		UnderMinutes: o.UnderMinutes + other.UnderMinutes,
		OverHours:    o.OverHours + other.OverHours,
		Missed:       o.Missed + other.Missed,
		Requests:     o.Requests + other.Requests,
	}
}

// missedPercent is the part of the requests that missed the SLO.
func (o outcome) missedPercent() float64 { return 100 * o.Missed / o.Requests }

func newSimulation(seed uint64, bots int, lateListing bool) *simulation {
	s := &simulation{chance: rand.New(rand.NewPCG(seed, 1)), lateListing: lateListing}
	for range bots {
		s.create(0)
	}
	s.list()
	return s
}

func (s *simulation) create(boot int) {
	taken := map[int]bool{}
	for _, bot := range s.bots {
		taken[bot.ordinal] = true
	}
	ordinal := 1
	for taken[ordinal] {
		ordinal++
	}
	s.bots = append(s.bots, &simulatedBot{ordinal: ordinal, born: s.second, readyAt: s.second + boot, listed: !s.lateListing})
}

// list makes the load balancer know all that are there.
func (s *simulation) list() {
	for _, bot := range s.bots {
		bot.listed = true
	}
}

// wanted counts the bots that are to stay.
func (s *simulation) wanted() int {
	count := 0
	for _, bot := range s.bots {
		if !bot.draining() {
			count++
		}
	}
	return count
}

// scale makes or drains bots, the highest ordinals first.
func (s *simulation) scale(desired int) {
	by := desired - s.wanted()
	if by == 0 {
		return
	}
	s.changes = append(s.changes, change{second: s.second, by: by})
	s.list()
	for range by {
		s.create(bootShortest + s.chance.IntN(bootLongest-bootShortest+1))
	}
	for range -by {
		var last *simulatedBot
		for _, bot := range s.bots {
			if !bot.draining() && (last == nil || bot.ordinal > last.ordinal) {
				last = bot
			}
		}
		last.leavesAt = s.second + drainSeconds
	}
}

// serving returns the bots that take new requests.
func (s *simulation) serving() []*simulatedBot {
	var serving []*simulatedBot
	for _, bot := range s.bots {
		if bot.listed && bot.readyAt <= s.second && !bot.draining() {
			serving = append(serving, bot)
		}
	}
	return serving
}

// advance lets a second pass in which so many requests come.
func (s *simulation) advance(requests float64) {
	kept := s.bots[:0]
	for _, bot := range s.bots {
		if !bot.draining() || s.second < bot.leavesAt {
			kept = append(kept, bot)
		}
	}
	s.bots = kept
	serving := s.serving()
	s.result.Requests += requests
	if len(serving) == 0 {
		s.result.Missed += requests
	}
	for _, bot := range serving {
		s.result.Missed += bot.take(requests / float64(len(serving)))
	}
	for _, bot := range s.bots {
		if bot.readyAt <= s.second {
			bot.work(s.chance)
		}
	}
	if requests > botCapacity*float64(len(serving)) {
		s.result.UnderMinutes += 1.0 / 60
	}
	needed := math.Min(math.Max(math.Ceil(requests/(botCapacity*targetShare)), leastBots), mostBots)
	s.result.OverHours += math.Max(float64(len(s.bots))-needed, 0) / 3600
	s.second++
}

// take receives requests and returns how many of them miss the SLO.
func (b *simulatedBot) take(requests float64) float64 {
	b.requests += requests
	room := botPatience*botCapacity + botCapacity - b.queue
	refused := math.Max(requests-room, 0)
	accepted := requests - refused
	b.queue += accepted
	load := math.Min(requests/botCapacity, 0.95)
	latency := botServiceTime/(1-load) + math.Max(b.queue-botCapacity, 0)/botCapacity
	b.latencySum += accepted * latency
	b.latencyCount += accepted
	if latency > sloSeconds {
		return requests
	}
	return refused
}

// work answers what a second allows.
func (b *simulatedBot) work(chance *rand.Rand) {
	done := math.Min(b.queue, botCapacity)
	b.queue -= done
	const memory = 0.98
	b.jitter = memory*b.jitter + math.Sqrt(1-memory*memory)*botJitter*chance.NormFloat64()
	b.processor += math.Min(math.Max(done/botCapacity+botIdle+b.jitter*done/botCapacity, 0), 1)
}

// finish counts the events: an oscillation is an up, a down and an up within half an hour.
func (s *simulation) finish() outcome {
	s.result.Events = len(s.changes)
	up, down := -1, -1
	for _, change := range s.changes {
		switch {
		case change.by < 0:
			down = change.second
		default:
			if up >= 0 && down >= up && change.second-up <= 30*60 {
				s.result.Oscillations++
			}
			up = change.second
		}
	}
	return s.result
}
