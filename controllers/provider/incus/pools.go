package incus

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"

	incusapi "github.com/lxc/incus/v6/shared/api"
)

// poolNames are the storage pools that BotClusters were found to use. A certificate that is restricted to a project may
// use pools and may not list them.
type poolNames struct {
	mu    sync.Mutex
	names map[string]struct{}
}

// add notes a pool and tells whether it is new.
func (p *poolNames) add(name string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, known := p.names[name]
	if !known && name != "" {
		if p.names == nil {
			p.names = map[string]struct{}{}
		}
		p.names[name] = struct{}{}
	}
	return !known && name != ""
}

func (p *poolNames) all() map[string]struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	all := make(map[string]struct{}, len(p.names))
	maps.Copy(all, p.names)
	return all
}

// usePool notes that volumes may be in a pool.
func (h *host) usePool(name string) {
	if h.pools.add(name) {
		h.shelf.invalidate()
	}
}

// listPools returns the storage pools that volumes of ours may be in: all, or for a restricted certificate those that
// BotClusters and the profiles of the project name. Incus 6.0 refuses it the list with a 500, later ones with a 403.
func (h *host) listPools(ctx context.Context) ([]string, error) {
	var urls []string
	_, err := h.do(ctx, request{method: http.MethodGet, path: resource("storage-pools"), doing: "list the storage pools"}, &urls)
	pools := h.pools.all()
	switch {
	case err == nil:
		for _, pool := range urls {
			pools[nameIn(pool)] = struct{}{}
		}
	case hasStatus(err, http.StatusForbidden, http.StatusInternalServerError):
		var profiles []incusapi.Profile
		_, err := h.do(ctx, request{
			method: http.MethodGet, path: resource("profiles"), query: url.Values{"recursion": {"1"}}, doing: "list the profiles",
		}, &profiles)
		if err != nil {
			return nil, err
		}
		for _, profile := range profiles {
			for _, device := range profile.Devices {
				if device["type"] == "disk" && device["pool"] != "" {
					pools[device["pool"]] = struct{}{}
				}
			}
		}
	default:
		return nil, err
	}
	return slices.Sorted(maps.Keys(pools)), nil
}
