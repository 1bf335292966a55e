package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"regexp"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
)

// benchmark measures one thing and reports its figures.
type benchmark struct {
	name    string
	measure func(context.Context, *reporter) error
}

// benchmarks are all there are, in the order in which they run.
var benchmarks = []benchmark{
	{"noop", measureNoop},
	{"edge", measureEdge},
	{"fleet", measureFleet},
	{"launch", measureLaunch},
	{"scaleup", measureScaleUp},
	{"autoscale", measureAutoscale},
	{"script", measureScript},
}

func main() {
	ctrl.SetLogger(logr.Discard())
	if err := run(ctrl.SetupSignalHandler(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, arguments []string) error {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	pattern := flags.String("run", ".", "regular expression on the names of benchmarks")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	chosen, err := regexp.Compile(*pattern)
	if err != nil {
		return fmt.Errorf("-run: %w", err)
	}
	report := &reporter{out: os.Stdout}
	for _, benchmark := range benchmarks {
		if !chosen.MatchString(benchmark.name) {
			continue
		}
		fmt.Fprintln(os.Stderr, "bench:", benchmark.name)
		if err := benchmark.measure(ctx, report); err != nil {
			return fmt.Errorf("%s: %w", benchmark.name, err)
		}
	}
	return report.verdict()
}
