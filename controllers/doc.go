// Package controllers holds the rooms of the operator and nothing itself. A pass over a BotCluster walks through them:
//
//	    ┌────────── watches: API server · Incus events · timers ──────────┐
//	    ▼                                                                 │
//	observe ──────► plan ──────► apply ──────► status                     │
//	only reads      pure         only writes   one deferred writer        │
//	    │             │             │             │                       │
//	what is known,  []Step{verb,  idempotent,   conditions computed       │
//	what failed     target, want, started, not  from facts, patched only ─┘
//	to be read      why}          waited for    when something changed
//
// The rooms, from the bottom up; a room knows those below it only:
//
//	model        the nouns outside, as plain values: Instance, Pool, Member, Routes, EdgeSecrets
//	conditions   declares, computes, patches and checks status conditions
//	plan         pure: what is wanted and what was seen, into steps with reasons
//	autoscale    pure: what was measured, into how many bots there are to be, with reasons
//	provider     what is asked of each outside system, and the classes of its errors; below it one folder for each of them, and
//	             fake, a world in memory that the real drivers are run against
//	apply        carries out the steps
//	render       pure: the spec into files, limits, devices and the edges' configuration
//	botcluster   the reconciler: observe, apply, report
//
// What runs inside of the edges is a Go module of its own, cmd/caddy.
package controllers
