package main

import "math"

const (
	// The HPA's defaults: target and tolerance, the window in which it takes the largest recommendation on the way down, and how
	// much it may add per sync.
	hpaTarget, hpaTolerance = 0.7, 0.1
	hpaWindow               = 300
	hpaGrowth               = 4
)

// hpa is the algorithm of Kubernetes' HorizontalPodAutoscaler on the CPU, with its defaults. It looks every 15 s at what was used
// since the last look, as fresh as a metrics server has it.
func hpa() func(*simulation, float64) int {
	read := &window{}
	var recommendations []change
	return func(s *simulation, missing float64) int {
		current := s.wanted()
		wish := hpaWish(s, read.shares(s), missing, current)
		recommendations = append(recommendations, change{second: s.second, by: wish})
		for s.second-recommendations[0].second > hpaWindow {
			recommendations = recommendations[1:]
		}
		stable := wish
		for _, earlier := range recommendations {
			stable = max(stable, earlier.by)
		}
		if wish < current {
			wish = min(stable, current)
		}
		wish = min(wish, max(2*current, current+hpaGrowth))
		return min(max(wish, leastBots), mostBots)
	}
}

// hpaWish is the number from one look: bots that are not ready count as idle on the way up, bots whose signal is missing as idle
// on the way up and as fully used on the way down.
func hpaWish(s *simulation, shares map[string]float64, missing float64, current int) int {
	sum, known, absent, starting := hpaRead(s, shares, missing)
	if known == 0 {
		return current
	}
	ratio := sum / float64(known) / hpaTarget
	counted := known
	if ratio > 1 {
		counted += starting + absent
	} else {
		sum += float64(absent)
		counted += absent
	}
	adjusted := sum / float64(counted) / hpaTarget
	if math.Abs(adjusted-1) <= hpaTolerance || (ratio > 1) != (adjusted > 1) {
		return current
	}
	if wish := int(math.Ceil(adjusted * float64(counted))); (wish > current) == (adjusted > 1) {
		return wish
	}
	return current
}

// hpaRead adds up the shares of the known, and counts the bots by what is known of them.
func hpaRead(s *simulation, shares map[string]float64, missing float64) (sum float64, known, absent, starting int) {
	for _, bot := range s.bots {
		share, measured := shares[bot.name()]
		switch {
		case bot.draining():
		case bot.readyAt > s.second:
			starting++
		case !measured || s.chance.Float64() < missing:
			absent++
		default:
			sum += share
			known++
		}
	}
	return sum, known, absent, starting
}
