package autoscale

import (
	"errors"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // the operator's image may hold no time zones

	"github.com/robfig/cron/v3"
)

// ErrWindow is in every error of NewWindow.
var ErrWindow = errors.New("invalid schedule")

// Schedule describes a Window as the spec does.
type Schedule struct {
	Name string
	// Start is a cron expression of five fields, or one like @daily, for when the window opens.
	Start string
	// End is one for when it closes; or else Duration is how long it stays open.
	End      string
	Duration time.Duration
	// TimeZone is an IANA name like "Europe/Lisbon"; empty is UTC.
	TimeZone string
	// Min and Max are in force while it is open; zero leaves the policy's own.
	Min int
	Max int
}

// Window is a Schedule that was understood. It is open by the clock on the wall of its time zone: from the start that this clock
// shows to the end that it shows, also on the days when it is set. An hour that is skipped still opens it; an hour that comes
// twice is gone through twice.
//
// While windows are open, the largest of their Mins and the largest of their Maxs are in force instead of the policy's; one that
// leaves a bound open brings the policy's. A Max below the Min is raised to it.
type Window struct {
	name     string
	start    cron.Schedule
	end      cron.Schedule
	duration time.Duration
	location *time.Location
	min      int
	max      int
}

// NewWindow understands a schedule. Its errors say what to write instead.
func NewWindow(schedule Schedule) (Window, error) {
	refuse := func(format string, arguments ...any) (Window, error) {
		return Window{}, fmt.Errorf("%w %q: %w", ErrWindow, schedule.Name, fmt.Errorf(format, arguments...))
	}
	if (schedule.End == "") == (schedule.Duration <= 0) {
		return refuse("write either an end or a duration above zero")
	}
	if schedule.Start == schedule.End {
		return refuse("it ends when it starts: write an end that differs from the start, or change min and max of the spec")
	}
	if schedule.Min < 0 || schedule.Max < 0 || (schedule.Max > 0 && schedule.Max < schedule.Min) {
		return refuse("min (%d) must not be negative, nor above max (%d)", schedule.Min, schedule.Max)
	}
	if schedule.TimeZone == "Local" {
		return refuse("time zone %q depends on the machine: write an IANA name like Europe/Lisbon", schedule.TimeZone)
	}
	location, err := time.LoadLocation(schedule.TimeZone)
	if err != nil {
		return refuse("time zone %q is not known: write an IANA name like Europe/Lisbon: %w", schedule.TimeZone, err)
	}
	window := Window{
		name: schedule.Name, duration: schedule.Duration, location: location, min: schedule.Min, max: schedule.Max,
	}
	if window.start, err = parseCron(schedule.Start); err != nil {
		return refuse("start: %w", err)
	}
	if schedule.End == "" {
		return window, nil
	}
	if window.end, err = parseCron(schedule.End); err != nil {
		return refuse("end: %w", err)
	}
	return window, nil
}

// parseCron reads a cron expression that comes round at all. The prefix for a time zone is refused: there is a field for it, and
// the library panics on half of one.
func parseCron(expression string) (cron.Schedule, error) {
	if strings.Contains(expression, "TZ=") || strings.HasPrefix(strings.TrimSpace(expression), "@every") {
		return nil, fmt.Errorf("cron expression %q: write five fields like \"0 8 * * 1-5\", and the time zone beside it", expression)
	}
	parsed, err := cron.ParseStandard(expression)
	if err != nil {
		return nil, fmt.Errorf("cron expression %q: write five fields like \"0 8 * * 1-5\": %w", expression, err)
	}
	if parsed.Next(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return nil, fmt.Errorf("cron expression %q names a day that never comes", expression)
	}
	return parsed, nil
}

// wall returns what the clock on the wall shows, as if it hung in Greenwich, where no hour is skipped or comes twice.
func (w Window) wall(now time.Time) time.Time {
	local := now.In(w.location)
	return time.Date(local.Year(), local.Month(), local.Day(), local.Hour(), local.Minute(), local.Second(), 0, time.UTC)
}

// real returns when the clock on the wall shows a time.
func (w Window) real(wall time.Time) time.Time {
	return time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, w.location)
}

// state tells whether the window is open, and when that may change.
func (w Window) state(now time.Time) (open bool, next time.Time) {
	wall := w.wall(now)
	if w.end != nil {
		start, end := w.start.Next(wall), w.end.Next(wall)
		// Inside, the end comes before the next start.
		if end.Before(start) {
			return true, w.real(end)
		}
		return false, w.real(start)
	}
	if began := w.start.Next(wall.Add(-w.duration)); !began.After(wall) {
		return true, w.real(began.Add(w.duration))
	}
	return false, w.real(w.start.Next(wall))
}

// limits are the bounds in force.
type limits struct {
	min, max int
	// windows are the names of those that are open; next is when one opens or closes, zero when there is none.
	windows []string
	next    time.Time
}

// limits returns the bounds that are in force now.
func (p Policy) limits(now time.Time) limits {
	bounds := limits{}
	for _, window := range p.Windows {
		open, next := window.state(now)
		bounds.next = earliest(bounds.next, next)
		if !open {
			continue
		}
		bounds.windows = append(bounds.windows, window.name)
		least, most := window.min, window.max
		if least == 0 {
			least = p.Min
		}
		if most == 0 {
			most = p.Max
		}
		bounds.min, bounds.max = max(bounds.min, least), max(bounds.max, most)
	}
	if len(bounds.windows) == 0 {
		bounds.min, bounds.max = p.Min, p.Max
	}
	bounds.max = max(bounds.max, bounds.min)
	return bounds
}

// earliest returns the earlier of two times, where zero is none.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || (!b.IsZero() && b.Before(a)) {
		return b
	}
	return a
}
