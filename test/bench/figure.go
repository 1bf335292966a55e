package main

import (
	"encoding/json"
	"fmt"
	"io"
)

// figure is one measured value.
type figure struct {
	Name   string         `json:"name"`
	Params map[string]any `json:"params,omitempty"`
	Value  float64        `json:"value"`
	Unit   string         `json:"unit"`
	// Baseline is the rival's value in the same run, Ratio the value over it.
	Baseline *float64 `json:"baseline,omitempty"`
	Ratio    *float64 `json:"ratio,omitempty"`
	// Budget is what the ratio, or else the value, may be at most, or AtLeast; OK tells whether it is kept.
	Budget  *float64 `json:"budget,omitempty"`
	AtLeast bool     `json:"at_least,omitempty"`
	OK      *bool    `json:"ok,omitempty"`
}

// against sets the rival's value.
func (f figure) against(baseline float64) figure {
	ratio := f.Value / baseline
	f.Baseline, f.Ratio = &baseline, &ratio
	return f
}

// within sets what the ratio, or the value when there is no rival, may be at most.
func (f figure) within(budget float64) figure {
	ok := f.measured() <= budget
	f.Budget, f.OK = &budget, &ok
	return f
}

// atLeast sets what the ratio, or the value when there is no rival, may not fall below.
func (f figure) atLeast(budget float64) figure {
	ok := f.measured() >= budget
	f.Budget, f.AtLeast, f.OK = &budget, true, &ok
	return f
}

func (f figure) measured() float64 {
	if f.Ratio != nil {
		return *f.Ratio
	}
	return f.Value
}

// reporter prints figures and remembers whether all kept their budget.
type reporter struct {
	out    io.Writer
	missed []string
}

func (r *reporter) report(f figure) error {
	line, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("figure %s: %w", f.Name, err)
	}
	if f.OK != nil && !*f.OK {
		r.missed = append(r.missed, f.Name)
	}
	_, err = fmt.Fprintf(r.out, "%s\n", line)
	return err
}

// verdict is an error that names the figures beyond their budget.
func (r *reporter) verdict() error {
	if len(r.missed) > 0 {
		return fmt.Errorf("beyond the budget: %v", r.missed)
	}
	return nil
}
