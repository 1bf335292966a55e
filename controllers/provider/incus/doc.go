// Package incus drives Incus servers: it implements provider.Hosts over Incus's REST API.
//
// A host is one project on one server, reached with one identity. It keeps one HTTP client, one event stream and one
// index of the project's instances, shared by all BotClusters that live there:
//
//	requests.go    one function that sends a request with a deadline of its own; nothing else talks HTTP (decode.go reads answers)
//	identity.go    identity → TLS, transport;   hosts.go  one host per identity, closed when unused
//	link.go        can the server be used, and why not; connects again and again
//	events.go      the event stream: events are only a reason to read again, never an answer
//	index.go       what was last read of each instance, by name and by owner
//	readings.go    reads of single instances: coalesced, bounded, in the background
//	listing.go     reads of everything: after each connect, every half minute, or on demand without a stream
//	operations.go  what Incus is busy with, and what it failed at
//	inventory.go   puts index and operations together into the answer
//	instances.go, change.go, files.go, volumes.go   the verbs, each of which checks the owner on a fresh read
//	filesession.go the one SFTP session in which the files of an instance are written
//	facts.go       profiles, pool, network, images;   members.go  members of a cluster
//	usage.go, memory.go   what instances use
//	dial.go, tunnel.go   exec sessions as connections
//
// The client of Incus's own module is not used for requests: it takes one context at connect and none per call, waits an
// hour for an answer, and its event and operation helpers share state between callers. Its types are used.
//
// Nothing that is kept here is needed for correctness: a new process reads it all again.
package incus
