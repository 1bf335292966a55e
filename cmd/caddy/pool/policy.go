package pool

import (
	"math/rand/v2"

	"github.com/cespare/xxhash/v2"
)

// among chooses one of the members by the policy; nil if none of them is usable. Nothing is allocated, and only LeastConn and
// IPHash look at every member.
func (c *Choice) among(members []*candidate, policy Policy) *candidate {
	if len(members) == 0 {
		return nil
	}
	switch policy {
	case First:
		return c.from(members, 0)
	case LeastConn:
		return c.leastConn(members)
	case IPHash:
		return c.highestHash(members)
	case Random:
		return c.from(members, rand.Uint64N(uint64(len(members)))) //nolint:gosec // chance spreads load here and keeps no secret
	default:
		return c.from(members, c.turn())
	}
}

// turn is the next position of the route.
func (c *Choice) turn() uint64 { return c.route.position.Add(1) - 1 }

// from returns the first usable member from a place on, round and round.
func (c *Choice) from(members []*candidate, place uint64) *candidate {
	for step := range uint64(len(members)) {
		if member := members[(place+step)%uint64(len(members))]; c.usable(member) {
			return member
		}
	}
	return nil
}

// leastConn returns a usable member with the least in flight: of several, each in its turn. Where most have nothing in flight, as
// in a large fleet, the one whose turn it is mostly is one of these, and the others need not be looked at.
func (c *Choice) leastConn(members []*candidate) *candidate {
	turn, count := c.turn(), uint64(len(members))
	if next := members[turn%count]; next.inFlight.Load() == 0 && c.usable(next) {
		return next
	}
	least, equals := c.least(members)
	if equals == 0 {
		return nil
	}
	var found *candidate
	place := turn / count % equals
	for _, member := range members {
		// Requests begin and end meanwhile: one with less is welcome, and if the turn never comes the last one seen will do.
		if member.inFlight.Load() > least || !c.usable(member) {
			continue
		}
		if found = member; place == 0 {
			return found
		}
		place--
	}
	if found == nil {
		return c.from(members, 0)
	}
	return found
}

// least returns the least that a usable member has in flight, and how many have that.
func (c *Choice) least(members []*candidate) (least int64, equals uint64) {
	for _, member := range members {
		inFlight := member.inFlight.Load()
		if equals > 0 && inFlight > least || !c.usable(member) {
			continue
		}
		if equals == 0 || inFlight < least {
			least, equals = inFlight, 0
		}
		equals++
	}
	return least, equals
}

// highestHash returns the usable member whose name and the client's address have the highest hash together (rendezvous
// hashing): when a member leaves, only its own clients move.
func (c *Choice) highestHash(members []*candidate) *candidate {
	client := xxhash.Sum64String(c.asker.Address)
	var found *candidate
	var highest uint64
	for _, member := range members {
		if weight := mix(member.hash ^ client); (found == nil || weight > highest) && c.usable(member) {
			found, highest = member, weight
		}
	}
	return found
}

// mix spreads the bits of a number all over it: the last step of the generator SplitMix64 (Steele, Lea and Flood, 2014).
func mix(bits uint64) uint64 {
	bits = (bits ^ bits>>30) * 0xbf58476d1ce4e5b9
	bits = (bits ^ bits>>27) * 0x94d049bb133111eb
	return bits ^ bits>>31
}
