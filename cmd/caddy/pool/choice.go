package pool

import (
	"slices"
	"time"
)

// Asker is what policies know of the client.
type Asker struct {
	// Address is its IP address; for IPHash.
	Address string
	// Tokens are the values of the sticky cookies that it sent, whoever made them; for Cookie.
	Tokens []string
}

// Choice is the search of one request for a member: at first, and again each time a member failed it. It is not for
// concurrent use.
type Choice struct {
	route  *Route
	asker  Asker
	tried  []*target // chosen before
	chosen *candidate
	permit permit // of the chosen member's breaker, until the request is admitted
}

// Next chooses a member, and takes the permit of its breaker. Passed over are those whose breaker would refuse the request, and as
// long as others are left those that are ejected and those chosen before. It returns false if nobody is left.
func (c *Choice) Next() bool {
	c.Abandon()
	if c.chosen != nil {
		c.tried = append(c.tried, c.chosen.target)
	}
	seen := c.route.group.view.Load()
	for c.search(seen); c.chosen != nil; c.search(seen) {
		permit, ok := c.route.registry.permitOf(c.chosen.breaker)
		if ok {
			c.permit = permit
			return true
		}
		// Another request took the last one meanwhile, or made the breaker open: it is passed over now.
	}
	return false
}

// search chooses a member.
func (c *Choice) search(seen *routeView) {
	c.chosen = c.pick(seen)
	if c.chosen == nil && len(c.tried) > 1 {
		// All were tried. They are tried again, but not the last one at once.
		c.tried = slices.Delete(c.tried, 0, len(c.tried)-1)
		c.chosen = c.pick(seen)
	}
	if c.chosen == nil && len(c.tried) > 0 {
		c.tried = c.tried[:0]
		c.chosen = c.pick(seen)
	}
}

// Abandon gives back what the choice holds. It must be called when the search is over, as what was chosen may not have been
// called; after Admit it does nothing.
func (c *Choice) Abandon() {
	c.permit.giveBack()
	c.permit = permit{}
}

// pick chooses among those not tried.
func (c *Choice) pick(seen *routeView) *candidate {
	policy := c.route.settings.Policy
	var holder *candidate
	if policy == Cookie {
		policy = c.route.settings.Fallback
		if holder = seen.holder(c.asker.Tokens); holder != nil && !c.usable(holder) {
			holder = nil
		}
		if holder != nil && !slices.Contains(seen.ejected, holder) {
			return holder
		}
	}
	if found := c.among(seen.preferred, policy); found != nil {
		return found
	}
	if holder != nil {
		return holder
	}
	return c.among(seen.ejected, policy)
}

// usable tells whether the request may go to a member: it was not tried, and its breaker would let the request through.
func (c *Choice) usable(member *candidate) bool {
	return !slices.Contains(c.tried, member.target) && member.breaker.mayAdmit()
}

// Address is that of the chosen member; empty if none is chosen.
func (c *Choice) Address() string {
	if c.chosen == nil {
		return ""
	}
	return c.chosen.address
}

// NewToken is the value of the sticky cookie that the client is to get with this choice; empty if it needs none: it holds it
// already, there is no key, or the route's policy is another.
func (c *Choice) NewToken() string {
	if c.route.settings.Policy != Cookie || c.chosen == nil || slices.Contains(c.asker.Tokens, c.chosen.token) {
		return ""
	}
	return c.chosen.token
}

// Rejected tells whether the request is to be answered at once, because there are members that serve and the breaker of every
// one of them is open, or half-open with all permits taken; and in how long the first of them will be half-open: 0 if one is,
// as a permit may then be free at any moment.
func (c *Choice) Rejected() (wait time.Duration, rejected bool) {
	seen := c.route.group.view.Load()
	if len(seen.pool.serving) == 0 || slices.ContainsFunc(seen.preferred, mayAdmit) || slices.ContainsFunc(seen.ejected, mayAdmit) {
		return 0, false
	}
	if c.route.settings.Policy == Cookie {
		if holder := seen.holder(c.asker.Tokens); holder != nil && c.usable(holder) {
			return 0, false // a draining member, which does not count as one that serves
		}
	}
	if !seen.allOpen {
		return 0, true
	}
	return max(0, time.Until(seen.halfOpen)), true
}

func mayAdmit(member *candidate) bool { return member.breaker.mayAdmit() }

// Admit counts the request to the chosen member, or refuses it: nothing was sent, and another member can be chosen.
func (c *Choice) Admit() (*Request, error) {
	if c.chosen == nil {
		return nil, ErrNotAdmitted
	}
	taken := c.permit
	c.permit = permit{}
	return c.route.registry.admit(c.chosen, taken)
}
