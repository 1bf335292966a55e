package incusd

import (
	"net/http"

	incusapi "github.com/lxc/incus/v6/shared/api"
)

func clusterGet(s *Server, _ *request) reply { return ok(s.world.Cluster()) }

func membersGet(s *Server, r *request) reply {
	members, err := s.world.Members()
	if err != nil {
		return failed(err)
	}
	return list(r, members, func(m incusapi.ClusterMember) string { return within("", "cluster", "members", m.ServerName) })
}

func memberGet(s *Server, r *request) reply {
	members, err := s.world.Members()
	if err != nil {
		return failed(err)
	}
	for _, member := range members {
		if member.ServerName == r.PathValue("name") {
			return ok(member)
		}
	}
	return refused(http.StatusNotFound, "Cluster member not found")
}

func groupsGet(s *Server, r *request) reply {
	groups, err := s.world.Groups()
	if err != nil {
		return failed(err)
	}
	return list(r, groups, func(g incusapi.ClusterGroup) string { return within("", "cluster", "groups", g.Name) })
}

func groupGet(s *Server, r *request) reply {
	groups, err := s.world.Groups()
	if err != nil {
		return failed(err)
	}
	for _, group := range groups {
		if group.Name == r.PathValue("name") {
			return ok(group)
		}
	}
	return refused(http.StatusNotFound, "Cluster group not found")
}
