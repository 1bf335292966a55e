package fake

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	incusapi "github.com/lxc/incus/v6/shared/api"
)

// MemberStatus is the state of a cluster member as Incus words it.
type MemberStatus string

// The states of a cluster member.
const (
	MemberOnline    MemberStatus = "Online"
	MemberOffline   MemberStatus = "Offline"
	MemberEvacuated MemberStatus = "Evacuated"
	// MemberEvacuating and MemberRestoring are on their way, MemberBlocked waits for its upgrade.
	MemberEvacuating MemberStatus = "Evacuating"
	MemberRestoring  MemberStatus = "Restoring"
	MemberBlocked    MemberStatus = "Blocked"
)

// evacuated tells whether nothing is created or started on the member.
func (m *Member) evacuated() bool { return m.Status == MemberEvacuated || m.Status == MemberEvacuating }

// Member is one daemon of a cluster. The first one added answers the API; a world without members is not clustered.
type Member struct {
	Name    string
	Address string // default 10.0.0.n:8443
	Groups  []string
	Status  MemberStatus // default MemberOnline
}

// AddMember adds a daemon to the cluster.
func (w *World) AddMember(m Member) {
	defer w.enter()()
	if m.Status == "" {
		m.Status = MemberOnline
	}
	if m.Address == "" {
		m.Address = fmt.Sprintf("10.0.0.%d:8443", len(w.members)+1)
	}
	if len(m.Groups) == 0 {
		m.Groups = []string{"default"}
	}
	w.members = append(w.members, &m)
}

// SetMemberStatus takes a member off line, marks it as evacuated or brings it back. What runs on it goes on running: a member
// that is off line may only have lost its network. An instance on it is listed without config, as an error. Evacuate and
// Restore move and stop what runs, too.
func (w *World) SetMemberStatus(name string, status MemberStatus) {
	defer w.enter()()
	for _, m := range w.members {
		if m.Name == name {
			m.Status = status
		}
	}
	w.touchAll()
}

func (w *World) member(name string) *Member {
	for _, m := range w.members {
		if m.Name == name {
			return m
		}
	}
	return nil
}

// offline tells whether the member of an instance does not answer.
func (w *World) offline(i *instance) bool {
	m := w.member(i.location)
	return m != nil && m.Status == MemberOffline
}

// reachable is an error when the member of an instance does not answer.
func (w *World) reachable(i *instance) error {
	if !w.offline(i) {
		return nil
	}
	return w.member(i.location).unreachable()
}

func (m *Member) unreachable() error {
	return fail("Get \"https://%s/1.0\": Unable to connect to: %s ([dial tcp %s: connect: no route to host])",
		m.Address, m.Address, m.Address)
}

// location is how Incus writes where something is that has no place of its own.
func (w *World) location() string {
	if len(w.members) == 0 {
		return "none"
	}
	return w.members[0].Name
}

func (w *World) locations() []string {
	list := []string{}
	for _, m := range w.members {
		list = append(list, m.Name)
	}
	if len(list) == 0 {
		list = append(list, "none")
	}
	return list
}

// place chooses the member of a new instance: the target, or the one with the fewest instances that may take it.
func (w *World) place(target string) (string, error) {
	if len(w.members) == 0 {
		if target != "" {
			return "", refuse(http.StatusBadRequest, "Target only allowed when clustered")
		}
		return "none", nil
	}
	group, byGroup := strings.CutPrefix(target, "@")
	if target != "" && !byGroup {
		return w.placeOn(target)
	}
	if byGroup && !slices.Contains(w.groupNames(), group) {
		return "", refuse(http.StatusBadRequest, "Cluster group %q doesn't exist", group)
	}
	counts := map[string]int{}
	for _, i := range w.instances {
		counts[i.location]++
	}
	var best *Member
	for _, m := range w.members {
		if m.Status != MemberOnline || byGroup && !slices.Contains(m.Groups, group) {
			continue
		}
		if best == nil || counts[m.Name] < counts[best.Name] {
			best = m
		}
	}
	if best == nil {
		return "", fail("Couldn't find a cluster member for the instance")
	}
	return best.Name, nil
}

func (w *World) placeOn(target string) (string, error) {
	m := w.member(target)
	switch {
	case m == nil:
		return "", refuse(http.StatusNotFound, "Cluster member %q not found", target)
	case m.evacuated():
		return "", refuse(http.StatusForbidden, "Cluster member is evacuated")
	case m.Status == MemberOffline:
		return "", m.unreachable()
	}
	return m.Name, nil
}

// Cluster shows whether the daemon is part of a cluster.
func (w *World) Cluster() incusapi.Cluster {
	defer w.enter()()
	if len(w.members) == 0 {
		return incusapi.Cluster{MemberConfig: []incusapi.ClusterMemberConfigKey{}}
	}
	return incusapi.Cluster{ServerName: w.members[0].Name, Enabled: true, MemberConfig: []incusapi.ClusterMemberConfigKey{}}
}

// Members lists the members of the cluster; the error is that of a daemon that is in none.
func (w *World) Members() ([]incusapi.ClusterMember, error) {
	defer w.enter()()
	if len(w.members) == 0 {
		return nil, fail("Server is not clustered")
	}
	list := []incusapi.ClusterMember{}
	for _, m := range w.members {
		list = append(list, w.renderMember(m))
	}
	return list, nil
}

// Groups lists the cluster groups by name; the error is that of a daemon that is in no cluster.
func (w *World) Groups() ([]incusapi.ClusterGroup, error) {
	defer w.enter()()
	if len(w.members) == 0 {
		return nil, refuse(http.StatusBadRequest, "This server is not clustered")
	}
	list := []incusapi.ClusterGroup{}
	for _, name := range w.groupNames() {
		group := incusapi.ClusterGroup{ClusterGroupPost: incusapi.ClusterGroupPost{Name: name}, UsedBy: []string{}}
		for _, m := range w.members {
			if slices.Contains(m.Groups, name) {
				group.Members = append(group.Members, m.Name)
			}
		}
		list = append(list, group)
	}
	return list, nil
}

// groupNames are the groups that members are in, by name.
func (w *World) groupNames() []string {
	var names []string
	for _, m := range w.members {
		names = append(names, m.Groups...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (w *World) renderMember(m *Member) incusapi.ClusterMember {
	message := "Fully operational"
	switch m.Status {
	case MemberOffline:
		message = "No heartbeat for 1m0s (" + w.now.UTC().Format("2006-01-02 15:04:05") + ")"
	case MemberEvacuated:
		message = "Unavailable due to maintenance"
	case MemberBlocked:
		message = "Needs updating to newer version"
	case MemberOnline, MemberEvacuating, MemberRestoring:
	}
	return incusapi.ClusterMember{
		ClusterMemberPut: incusapi.ClusterMemberPut{
			Roles: []string{"database"}, FailureDomain: "default", Config: incusapi.ConfigMap{}, Groups: slices.Clone(m.Groups),
		},
		ServerName: m.Name, URL: "https://" + m.Address, Database: true, Status: string(m.Status), Message: message,
		Architecture: architectureName,
	}
}
