// Package alerts holds the specs of the alerting rules in config/prometheus: each rule is evaluated by Prometheus's own
// engine over series that a spec makes up, at each minute that goes by, as `promtool test rules` does it. It is a module of
// its own, so that Prometheus does not enter the operator's.
package alerts
