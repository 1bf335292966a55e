package incus

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	incusapi "github.com/lxc/incus/v6/shared/api"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// membersLast is how long what was read of the members of a cluster is taken for true. Incus itself notices after 20 s that one
// is away (cluster.offline_threshold).
const membersLast = 10 * time.Second

// memberStore keeps the members of a cluster as they were last read.
type memberStore struct {
	clock Clock
	mu    sync.Mutex
	known []model.HostMember
}

func newMemberStore(clock Clock) *memberStore { return &memberStore{clock: clock} }

// put takes in what was read. A member that is in the state that it was in keeps the time since when.
func (s *memberStore) put(read []incusapi.ClusterMember) {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := map[string]model.HostMember{}
	for _, member := range s.known {
		before[member.Name] = member
	}
	now := s.clock.Now()
	s.known = make([]model.HostMember, 0, len(read))
	for _, shown := range read {
		member := model.HostMember{
			Name: shown.ServerName, Groups: slices.Sorted(slices.Values(shown.Groups)), State: memberState(shown.Status), Since: now,
		}
		if old, known := before[member.Name]; known && old.State == member.State {
			member.Since = old.Since
		}
		s.known = append(s.known, member)
	}
	slices.SortFunc(s.known, func(a, b model.HostMember) int { return strings.Compare(a.Name, b.Name) })
}

func (s *memberStore) all() []model.HostMember {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.known)
}

// memberState maps Incus's status. One that is blocked waits for an upgrade, and does nothing until then; of a status that is not
// known as little is expected. Being offline is the state in which nothing is done in haste.
func memberState(status string) model.HostMemberState {
	switch status {
	case memberOnline:
		return model.HostMemberOnline
	case "Evacuated", "Evacuating", "Restoring":
		return model.HostMemberEvacuated
	default:
		return model.HostMemberOffline
	}
}

// memberOnline is the status of a member that does what it is asked to.
const memberOnline = "Online"

// readMembers reads the members of the cluster. An identity that may not see them knows of none.
func (h *host) readMembers(ctx context.Context) error {
	var read []incusapi.ClusterMember
	_, err := h.do(ctx, request{
		method: http.MethodGet, path: resource("cluster", "members"), query: url.Values{"recursion": {"1"}},
		doing: "list the members of the cluster",
	}, &read)
	if err != nil && !hasStatus(err, http.StatusForbidden) {
		return err
	}
	h.members.put(read)
	return nil
}

// hostMembers returns the members of the cluster, none where there is no cluster.
func (h *host) hostMembers(ctx context.Context) ([]model.HostMember, error) {
	if !h.link.isClustered() {
		return nil, nil
	}
	if err := h.roster.ensure(ctx, h.options.Clock.Now().Add(-membersLast)); err != nil {
		return nil, err
	}
	return h.members.all(), nil
}

// unfit returns why nothing can be created on a member of the cluster, nil when that is not why it was refused. A member that is
// away or evacuated comes back; one that does not exist has to be named otherwise.
func (h *host) unfit(ctx context.Context, name string, refusal error) error {
	if name == "" || refusal == nil || isUnreachable(refusal) {
		return nil
	}
	group, isGroup := strings.CutPrefix(name, "@")
	switch {
	case !h.link.isClustered():
		return terminal(reasonInvalidRequest, refusal, "%s is no cluster, so that no instance can be placed on %q: name no place",
			h.client.server, name)
	case isGroup:
		return h.unfitGroup(ctx, group, refusal)
	}
	var member incusapi.ClusterMember
	_, err := h.do(ctx, request{
		method: http.MethodGet, path: resource("cluster", "members", name), doing: "look at a member of the cluster",
	}, &member)
	switch {
	case hasStatus(err, http.StatusNotFound):
		return terminal(reasonInvalidRequest, refusal, "the cluster %s has no member %q: name one of those that incus cluster list shows",
			h.client.server, name)
	case err == nil && member.Status != memberOnline:
		return transient(reasonOperationFailed, refusal, "nothing can be created on the cluster member %s while it is %s: "+
			"bring it back, or choose another", name, member.Status)
	default:
		// It was refused for another reason, or nobody can say.
		return nil
	}
}

// unfitGroup is unfit for a group of members.
func (h *host) unfitGroup(ctx context.Context, group string, refusal error) error {
	_, err := h.do(ctx, request{
		method: http.MethodGet, path: resource("cluster", "groups", group), doing: "look at a group of the cluster",
	}, nil)
	if hasStatus(err, http.StatusNotFound) {
		return terminal(reasonInvalidRequest, refusal, "the cluster %s has no group %q: make it with incus cluster group create, "+
			"or name another", h.client.server, group)
	}
	return nil
}
