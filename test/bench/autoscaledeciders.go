package main

import (
	"fmt"
	"math"
	"time"

	"github.com/generalbots/botcluster-operator/controllers/autoscale"
	"github.com/generalbots/botcluster-operator/controllers/model"
)

// decider is a way to choose the number of bots.
type decider struct {
	name string
	// interval is how many seconds lie between its looks, lateListing a fact of its load balancer.
	interval    int
	lateListing bool
	// begin makes a fresh one, which returns how many bots there are to be. Missing is the part of signals that is away.
	begin func() func(s *simulation, missing float64) int
}

// deciders are ours and those that they are measured beside.
func deciders() []decider {
	return []decider{
		{name: "step", interval: 30, begin: ours(autoscale.ModeStep, 3)},
		{name: "proportional", interval: 30, begin: ours(autoscale.ModeProportional, 3)},
		{name: "proportional-cpu", interval: 30, begin: ours(autoscale.ModeProportional, 1)},
		{name: "script", interval: 30, begin: script(loadOfContainer)},
		{name: "script-measured", interval: 30, lateListing: true, begin: script(loadOfHost)},
		{name: "hpa", interval: 15, begin: hpa},
	}
}

// simulatedStart is when a simulated day begins.
var simulatedStart = time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)

// ours is our policy with its defaults, fed through our samplers. Of the rules, the first alone is the CPU's: with it we see no
// more than the HPA does.
func ours(mode autoscale.Mode, rules int) func() func(*simulation, float64) int {
	return func() func(*simulation, float64) int {
		policy := autoscale.DefaultPolicy()
		policy.Mode, policy.Rules = mode, policy.Rules[:rules]
		gap := autoscale.DefaultGap(policy.Interval)
		usages, traffic := &autoscale.Usages{Gap: gap}, &autoscale.Traffic{Gap: gap}
		var state autoscale.State
		return func(s *simulation, missing float64) int {
			now := simulatedStart.Add(time.Duration(s.second) * time.Second)
			seen := observed(s, missing, now, usages, traffic)
			decision, next := autoscale.Decide(policy, state, seen, now)
			state = next
			return decision.Desired
		}
	}
}

// observed reads the bots as the operator does.
func observed(s *simulation, missing float64, now time.Time, usages *autoscale.Usages, traffic *autoscale.Traffic) autoscale.Observation {
	seen := autoscale.Observation{Desired: s.wanted()}
	edge := autoscale.EdgeCounters{Edge: "edge-1", Process: "1", At: now}
	var used []model.Usage
	for _, bot := range s.bots {
		if bot.readyAt > s.second {
			seen.Launches.InFlight++
		}
		if s.chance.Float64() < missing {
			continue
		}
		name := bot.name()
		used = append(used, model.Usage{
			Name: name, At: now, CPU: time.Duration(bot.processor * float64(time.Second)), Allocated: time.Second,
			Memory: 300 + int64(10*bot.queue/botCapacity), MemoryLimit: 1000,
		})
		edge.Members = append(edge.Members, autoscale.MemberCounters{
			Name: name, Requests: bot.requests, LatencyCount: bot.latencyCount, LatencySum: bot.latencySum,
		})
	}
	shares, rates := usages.Observe(used), traffic.Observe([]string{edge.Edge}, []autoscale.EdgeCounters{edge})
	for _, bot := range s.bots {
		instance := autoscale.Instance{
			Name: bot.name(), Ready: bot.readyAt <= s.second, Starting: bot.readyAt > s.second, Draining: bot.draining(),
		}
		share, rate := shares[instance.Name], rates[instance.Name]
		instance.CPU, instance.Memory = share.CPU, share.Memory
		instance.RequestsPerMinute, instance.ResponseTime = rate.RequestsPerMinute, rate.ResponseTime
		seen.Instances = append(seen.Instances, instance)
	}
	return seen
}

func (b *simulatedBot) name() string { return fmt.Sprintf("bot-%d-%d", b.ordinal, b.born) }

// window reads the processor share of bots since its last call.
type window struct {
	processor map[string]float64
	second    int
}

// shares returns the processor shares of the ready bots since the last call; those that were not there then have none.
func (w *window) shares(s *simulation) map[string]float64 {
	shares, now := map[string]float64{}, map[string]float64{}
	for _, bot := range s.bots {
		if bot.readyAt > s.second {
			continue
		}
		now[bot.name()] = bot.processor
		if before, known := w.processor[bot.name()]; known && s.second > w.second {
			shares[bot.name()] = (bot.processor - before) / float64(s.second-w.second)
		}
	}
	w.processor, w.second = now, s.second
	return shares
}

// loadOfContainer is a load average per container, which is what the document's script means to read.
func loadOfContainer(total float64, bots int) float64 { return total / float64(bots) }

// loadOfHost is what /proc/loadavg in a container really shows: the load of the whole host, in each of them.
func loadOfHost(total float64, _ int) float64 { return total }

// script is the loop of the document's autoscale.sh: a load average of a minute, ±1, 300 s between two events. A value that is
// missing makes its arithmetic fail, and it does nothing.
func script(average func(total float64, bots int) float64) func() func(*simulation, float64) int {
	return func() func(*simulation, float64) int {
		read, load, last := &window{}, 0.0, -day
		return func(s *simulation, missing float64) int {
			total, bots := 0.0, s.wanted()
			for _, share := range read.shares(s) {
				total += share
			}
			decay := math.Exp(-30.0 / 60)
			load = decay*load + (1-decay)*total
			if missing > 0 && s.chance.Float64() < 1-math.Pow(1-missing, float64(bots)) {
				return bots
			}
			percent := 100 * average(load, bots)
			switch {
			case s.second-last <= 300:
				return bots
			case percent > 70 && bots < mostBots:
				last = s.second
				return bots + 1
			case percent < 30 && bots > leastBots:
				last = s.second
				return bots - 1
			}
			return bots
		}
	}
}
