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
// # A beginning
//
//	clock := clocktesting.NewFakeClock(time.Unix(0, 0))
//	world := fake.New(fake.Config{Clock: clock, Seed: 1, Latencies: fake.MeasuredLatencies()})
//	world.AddImage(fake.Image{Aliases: []string{"bot"}, Behaviour: fake.MeasuredBehaviour()})
//	server, err := incusd.ServeUnix(world, "")                  // server.Socket is for the driver or the client library
//	world.Behave("default/bot-3", func(b *fake.Behaviour) { b.NoAddress = true })
//	world.Faults().Plan(fake.Fault{Class: fake.Write, Nth: 4, Mode: fake.LoseAnswer})
//	…
//	world.Advance(time.Second)                                  // or world.Step(), to the next thing that is due
//	Expect(world.Faults().Unreached()).To(BeEmpty())
//
// # What is left out
//
// Virtual machines, snapshots, copies, migration, consoles, recorded output, the import of images, evacuation as an
// operation, OVN: the server answers 501, or 404 for what Incus has not either.
//
// Package incusd serves a World over Incus's REST API, and package edge puts Caddy's admin API into its instances.
package fake
