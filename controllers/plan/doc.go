// Package plan decides what to do next. It is pure: from what is wanted (Blueprint), what was seen (Observed) and the
// time it makes a list of steps, each with its reason. It never looks at the outside and remembers nothing; running it
// twice on the same arguments gives the same plan, and once the world is as wanted the plan is empty.
//
// A pass goes through the stages in this order. Each looks only at what it names, and is skipped while that is unknown:
//
//	Key        the Secret with the key of the edges' cookies                needs: inventory, and to know that there is none
//	Volumes    data volumes that instances will need                         needs: inventory, facts
//	Instances  create, change, promote, mark, restart, stop, delete          needs: inventory, facts, secrets (to take
//	                                                                         an edge away: those of the edges as well)
//	           configure and start what is there                             needs: inventory, and secrets for the files
//	Pools      tell every edge which bots there are                          needs: inventory, that edge
//	Freezes    let standbys wait that every edge finds well                  needs: inventory, facts, secrets, every edge
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
// Which bots there should be is chosen among those that are there (membership.go). A bot that no edge finds well walks the same
// path as far as the stop, with a second tag of the same time, and is started again then (heal.go). Old bots are replaced by
// newcomers of the current template while enough serve (rollout.go). All of it is chosen anew in each pass, from what is seen: so
// that a choice does not change with each pass, a bot that was chosen once is chosen again as long as it is not needed.
//
// A bot that somebody drains by hand (Blueprint.Drained) is draining in every pool for as long as it is named, and goes
// on running. Its drain is no way out: it serves again when it is named no more.
package plan
