package pool

import "slices"

// State says what a member is for.
type State string

// The states of a member. A push holds the first two; a member that a push leaves out is removed.
const (
	// Active members get requests once their probe passed.
	Active State = "active"
	// Draining members get no new requests and keep those in hand.
	Draining State = "draining"
	// Removed members get nothing; they are listed until what they had in hand has ended.
	Removed State = "removed"
)

// Push is what the operator wants the pool to hold.
type Push struct {
	// Revision names this content. It comes back as the entity tag of the document.
	Revision string `json:"revision"`
	// Probe says how every member is probed.
	Probe Probe `json:"probe"`
	// Members are all members; who is not among them is removed.
	Members []PushedMember `json:"members"`
}

// PushedMember is one bot.
type PushedMember struct {
	// Name is the bot's name, unique in the pool. Counters are kept under it.
	Name string `json:"name"`
	// Address is the IP address and port, e.g. "10.89.0.12:8080". A changed address is a new target: it is proven again.
	Address string `json:"address"`
	// State is active or draining.
	State State `json:"state"`
}

// Probe says how members are probed.
type Probe struct {
	// Path is requested with GET, e.g. "/api/health".
	Path string `json:"path"`
	// Scheme is http (default) or https. With https the certificate is not verified, as bots hold none for their address.
	Scheme string `json:"scheme,omitempty"`
	// Interval is the time between two probes of a member, give or take a tenth.
	Interval Duration `json:"interval"`
	// Timeout bounds one probe, from the dial to the last byte.
	Timeout Duration `json:"timeout"`
	// Retries is how many probes in a row must fail before a healthy member counts as unhealthy.
	Retries int `json:"retries"`
}

// equal tells whether two pushes ask for the same.
func (p Push) equal(other Push) bool {
	return p.Revision == other.Revision && p.Probe == other.Probe && slices.Equal(p.Members, other.Members)
}
