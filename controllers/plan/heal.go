package plan

import "time"

// healthGrace is how long after its start a bot may be found unhealthy by its probes: it boots, and the edges look often.
func (a assessor) healthGrace() time.Duration {
	return a.want.Policy.AddressDeadline + time.Duration(a.want.Probe.Retries)*a.want.Probe.Interval
}

// spentReason says why a bot of the current template is to be replaced, empty when it is not.
func spentReason(a *Assessment) string {
	if a.NoAddress {
		return whyNoAddress
	}
	return ""
}
