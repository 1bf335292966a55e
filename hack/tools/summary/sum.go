package main

import (
	"fmt"
	"io"
	"time"

	"github.com/onsi/ginkgo/v2/types"
)

// stage is one part of `make test`.
type stage struct {
	name    string
	status  int
	seconds int
	suites  []types.Report
}

// count is what became of specs. A spec that was skipped neither passed nor failed.
type count struct {
	passed, failed, skipped int
}

func (c *count) add(other count) {
	c.passed += other.passed
	c.failed += other.failed
	c.skipped += other.skipped
}

// count sums the specs of all suites of the stage.
func (s stage) count() count {
	var sum count
	for _, suite := range s.suites {
		sum.add(countSuite(suite))
	}
	if s.status != 0 && sum.failed == 0 {
		sum.failed = 1
	}
	return sum
}

// countSuite counts the specs of one suite. A suite that failed outside of its specs, in its setup or before it ran,
// counts as one failure.
func countSuite(suite types.Report) count {
	var sum count
	for _, spec := range suite.SpecReports {
		if spec.LeafNodeType != types.NodeTypeIt {
			continue
		}
		switch {
		case spec.State == types.SpecStatePassed:
			sum.passed++
		case spec.State.Is(types.SpecStateFailureStates):
			sum.failed++
		default:
			sum.skipped++
		}
	}
	if !suite.SuiteSucceeded && sum.failed == 0 {
		sum.failed = 1
	}
	return sum
}

// failures names what failed in the stage.
func (s stage) failures() []string {
	var found []string
	for _, suite := range s.suites {
		before := len(found)
		for _, spec := range suite.SpecReports {
			if spec.State.Is(types.SpecStateFailureStates) {
				found = append(found, fmt.Sprintf("%s: %s (%s)", suite.SuiteDescription, title(spec), spec.Failure.Location))
			}
		}
		if !suite.SuiteSucceeded && len(found) == before {
			found = append(found, fmt.Sprintf("%s: %v", suite.SuitePath, suite.SpecialSuiteFailureReasons))
		}
	}
	if s.status != 0 && len(found) == 0 {
		found = append(found, fmt.Sprintf("exit status %d, see its output above", s.status))
	}
	return found
}

func title(spec types.SpecReport) string {
	if text := spec.FullText(); text != "" {
		return text
	}
	return "[" + spec.LeafNodeType.String() + "]"
}

// write prints the report on all stages and returns the sum.
func write(out io.Writer, stages []stage) count {
	var total count
	fmt.Fprintf(out, "\n%-14s %8s %8s %8s %10s\n", "stage", "passed", "failed", "skipped", "time")
	for _, s := range stages {
		sum := s.count()
		total.add(sum)
		fmt.Fprintf(out, "%-14s %8d %8d %8d %10s\n", s.name, sum.passed, sum.failed, sum.skipped,
			time.Duration(s.seconds)*time.Second)
	}
	for _, s := range stages {
		for _, failure := range s.failures() {
			fmt.Fprintf(out, "FAILED %s: %s\n", s.name, failure)
		}
	}
	fmt.Fprintf(out, "\n%d passed, %d failed\n", total.passed, total.failed)
	return total
}
