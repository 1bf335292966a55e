// Package botcluster is the reconciler of the kind BotCluster. A pass goes through the files in this order:
//
//	reconciler.go   the pass on one screen
//	observe.go      reads: identity, facts, instances, edges    (identity.go: Secrets)
//	scaling.go      decides how many bots there are to be: controllers/autoscale, which is pure    (scalingpolicy.go: what the
//	                spec asks for; signals.go: what was measured; scalingstatus.go: what is remembered)
//	                plans: controllers/plan, which is pure
//	apply.go        writes: carries out the steps, tells them    (events.go)
//	report.go       tells: the status                            (facts.go, scalingfacts.go, rolloutfacts.go: the conditions)
//	metrics.go      tells: Prometheus                            (metrics_gauges.go, metrics_counters.go, metrics_tally.go)
//	teardown.go     the same for a BotCluster that is being deleted
//	orphans.go      instances whose BotCluster is gone
//	watches.go      what makes a pass begin
package botcluster
