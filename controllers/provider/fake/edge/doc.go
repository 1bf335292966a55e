// Package edge stands in for the Caddy of the edge tier inside the instances of a fake.World: its admin API on a unix
// socket, with the routes of a JSON configuration, and the pool and the secrets of our own modules.
//
// The documents are those of cmd/caddy/pool/testdata. What a probe finds comes from the World: a member answers when an
// instance that has its address runs its application, and answers as well as that instance's health. How long it takes to
// notice follows the module: a new member is looked at every few tens of milliseconds, one that has answered once per
// interval, and only "retries" failures in a row make it unhealthy.
//
// Circuit breakers and ejections come of requests, of which there are none here: a test sets them.
//
// All state of an edge is guarded by the lock of its World and lives on its timeline.
package edge
