package incusd

import incusapi "github.com/lxc/incus/v6/shared/api"

func projectsGet(s *Server, r *request) reply {
	return list(r, s.world.Projects(r.caller), func(p incusapi.Project) string { return within("", "projects", p.Name) })
}

func projectGet(s *Server, r *request) reply {
	if err := r.caller.MayUse(r.PathValue("name")); err != nil {
		return failed(err)
	}
	project, err := s.world.Project(r.PathValue("name"))
	return orFailed(err, ok(project))
}

func projectsPost(s *Server, r *request) reply {
	post := incusapi.ProjectsPost{}
	if err := r.decode(&post); err != nil {
		return failed(err)
	}
	return orFailed(s.world.CreateProject(r.caller, post), created(within("", "projects", post.Name)))
}

func projectDelete(s *Server, r *request) reply {
	return orFailed(s.world.DeleteProject(r.caller, r.PathValue("name")), empty())
}
