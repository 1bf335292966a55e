// Package pool holds the bots that an edge may send requests to.
//
// The operator pushes the desired members; the pool probes each of them, decides which serve, counts what is sent to them,
// and tells it all in one document. Nothing here needs a reload of Caddy, and nothing is lost by one: a Registry lives as
// long as its process. The package knows nothing of Caddy; package edge binds the two.
//
//	          push (Apply)                         probe passes             for each try of a request
//	operator ─────────────► targets, by name ─────────────────► view ──► Choice ──► Admit ──► Request
//	    ▲                        │ probed                         ▲         │         refuses what left
//	    └── document ◄───────────┴── counters, breakers, failures ┴─────────┴───────────────────┘
//	       (Describe, Wait)
//
// # Which members serve
//
// A member serves when it is active and its probe passed. If no active member is healthy but some answer "degraded" (503
// with that status in the health document: they cannot reach their database), those serve, because a fleet that vanishes
// with its database helps nobody. A draining member gets no new request and keeps those it has.
//
// # Which member is chosen
//
// Each route of the proxy is a Route with settings of its own, for as long as it is in use:
//
//	route := registry.UseRoute(RouteSettings{
//		Name: "api", Policy: LeastConn,
//		Breaker: BreakerSettings{Threshold: 5, Timeout: 30 * time.Second, HalfOpenRequests: 3},
//		Passive: PassiveSettings{FailDuration: 30 * time.Second, MaxFails: 3},
//	})
//	choice := route.Choose(Asker{Address: "192.0.2.1"})
//	for choice.Next() { … } // choice.Admit, send, and then Answered or Failed, and End
//
// By its policy it chooses among the members that serve, without those that its circuit breakers keep out. A member with too
// many failures lately is ejected: it, and what this request tried before, are chosen only when nobody else is left. When all that
// serve are ejected, nobody is. With the policy Cookie a client stays with the member whose signed name it holds, also while
// that member drains.
//
// Breakers are kept by member and route name: closed, they let all through; after Threshold failures in a row (an answer of 500
// and more, or none) open, nothing for Timeout; then half-open, HalfOpenRequests requests, all of which must succeed. No answer
// is a failure too when Timeout has passed: half-open at once, closed when the client then gives up. Breakers
// outlive changes of the routes and of addresses, and begin anew when their own settings change.
//
// The views that choices are made from are immutable and made anew when something happens (what probes say, within 5 ms), so that
// a request takes no lock of the registry, and looks at every member only with LeastConn, when few are idle, and with IPHash.
//
// # What leaving means
//
// Once a member is removed, no request reaches it any more: one that had chosen it a moment before is refused by Admit and
// chooses again. What it still had in hand goes on, and the document lists the member as "removed" until that has ended.
//
// The wire format is testdata/pool.json (the answer) and testdata/push.json (the push).
package pool
