package autoscale

import "time"

// Observation is what was seen of the bots.
type Observation struct {
	// Desired is how many bots are wanted so far. It counts as long as the State holds no number of its own, as when the
	// autoscaler was just switched on.
	Desired int
	// Instances are the bots that exist. Those that wait as warm standby are not among them.
	Instances []Instance
	Launches  Launches
}

// Instance is a bot and its signals. A signal that is not known is nil: never zero.
type Instance struct {
	Name string
	// Ready tells that it serves. Starting tells that it does not yet, Draining that it leaves; neither counts in a mean.
	Ready    bool
	Starting bool
	Draining bool
	// CPU and Memory are in percent of what it may use, RequestsPerMinute over all edges, ResponseTime in milliseconds.
	CPU               *Measure
	Memory            *Measure
	RequestsPerMinute *Measure
	ResponseTime      *Measure
	QueueDepth        *Measure
}

// measure returns the instance's measure of a metric, nil when it is not known.
func (i Instance) measure(metric Metric) *Measure {
	switch metric {
	case MetricCPU:
		return i.CPU
	case MetricMemory:
		return i.Memory
	case MetricRequests:
		return i.RequestsPerMinute
	case MetricResponseTime:
		return i.ResponseTime
	case MetricQueueDepth:
		return i.QueueDepth
	default:
		return nil
	}
}

// serves tells that the instance carries its share of the load.
func (i Instance) serves() bool { return i.Ready && !i.Starting && !i.Draining }

// Launches is how the making of bots goes.
type Launches struct {
	// InFlight is how many bots are being made or boot.
	InFlight int
	// Failed is how many launches failed in a row, LastFailed when the last of them did.
	Failed     int
	LastFailed time.Time
	// LastSucceeded is when a bot was last seen to come up, zero when that is not known.
	LastSucceeded time.Time
}

// serving counts the instances that carry load.
func (o Observation) serving() int {
	count := 0
	for _, instance := range o.Instances {
		if instance.serves() {
			count++
		}
	}
	return count
}

// stuck counts the instances that do not serve and are not on their way either: drained by hand, unhealthy, out of reach.
func (o Observation) stuck() int {
	count := 0
	for _, instance := range o.Instances {
		if !instance.Ready && !instance.Starting && !instance.Draining {
			count++
		}
	}
	return count
}
