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
}

// Next chooses a member. Passed over are those whose breaker would refuse the request, and as long as others are left those that
// are ejected and those chosen before. It returns false if nobody is left.
func (c *Choice) Next() bool {
	if c.chosen != nil {
		c.tried = append(c.tried, c.chosen.target)
	}
	seen := c.route.group.view.Load()
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
	return c.chosen != nil
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
// one of them is open; and in how long the first of them will be half-open.
func (c *Choice) Rejected() (wait time.Duration, rejected bool) {
	seen := c.route.group.view.Load()
	if !seen.rejecting {
		return 0, false
	}
	if c.route.settings.Policy == Cookie {
		if holder := seen.holder(c.asker.Tokens); holder != nil && c.usable(holder) {
			return 0, false // a draining member, which does not count as one that serves
		}
	}
	return max(0, time.Until(seen.halfOpen)), true
}

// Admit counts the request to the chosen member, or refuses it: nothing was sent, and another member can be chosen.
func (c *Choice) Admit() (*Request, error) {
	if c.chosen == nil {
		return nil, ErrNotAdmitted
	}
	return c.route.registry.admit(c.chosen)
}
