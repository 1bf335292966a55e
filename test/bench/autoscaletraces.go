package main

import (
	"math"
	"math/rand/v2"
)

// day is how long a trace is, in seconds.
const day = 24 * 3600

// trace is a day of traffic.
type trace struct {
	name string
	// requests per second, and which part of the bots' signals is missing, per second.
	requests []float64
	missing  []float64
}

// traceNames are the days that are simulated, in their order.
func traceNames() []string {
	return []string{"diurnal", "spike", "sawtooth", "noise", "bursts", "missing"}
}

// newTrace returns a day of a name. It comes from a seed, and is the same in every run.
func newTrace(name string, seed uint64) trace {
	chance := rand.New(rand.NewPCG(seed, 2))
	made := trace{name: name}
	switch name {
	case "spike":
		made.requests = perSecond(spikes)
	case "sawtooth":
		made.requests = perSecond(sawtooth)
	case "noise":
		made.requests = noise(chance)
	case "bursts":
		made.requests = perSecond(bursts)
	default:
		made.requests = perSecond(diurnal)
	}
	if name == "missing" {
		made.missing = perSecond(outages)
	}
	for second, mean := range made.requests {
		// Arrivals of one second scatter as those of a Poisson process do.
		made.requests[second] = math.Max(mean+math.Sqrt(mean)*chance.NormFloat64(), 0)
	}
	return made
}

func perSecond(of func(hour float64) float64) []float64 {
	values := make([]float64, day)
	for second := range values {
		values[second] = of(float64(second) / 3600)
	}
	return values
}

// diurnal is least at night and most in the afternoon, with a second top in the evening.
func diurnal(hour float64) float64 {
	noon, evening := math.Sin(math.Pi*hour/24), (hour-19)/1.5
	return 8 + 60*noon*noon + 30*math.Exp(-evening*evening)
}

// spikes are four sudden crowds on a quiet day: 2, 4, 6 and 7.5 times the quiet traffic, for a quarter of an hour and more.
func spikes(hour float64) float64 {
	for i, height := range []float64{32, 64, 96, 120} {
		start := float64(4 + 5*i)
		if hour >= start && hour < start+0.25+height/240 {
			return height
		}
	}
	return 16
}

// sawtooth grows for two hours and falls at once.
func sawtooth(hour float64) float64 { return 10 + 90*math.Mod(hour, 2)/2 }

// bursts are two minutes long, every twenty.
func bursts(hour float64) float64 {
	if math.Mod(hour*60, 20) < 2 {
		return 60
	}
	return 30
}

// noise wanders around a mean.
func noise(chance *rand.Rand) []float64 {
	values := make([]float64, day)
	wander := 0.0
	for second := range values {
		if second%30 == 0 {
			wander = 0.9*wander + 0.1*chance.NormFloat64()
		}
		values[second] = 60 * math.Exp(wander)
	}
	return values
}

// outages take all signals away in the morning's growth and in the evening's fall, and a third of them at noon.
func outages(hour float64) float64 {
	switch {
	case (hour >= 7 && hour < 7.5) || (hour >= 21 && hour < 22):
		return 1
	case hour >= 11 && hour < 14:
		return 1.0 / 3
	default:
		return 0
	}
}
