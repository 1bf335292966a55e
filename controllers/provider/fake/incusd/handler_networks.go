package incusd

import incusapi "github.com/lxc/incus/v6/shared/api"

func networksGet(s *Server, r *request) reply {
	return list(r, s.world.Networks(), func(n incusapi.Network) string { return within("", "networks", n.Name) })
}

func networkGet(s *Server, r *request) reply {
	network, etag, err := s.world.Network(r.PathValue("name"))
	return orFailed(err, okETag(network, etag))
}

func networkStateGet(s *Server, r *request) reply {
	state, err := s.world.NetworkState(r.PathValue("name"))
	return orFailed(err, ok(state))
}

func networkLeasesGet(s *Server, r *request) reply {
	leases, err := s.world.NetworkLeases(r.project(), r.PathValue("name"))
	return orFailed(err, ok(leases))
}
