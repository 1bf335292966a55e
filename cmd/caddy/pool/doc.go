// Package pool holds the bots that an edge may send requests to.
//
// The operator pushes the desired members; the pool probes each of them, decides which serve, counts what is sent to them,
// and tells it all in one document. Nothing here needs a reload of Caddy, and nothing is lost by one: a Registry lives as
// long as its process. The package knows nothing of Caddy; package edge binds the two.
//
//	          push (Apply)                         probe passes            chosen by the proxy
//	operator ─────────────► targets, by name ─────────────────► view ───────────────────────► Admit ──► Request
//	    ▲                        │ probed                                                        refuses what left
//	    └── document (Describe, Wait) ◄──────────────── counters ◄────────────────────────────────────┘
//
// # Which members serve
//
// A member serves when it is active and its probe passed. If no active member is healthy but some answer "degraded" (503
// with that status in the health document: they cannot reach their database), those serve, because a fleet that vanishes
// with its database helps nobody. A draining member gets no new request and keeps those it has.
//
// # What leaving means
//
// Once a member is removed, no request reaches it any more: one that had chosen it a moment before is refused by Admit and
// chooses again. What it still had in hand goes on, and the document lists the member as "removed" until that has ended.
//
// The wire format is testdata/pool.json (the answer) and testdata/push.json (the push).
package pool
