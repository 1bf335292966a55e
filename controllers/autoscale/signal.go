package autoscale

import "time"

// signal is a metric over the bots that serve.
type signal struct {
	// serving is how many bots serve; known of them have a value that is fresh, and mean is theirs.
	serving int
	known   int
	mean    float64
}

// missing counts the bots that serve and whose value is not known.
func (s signal) missing() int { return s.serving - s.known }

// complete tells that there is somebody who serves, and that everybody's value is known.
func (s signal) complete() bool { return s.known > 0 && s.missing() == 0 }

// total is the load of all, taking that of the unknown to be like that of the known.
func (s signal) total() float64 { return s.mean * float64(s.serving) }

// signal reads a metric. A value counts when it is a number, no older than maxAge, and measured after the last scaling event:
// what was measured before says nothing of its effect.
func (o Observation) signal(metric Metric, event, now time.Time, maxAge time.Duration) signal {
	read := signal{}
	sum := 0.0
	for _, instance := range o.Instances {
		if !instance.serves() {
			continue
		}
		read.serving++
		measure := instance.measure(metric)
		if measure == nil || !measure.usable() || !measure.At.After(event) || now.Sub(measure.At).Abs() > maxAge {
			continue
		}
		read.known++
		sum += measure.Value
	}
	if read.known > 0 {
		read.mean = sum / float64(read.known)
	}
	return read
}
