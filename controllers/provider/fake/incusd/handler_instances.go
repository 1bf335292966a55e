package incusd

import (
	"net/http"

	incusapi "github.com/lxc/incus/v6/shared/api"
)

func instancesPost(s *Server, r *request) reply {
	post := incusapi.InstancesPost{}
	if err := r.decode(&post); err != nil {
		return failed(err)
	}
	return either(s.world.CreateInstance(r.caller, r.project(), r.URL.Query().Get("target"), post))
}

func instanceGet(s *Server, r *request) reply {
	if r.recursion() > 0 {
		full, etag, err := s.world.InstanceFull(r.ref())
		return orFailed(err, okETag(full, etag))
	}
	instance, etag, err := s.world.Instance(r.ref())
	return orFailed(err, okETag(instance, etag))
}

func instancePut(s *Server, r *request) reply {
	put := incusapi.InstancePut{}
	if err := r.decode(&put); err != nil {
		return failed(err)
	}
	if put.Restore != "" {
		return refused(http.StatusNotImplemented, "not implemented")
	}
	return either(s.world.UpdateInstance(r.caller, r.ref(), r.match(), put))
}

func instancePatch(s *Server, r *request) reply {
	return orFailed(s.world.PatchInstance(r.ref(), r.match(), r.body), empty())
}

func instanceDelete(s *Server, r *request) reply {
	return either(s.world.DeleteInstance(r.caller, r.ref()))
}

func stateGet(s *Server, r *request) reply {
	state, err := s.world.InstanceState(r.ref())
	return orFailed(err, ok(state))
}

func statePut(s *Server, r *request) reply {
	put := incusapi.InstanceStatePut{Timeout: -1} // of a body that has none
	if err := r.decode(&put); err != nil {
		return failed(err)
	}
	return either(s.world.ChangeState(r.caller, r.ref(), put))
}
