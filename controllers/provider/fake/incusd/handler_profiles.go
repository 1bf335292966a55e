package incusd

import incusapi "github.com/lxc/incus/v6/shared/api"

func profilesGet(s *Server, r *request) reply {
	profiles, err := s.world.Profiles(r.project())
	if err != nil {
		return failed(err)
	}
	return list(r, profiles, func(p incusapi.Profile) string { return within(p.Project, "profiles", p.Name) })
}

func profileGet(s *Server, r *request) reply {
	profile, etag, err := s.world.Profile(r.project(), r.PathValue("name"))
	return orFailed(err, okETag(profile, etag))
}

func profilesPost(s *Server, r *request) reply {
	post := incusapi.ProfilesPost{}
	if err := r.decode(&post); err != nil {
		return failed(err)
	}
	err := s.world.CreateProfile(r.caller, r.project(), post)
	return orFailed(err, created(within(r.project(), "profiles", post.Name)))
}

func profilePut(s *Server, r *request) reply {
	put := incusapi.ProfilePut{}
	if err := r.decode(&put); err != nil {
		return failed(err)
	}
	return orFailed(s.world.UpdateProfile(r.caller, r.project(), r.PathValue("name"), r.match(), put), empty())
}

func profileDelete(s *Server, r *request) reply {
	return orFailed(s.world.DeleteProfile(r.caller, r.project(), r.PathValue("name")), empty())
}
