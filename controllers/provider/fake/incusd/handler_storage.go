package incusd

import (
	"cmp"
	"net/http"

	incusapi "github.com/lxc/incus/v6/shared/api"
)

func poolsGet(s *Server, r *request) reply {
	return list(r, s.world.StoragePools(), func(p incusapi.StoragePool) string { return within("", "storage-pools", p.Name) })
}

func poolGet(s *Server, r *request) reply {
	pool, etag, err := s.world.StoragePool(r.PathValue("pool"))
	return orFailed(err, okETag(pool, etag))
}

func poolResourcesGet(s *Server, r *request) reply {
	resources, err := s.world.PoolResources(r.PathValue("pool"))
	return orFailed(err, ok(resources))
}

func volumesGet(s *Server, r *request) reply {
	pool := r.PathValue("pool")
	volumes, err := s.world.Volumes(r.project(), pool)
	if err != nil {
		return failed(err)
	}
	if kind := r.PathValue("type"); kind != "" && kind != "custom" {
		volumes = []incusapi.StorageVolume{}
	}
	return list(r, volumes, func(v incusapi.StorageVolume) string { return v.URL("1.0", pool).String() })
}

func volumesPost(s *Server, r *request) reply {
	post := incusapi.StorageVolumesPost{}
	if err := r.decode(&post); err != nil {
		return failed(err)
	}
	post.Type = cmp.Or(r.PathValue("type"), post.Type)
	return orFailed(s.world.CreateVolume(r.caller, r.project(), r.PathValue("pool"), post), empty())
}

func volumeGet(s *Server, r *request) reply {
	if err := customOnly(r); err != nil {
		return failed(err)
	}
	volume, etag, err := s.world.Volume(r.project(), r.PathValue("pool"), r.PathValue("name"))
	return orFailed(err, okETag(volume, etag))
}

func volumePut(s *Server, r *request) reply { return changeVolume(s, r, false) }

func volumePatch(s *Server, r *request) reply { return changeVolume(s, r, true) }

func changeVolume(s *Server, r *request, merging bool) reply {
	put := incusapi.StorageVolumePut{}
	if err := customOnly(r); err != nil {
		return failed(err)
	}
	if err := r.decode(&put); err != nil {
		return failed(err)
	}
	err := s.world.UpdateVolume(r.caller, r.project(), r.PathValue("pool"), r.PathValue("name"), r.match(), put, merging)
	return orFailed(err, empty())
}

func volumeDelete(s *Server, r *request) reply {
	if err := customOnly(r); err != nil {
		return failed(err)
	}
	return orFailed(s.world.DeleteVolume(r.caller, r.project(), r.PathValue("pool"), r.PathValue("name")), empty())
}

// customOnly keeps to custom volumes: those of instances and images are not shown one by one.
func customOnly(r *request) error {
	if r.PathValue("type") == "custom" {
		return nil
	}
	return incusapi.StatusErrorf(http.StatusNotFound, "Storage pool volume not found")
}
