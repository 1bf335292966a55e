// Package sim runs the BotCluster reconciler against a fake world of Incus hosts and edges and a real API server, in
// virtual time, with faults. Each scenario is first run without a fault to learn its writes and reads; then it is run
// again for every write and every mode of failure: the operator dies before or after the write, its answer is lost, it is
// refused, it meets a conflict, it is slow; and for reads that are stale and events that are lost. After every pass the
// invariants are checked, and at the end the world must be as declared and quiet.
//
// A plan that never meets its fault fails: it would prove nothing. Long scenarios are sampled, always in the same way: each of their
// writes meets only some of the ways to fail.
//
// A campaign of edits changes BotClusters at random, rightly and wrongly, one edit after the other or several at once. After each
// the world must look like that of a BotCluster that was made anew from the same spec; what is wrong is refused by the API server
// or told by a condition. The variable SIM_SEED chooses other dice.
package sim
