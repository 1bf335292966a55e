// Package fake is an in-memory world of Incus hosts, for tests that cannot or will not start containers.
//
// A World holds what a daemon or a cluster of daemons holds: projects, images, pools, networks, profiles, volumes,
// members, instances with their files, and the operations under way. It behaves as Incus 6 does, oddities included,
// because a contract suite runs the same table against it and against a real daemon.
//
// # Time
//
// Nothing in a World happens by itself. What is to come stands on a timeline (see timeline.go) that is settled at the
// start and at the end of every call, so a World has no goroutine of its own. On a clock that can be stepped, such as
// the FakeClock of k8s.io/utils/clock/testing, Advance and Step move the time; on a real clock one timer wakes the World
// when the next thing is due.
//
// # What runs inside an instance
//
// A Service listens on a unix socket or a loopback port of every instance of an image, and an exec of
// "socat - UNIX-CONNECT:…" or "socat - TCP:…" is connected to it. A Command stands for any other program. Behaviour says
// how long a boot takes and what goes wrong in it.
//
// # Faults
//
// Every call to a system of the World passes a Gate and is numbered. A plan of Faults says which calls are
// refused, answered from the past, or committed without an answer, and which events are lost. Unreached names the faults
// that no call came near, so that a scenario cannot pass because its fault never happened.
//
// Package incusd serves a World over Incus's REST API, and package edge puts Caddy's admin API into its instances.
package fake
