package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/netip"
	"time"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// poolOf says which bots the edges should know. Every running bot with an address is in it: whether it serves is for the
// edges to find out by probing. A leaving bot is draining until it is drained, then it is out.
func poolOf(want Blueprint, seen Observed, now time.Time) model.Pool {
	pool := model.Pool{Probe: want.Probe, Members: []model.Member{}}
	for _, instance := range seen.Inventory.Instances {
		if instance.Tier != model.TierBot || !instance.Owned || instance.State != model.StateRunning ||
			!instance.Address.IsValid() || departing(instance) {
			continue
		}
		state := model.MemberActive
		if !instance.DrainingSince.IsZero() {
			if drained(want.Policy, seen, instance, now) {
				continue
			}
			state = model.MemberDraining
		}
		address := netip.AddrPortFrom(instance.Address, uint16(want.BotPort)).String()
		pool.Members = append(pool.Members, model.Member{Name: instance.Name, Address: address, State: state})
	}
	pool.Revision = revisionOf(pool)
	return pool
}

// departing tells that the instance is being stopped or deleted.
func departing(instance model.Instance) bool {
	return instance.Operation == "stop" || instance.Operation == "delete"
}

// drained tells that a leaving bot may be taken out of the pools: nothing is in flight on any edge, or its time is over.
// An edge that does not answer is unknown, so only time ends the drain then.
func drained(policy Policy, seen Observed, instance model.Instance, now time.Time) bool {
	since := now.Sub(instance.DrainingSince)
	if since >= policy.DrainTimeout {
		return true
	}
	if since < policy.DrainSettle {
		return false
	}
	for _, edge := range seen.Edges {
		if edge.Err != nil {
			return false
		}
		member := memberOf(edge.State, instance.Name)
		if member.State == model.MemberActive || member.InFlight > 0 {
			return false
		}
	}
	return true
}

// released tells that a leaving bot may be stopped: no edge lists it any more, or lists it as removed with requests in
// hand that have outlived the drain. An edge that runs and does not answer may still send requests.
func released(policy Policy, seen Observed, instance model.Instance, now time.Time) bool {
	overdue := now.Sub(instance.DrainingSince) >= policy.DrainTimeout
	for _, edge := range seen.Edges {
		if edge.Err != nil {
			return false
		}
		member := memberOf(edge.State, instance.Name)
		if member.State != model.MemberRemoved || (member.InFlight > 0 && !overdue) {
			return false
		}
	}
	return true
}

// revisionOf names the content of a pool.
func revisionOf(pool model.Pool) string {
	pool.Revision = ""
	content, err := json.Marshal(pool)
	if err != nil {
		panic(err) // strings and numbers always marshal
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:8])
}
