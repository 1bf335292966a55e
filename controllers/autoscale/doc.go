// Package autoscale decides how many bots a BotCluster is to have. It is pure: from a Policy (what the spec says), a State (what
// the status keeps), an Observation (what was measured) and the time it makes a Decision that explains itself, and the State to
// keep. The same arguments give the same answer, and deciding again with the State of a decision at the same time changes nothing.
//
// A decision goes this way:
//
//	signals    per metric: the mean over the bots that serve and were measured lately; what is missing stays missing
//	votes      every rule compares its metric, and asks for more, for fewer, or for nothing
//	winner     the largest number asked for among those who want more; else the largest among those who allow fewer
//	holds      pause, missing signal, cooldown, stabilisation, breaker, launch budget: each may hold the winner back, and says so
//	limits     min and max, or those of the schedules that are open now: always, at once, also when paused
//
// # What the numbers mean
//
// A threshold is a rule: above it, more bots. Load that is shared (cpu, memory, requests, queueDepth) is counted as a whole, the
// mean times the bots that serve, and divided among the bots that were already asked for: those that still start neither lower
// the mean nor are asked for twice. Fewer bots are allowed when the same load on fewer stays below every threshold less the
// Tolerance; where the policy has rules for down, one of them must ask for it as well. Memory is projected like the rest, though
// much of it would not move: a bot that runs out of memory costs more than one too many. The response time is no such load: it
// asks for a step, and fewer bots are allowed while it is below its threshold less the Tolerance.
//
// # When it may act
//
// The cooldown is the wait between two scaling events in either direction, with a length for each. It is there to let the effect
// of an event show. When the effect has shown, which is when every bot that was asked for serves and was measured since, and a
// threshold is still exceeded by the factor Urgent, the event was too small and goes on within the cooldown. What a decision
// could not start for want of launch budget goes on within it too. Limits that change (schedules, the spec) are no events.
//
// Down waits, besides, until the rules have asked for that few, or fewer, through all of the stabilisation window. A signal
// that is missing holds down back, but does not begin the window anew. When bots that left are all needed again within half an
// hour, their leaving was a mistake, and the window doubles, twice at most; a scale-down that stood halves it again.
//
// # Text
//
// Messages hold no times and no exact values, so that they change only when there is something to say: percentages are rounded
// to the nearest 5, everything else to two significant digits.
package autoscale
