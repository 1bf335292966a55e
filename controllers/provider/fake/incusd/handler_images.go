package incusd

import incusapi "github.com/lxc/incus/v6/shared/api"

func imagesGet(s *Server, r *request) reply {
	images, err := s.world.Images(r.project())
	if err != nil {
		return failed(err)
	}
	return list(r, images, func(i incusapi.Image) string { return within("", "images", i.Fingerprint) })
}

func imageGet(s *Server, r *request) reply {
	image, etag, err := s.world.Image(r.project(), r.PathValue("name"))
	return orFailed(err, okETag(image, etag))
}

func aliasesGet(s *Server, r *request) reply {
	aliases, err := s.world.ImageAliases(r.project())
	if err != nil {
		return failed(err)
	}
	return list(r, aliases, func(a incusapi.ImageAliasesEntry) string { return within("", "images", "aliases", a.Name) })
}

func aliasGet(s *Server, r *request) reply {
	alias, etag, err := s.world.ImageAlias(r.project(), r.PathValue("name"))
	return orFailed(err, okETag(alias, etag))
}
