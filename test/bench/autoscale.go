package main

import (
	"context"
	"fmt"
	"os"
	"text/tabwriter"
)

const (
	// autoscaleSeed makes the traces, the boots and the noise.
	autoscaleSeed = 4
)

// measureAutoscale plays days of traffic against our autoscaler, the document's script and the HPA's algorithm.
func measureAutoscale(ctx context.Context, report *reporter) error {
	table := tabwriter.NewWriter(os.Stderr, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "trace\tdecider\tevents\toscillations\tunder min\tover h\tSLO missed %\t")
	for _, trace := range traces(autoscaleSeed) {
		outcomes := map[string]outcome{}
		for _, decider := range deciders() {
			if err := ctx.Err(); err != nil {
				return err
			}
			result := play(decider, trace)
			outcomes[decider.name] = result
			fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%.1f\t%.1f\t%.3f\t\n", trace.name, decider.name, result.Events, result.Oscillations,
				result.UnderMinutes, result.OverHours, result.missedPercent())
		}
	}
	return table.Flush()
}

// play runs a decider through a day.
func play(decider decider, trace trace) outcome {
	world := newSimulation(autoscaleSeed, 2, decider.lateListing)
	decide := decider.begin()
	for second, requests := range trace.requests {
		if second%decider.interval == 0 {
			missing := 0.0
			if trace.missing != nil {
				missing = trace.missing[second]
			}
			world.scale(decide(world, missing))
		}
		world.advance(requests)
	}
	return world.finish()
}
