package incus

import (
	"context"
	"net/http"
	"net/url"

	incusapi "github.com/lxc/incus/v6/shared/api"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider"
)

// volumes implements provider.Volumes.
type volumes struct{ *host }

// customVolume is the kind of volumes that outlive instances.
const customVolume = "custom"

// Create implements provider.Volumes. Incus makes an empty volume within the call.
func (v volumes) Create(ctx context.Context, want model.Volume) error {
	found, etag, err := v.find(ctx, want)
	switch {
	case err == nil:
		return v.adopt(ctx, want, found, etag)
	case provider.ClassOf(err) != provider.NotFound:
		return err
	}
	body := incusapi.StorageVolumesPost{Name: want.Name, Type: customVolume, ContentType: "filesystem"}
	body.Config = ownerTags(want.Owner, want.Tier, want.Ordinal)
	_, err = v.do(ctx, request{
		method: http.MethodPost, path: resource("storage-pools", want.Pool, "volumes", customVolume), body: body, limit: writeLimit,
		doing: "create the volume " + want.Name,
	}, nil)
	if err == nil {
		v.keep(want)
		return nil
	}
	v.shelf.invalidate()
	if hasStatus(err, http.StatusConflict) {
		return conflict(err, "the volume %s appeared meanwhile", want.Name)
	}
	if cause := v.checkPool(ctx, want.Pool, true); cause != nil && provider.ClassOf(cause) == provider.Terminal {
		return cause
	}
	return err
}

// adopt succeeds for a volume of the owner's, and takes over one that was kept from an earlier BotCluster of its name.
func (v volumes) adopt(ctx context.Context, want model.Volume, found incusapi.StorageVolume, etag string) error {
	tagged := ownerOf(found.Config)
	if belongs(tagged, want.Owner) {
		return nil
	}
	if tagged.UID == "" || tagged.Manager != want.Owner.Manager ||
		tagged.Namespace != want.Owner.Namespace || tagged.Name != want.Owner.Name {
		return v.nameConflict("volume", want.Name)
	}
	_, err := v.do(ctx, request{
		method: http.MethodPatch, path: resource("storage-pools", want.Pool, "volumes", customVolume, want.Name), etag: etag,
		body: map[string]any{"config": ownerTags(want.Owner, want.Tier, want.Ordinal)}, limit: writeLimit,
		doing: "take over the volume " + want.Name,
	}, nil)
	if err != nil {
		v.shelf.invalidate()
		return err
	}
	v.keep(want)
	return nil
}

// keep notes a volume as it is now.
func (v volumes) keep(volume model.Volume) {
	volume.Owned, volume.Owner.Prefix = false, ""
	v.volumes.add(volume)
	v.shelf.changed()
}

// Delete implements provider.Volumes.
func (v volumes) Delete(ctx context.Context, volume model.Volume) error {
	found, _, err := v.find(ctx, volume)
	if err != nil {
		return provider.IgnoreNotFound(err)
	}
	if !belongs(ownerOf(found.Config), volume.Owner) {
		return v.nameConflict("volume", volume.Name)
	}
	_, err = v.do(ctx, request{
		method: http.MethodDelete, path: resource("storage-pools", volume.Pool, "volumes", customVolume, volume.Name), limit: writeLimit,
		doing: "delete the volume " + volume.Name,
	}, nil)
	switch {
	case hasStatus(err, http.StatusBadRequest):
		return conflict(err, "the volume %s is in use, and is deleted only when no instance names it", volume.Name)
	case err != nil && !hasStatus(err, http.StatusNotFound):
		v.shelf.invalidate()
		return err
	}
	v.volumes.remove(volume.Pool, volume.Name)
	v.shelf.changed()
	return nil
}

// find reads a volume.
func (v volumes) find(ctx context.Context, volume model.Volume) (found incusapi.StorageVolume, etag string, err error) {
	if err := checkOwner(volume.Owner); err != nil {
		return found, "", err
	}
	if err := v.ready(ctx); err != nil {
		return found, "", err
	}
	etag, err = v.do(ctx, request{
		method: http.MethodGet, path: resource("storage-pools", volume.Pool, "volumes", customVolume, volume.Name),
		doing: "look at the volume " + volume.Name,
	}, &found)
	return found, etag, err
}

// listVolumes reads all custom volumes of the project, pool by pool.
func (h *host) listVolumes(ctx context.Context) error {
	pools, err := h.listPools(ctx)
	if err != nil {
		return err
	}
	var list []model.Volume
	for _, pool := range pools {
		var found []incusapi.StorageVolume
		_, err := h.do(ctx, request{
			method: http.MethodGet, path: resource("storage-pools", pool, "volumes", customVolume), query: url.Values{"recursion": {"1"}},
			limit: listLimit, doing: "list the volumes of the pool " + pool,
		}, &found)
		if hasStatus(err, http.StatusNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		for _, volume := range found {
			list = append(list, model.Volume{
				Pool: pool, Name: volume.Name, Owner: ownerOf(volume.Config),
				Tier: model.Tier(volume.Config[tagTier]), Ordinal: ordinalOf(volume.Config),
			})
		}
	}
	h.notify(h.volumes.replace(list))
	return nil
}
