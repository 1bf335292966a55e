package autoscale

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// Metric is a signal that rules compare, in the words of the API.
type Metric string

const (
	// MetricCPU is the processor time used, in percent of what the instance may use.
	MetricCPU Metric = "cpu"
	// MetricMemory is the memory used without page cache, in percent of what the instance may use.
	MetricMemory Metric = "memory"
	// MetricRequests is the requests per minute that an instance gets, over all edges.
	MetricRequests Metric = "requests"
	// MetricResponseTime is the mean time to the answer's header, in milliseconds.
	MetricResponseTime Metric = "responseTime"
	// MetricQueueDepth is how many requests wait inside of an instance, from its health document.
	MetricQueueDepth Metric = "queueDepth"
)

// shared tells that the metric is load which others take over when an instance leaves.
func (m Metric) shared() bool { return m != MetricResponseTime }

// saturates tells that the metric ends at 100 and cannot say how much more is wanted.
func (m Metric) saturates() bool { return m == MetricCPU }

// noun is how a sentence calls the metric.
func (m Metric) noun() string {
	switch m {
	case MetricCPU:
		return "CPU"
	case MetricRequests:
		return "the request rate"
	case MetricResponseTime:
		return "the response time"
	case MetricQueueDepth:
		return "the queue"
	default:
		return string(m)
	}
}

// Show renders a value for people, rounded as the package says.
func (m Metric) Show(value float64) string {
	switch m {
	case MetricCPU, MetricMemory:
		return fmt.Sprintf("%g %%", math.Round(value/5)*5)
	case MetricRequests:
		return significant(value) + "/min"
	case MetricResponseTime:
		return significant(value) + " ms"
	default:
		return significant(value)
	}
}

// exact renders a value that somebody wrote: it is not rounded.
func (m Metric) exact(value float64) string {
	number := strconv.FormatFloat(value, 'f', -1, 64)
	switch m {
	case MetricCPU, MetricMemory:
		return number + " %"
	case MetricRequests:
		return number + "/min"
	case MetricResponseTime:
		return number + " ms"
	default:
		return number
	}
}

// significant rounds to two significant digits.
func significant(value float64) string {
	if value < 1 {
		return strconv.FormatFloat(math.Round(value*10)/10, 'f', -1, 64)
	}
	unit := math.Pow(10, math.Floor(math.Log10(value))-1)
	return strconv.FormatFloat(math.Round(value/unit)*unit, 'f', -1, 64)
}

// Measure is one measured value.
type Measure struct {
	Value float64
	// At is when it was measured.
	At time.Time
}

// usable tells that the value is a number that can be reasoned with.
func (m Measure) usable() bool {
	return !math.IsNaN(m.Value) && !math.IsInf(m.Value, 0) && m.Value >= 0
}
