package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/generalbots/botcluster-operator/test/ground"
)

// What both autoscalers are told. The document has 70 %, which bots on a crowded machine may not get, and 30 s and 300 s, in which
// nothing would happen in the time of a benchmark.
const (
	scriptLeast     = 2
	scriptMost      = 6
	scriptThreshold = 50 // %
	scriptInterval  = 5 * time.Second
	scriptCooldown  = 5 * time.Second
)

const (
	// idleFor is how long the fleets are watched without any load.
	idleFor = 15 * time.Second
	// repairTime is how long after the kill what is half made may be left.
	repairTime = 60 * time.Second
)

// measureScript runs our operator and the document's own shell script on the same Incus daemon, one after the other, with the
// same bots and the same load: how soon they react, what is lost, and what is left when they are killed in the middle.
func measureScript(ctx context.Context, report *reporter) (err error) {
	caddy, err := ground.BuildCaddy(ctx)
	if err != nil {
		return err
	}
	incus, err := ground.StartIncus(ctx, "bench")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, incus.Stop(context.WithoutCancel(ctx))) }()
	ours, err := runOurs(ctx, incus)
	if err != nil {
		return fmt.Errorf("our operator: %w", err)
	}
	theirs, err := runDocument(ctx, incus, caddy)
	if err != nil {
		return fmt.Errorf("the document's script: %w", err)
	}
	return reportScript(report, ours, theirs)
}

// scriptOutcome is all that is measured of one autoscaler.
type scriptOutcome struct {
	course
	// idle is how many bots there are after a while without load.
	idle int
	// halfMade are the bots that do not answer, long after their maker was killed and started again.
	halfMade []string
}

// reportScript reports ours with the script's as the baseline. What a loss is compared with has no ratio: it may be 0.
func reportScript(report *reporter, ours, theirs scriptOutcome) error {
	timed := func(name, goal string, value, rival float64) figure {
		params := map[string]any{"least": scriptLeast, "most": scriptMost, "interval_s": scriptInterval.Seconds()}
		if ours.missed[goal] {
			params["gave_up"] = true
		}
		if theirs.missed[goal] {
			params["script_gave_up"] = true
		}
		return figure{Name: name, Params: params, Value: value, Unit: "s"}.against(rival)
	}
	counted := func(name, unit string, value, rival float64) figure {
		return figure{Name: name, Value: value, Unit: unit, Baseline: &rival}
	}
	idle := counted("script_bots_without_load", "bots", float64(ours.idle), float64(theirs.idle))
	idle.Params = map[string]any{"least": scriptLeast, "after_s": idleFor.Seconds(), "script_reads": "loadavg of the host, as in the document"}
	killed := counted("script_half_made_after_kill", "bots", float64(len(ours.halfMade)), float64(len(theirs.halfMade))).within(0)
	killed.Params = map[string]any{"after_s": repairTime.Seconds()}
	return errors.Join(
		report.report(idle.within(scriptLeast)),
		report.report(timed("script_load_to_third_bot", "third", ours.third, theirs.third)),
		report.report(timed("script_load_to_six_bots", "six", ours.six, theirs.six)),
		report.report(counted("script_lost_up", "requests", float64(ours.lostUp), float64(theirs.lostUp)).within(0)),
		report.report(timed("script_load_end_to_two_bots", "back", ours.back, theirs.back)),
		report.report(counted("script_lost_down", "requests", float64(ours.lostDown), float64(theirs.lostDown)).within(0)),
		report.report(killed),
		ours.incomplete(),
	)
}

// incomplete is an error when the load did not take our fleet to six and back.
func (o scriptOutcome) incomplete() error {
	if len(o.missed) > 0 {
		return fmt.Errorf("our operator did not get there within %s: %v", courseLimit, o.missed)
	}
	return nil
}

// runOurs measures our operator.
func runOurs(ctx context.Context, incus *ground.Incus) (came scriptOutcome, err error) {
	fleet, err := startOurs(ctx, incus)
	if err != nil {
		return came, err
	}
	defer func() { err = errors.Join(err, fleet.stop(context.WithoutCancel(ctx))) }()
	if err := sleep(ctx, idleFor); err != nil {
		return came, err
	}
	if came.idle, err = fleet.bots(ctx); err != nil {
		return came, err
	}
	if came.course, err = follow(ctx, fleet); err != nil {
		return came, err
	}
	if came.lostUp+came.lostDown > 0 || len(came.missed) > 0 {
		fleet.explain(ctx, os.Stderr)
	}
	came.halfMade, err = fleet.killed(ctx)
	return came, err
}

// runDocument measures the script: its own reading of the CPU only without load, as it has nothing to do with the load; for
// the rest it is told when to scale, which flatters it.
func runDocument(ctx context.Context, incus *ground.Incus, caddy string) (came scriptOutcome, err error) {
	fleet, err := startDocument(ctx, incus, caddy)
	if err != nil {
		return came, err
	}
	defer func() { err = errors.Join(err, fleet.stop()) }()
	if came.idle, err = fleet.idle(ctx); err != nil {
		return came, err
	}
	if err := fleet.begin(ctx); err != nil {
		return came, err
	}
	if came.course, err = follow(ctx, fleet); err != nil {
		return came, err
	}
	came.halfMade, err = fleet.killed(ctx)
	return came, err
}
