package main

import (
	"math"
	"slices"
)

// quantile is the smallest value that at least the share q of the values do not exceed.
func quantile(values []float64, q float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}

func median(values []float64) float64 { return quantile(values, 0.5) }
