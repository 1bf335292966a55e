package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
)

// overBudget is how much more our instance-hours beyond need may be than those of the rival that has more of them.
const overBudget = 1.25

// autoscaleSeeds make the traces, the boots and the noise of the days that are played; the figures are of all days together.
var autoscaleSeeds = []uint64{4, 5, 77}

// measureAutoscale plays days of traffic against our autoscaler, the document's script and the HPA's algorithm. The table on
// standard error has all of them; the figures hold ours against the script as it was meant, and against the HPA. As measured, the
// script sees the load of the host, and soon has the largest number of bots there may be.
func measureAutoscale(ctx context.Context, report *reporter) error {
	table := tabwriter.NewWriter(os.Stderr, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "trace\tdecider\tevents\tup-down-up\tunder min\tover h\tSLO missed %\t")
	for _, name := range traceNames() {
		outcomes := map[string]outcome{}
		for _, decider := range deciders() {
			for _, seed := range autoscaleSeeds {
				if err := ctx.Err(); err != nil {
					return err
				}
				outcomes[decider.name] = outcomes[decider.name].plus(play(decider, newTrace(name, seed), seed))
			}
			printOutcome(table, name, decider.name, outcomes[decider.name])
		}
		if err := reportAutoscale(report, name, outcomes); err != nil {
			return err
		}
	}
	return table.Flush()
}

// play runs a decider through a day.
func play(decider decider, trace trace, seed uint64) outcome {
	world := newSimulation(seed, 2, decider.lateListing)
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

func printOutcome(table io.Writer, trace, decider string, result outcome) {
	fmt.Fprintf(table, "%s\t%s\t%d\t%d\t%.1f\t%.1f\t%.3f\t\n", trace, decider, result.Events, result.Oscillations,
		result.UnderMinutes, result.OverHours, result.missedPercent())
}

// reportAutoscale holds our two modes against the better of the rivals.
func reportAutoscale(report *reporter, trace string, outcomes map[string]outcome) error {
	script, hpa := outcomes["script"], outcomes["hpa"]
	for _, mode := range []string{"step", "proportional"} {
		result := outcomes[mode]
		params := map[string]any{"trace": trace, "mode": mode, "days": len(autoscaleSeeds), "bots": mostBots}
		figures := []figure{
			figure{Name: "autoscale_slo_missed", Params: params, Value: result.missedPercent(), Unit: "%"}.
				against(min(script.missedPercent(), hpa.missedPercent())).within(1),
			figure{Name: "autoscale_under_provisioned", Params: params, Value: result.UnderMinutes, Unit: "min"}.
				against(min(script.UnderMinutes, hpa.UnderMinutes)).within(1),
			figure{Name: "autoscale_over_provisioned", Params: params, Value: result.OverHours, Unit: "instance-h"}.
				against(max(script.OverHours, hpa.OverHours)).within(overBudget),
			figure{Name: "autoscale_oscillations", Params: params, Value: float64(result.Oscillations), Unit: "up-down-up"}.
				within(float64(hpa.Oscillations)),
			{Name: "autoscale_events", Params: params, Value: float64(result.Events), Unit: "events"},
		}
		for _, figure := range figures {
			if err := report.report(figure); err != nil {
				return err
			}
		}
	}
	return nil
}
