// Package plan decides what to do next. It is pure: from what is wanted (Blueprint), what was seen (Observed) and the
// time it makes a list of steps, each with its reason. It never looks at the outside and remembers nothing; running it
// twice on the same arguments gives the same plan, and once the world is as wanted the plan is empty.
//
// A pass goes through the stages in this order. Each looks only at what it names, and is skipped while that is unknown:
//
//	Key        the Secret with the key of the edges' cookies                needs: inventory, and to know that there is none
//	Volumes    data volumes that instances will need                         needs: inventory, facts
//	Instances  create, change, mark, stop, delete                            needs: inventory, facts, secrets (to take
//	                                                                         an edge away: those of the edges as well)
//	           configure and start what is there                             needs: inventory, and secrets for the files
//	Pools      tell every edge which bots there are                          needs: inventory, that edge
//	Secrets    give every edge the cookies' key and the certificates         needs: inventory, that edge, the edges' secrets
//	Routes     tell every edge what to serve                                 needs: inventory, that edge, and that it holds
//	                                                                         secrets or is given them in this pass; for
//	                                                                         routes that need certificates: the current ones
//
// An instance that has to go (surplus, outdated, or broken beyond waiting) walks this path, one step a pass, and each
// step is a fact outside that survives a crash:
//
//	mark (a tag with the time) ─► draining in every pool ─► nothing in flight, or drain.timeout over
//	     ─► out of every pool ─► stop ─► delete
//
// A bot that somebody drains by hand (Blueprint.Drained) is draining in every pool for as long as it is named, and goes
// on running. Its drain is no way out: it serves again when it is named no more.
package plan
