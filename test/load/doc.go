// Package load is a crowd of clients that miss nothing: GET and POST over connections that are kept, server-sent events
// and WebSockets, all at once, against one edge. It speaks to the stand-in bot server (test/botserver).
//
// Clients do what browsers and libraries hide from their users: they try nothing twice, check that each answer belongs to
// its request, that no event is missing in a stream and that each message of a WebSocket comes back. Whatever is lost is
// counted and the first losses are kept as sentences.
//
// The load is bounded by what it is told, not by what the edge can take: it shows losses, not throughput (test/bench does).
package load
