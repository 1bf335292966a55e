package incus

import (
	"cmp"
	"maps"
	"slices"
	"sync"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// volumeKey names a volume; names are unique within a pool.
type volumeKey struct{ pool, name string }

// volumeStore is what was last read of the custom volumes.
type volumeStore struct {
	mu      sync.Mutex
	volumes map[volumeKey]model.Volume
	owners  map[ownerKey]map[volumeKey]struct{}
	// pools by the name of the volume, and the names.
	pools map[string]map[string]struct{}
	names sortedNames
}

func newVolumeStore() *volumeStore {
	store := &volumeStore{}
	store.clear()
	return store
}

func (s *volumeStore) clear() {
	s.volumes = map[volumeKey]model.Volume{}
	s.owners = map[ownerKey]map[volumeKey]struct{}{}
	s.pools = map[string]map[string]struct{}{}
	s.names = sortedNames{}
}

// replace takes in a list of all volumes and returns the owners for whom something changed.
func (s *volumeStore) replace(list []model.Volume) []model.Owner {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := s.volumes
	s.clear()
	var changed []model.Owner
	for _, volume := range list {
		key := volumeKey{pool: volume.Pool, name: volume.Name}
		s.put(key, volume)
		if known, ok := before[key]; !ok || known != volume {
			changed = append(changed, volume.Owner)
		}
	}
	for key, known := range before {
		if _, ok := s.volumes[key]; !ok {
			changed = append(changed, known.Owner)
		}
	}
	return changed
}

func (s *volumeStore) has(pool, name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.volumes[volumeKey{pool: pool, name: name}]
	return ok
}

func (s *volumeStore) add(volume model.Volume) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := volumeKey{pool: volume.Pool, name: volume.Name}
	s.take(key)
	s.put(key, volume)
}

func (s *volumeStore) remove(pool, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.take(volumeKey{pool: pool, name: name})
}

func (s *volumeStore) take(key volumeKey) {
	owner := keyOf(s.volumes[key].Owner)
	delete(s.volumes, key)
	delete(s.owners[owner], key)
	if len(s.owners[owner]) == 0 {
		delete(s.owners, owner)
	}
	delete(s.pools[key.name], key.pool)
	if len(s.pools[key.name]) == 0 {
		delete(s.pools, key.name)
		s.names.remove(key.name)
	}
}

func (s *volumeStore) put(key volumeKey, volume model.Volume) {
	s.volumes[key] = volume
	if owner := keyOf(volume.Owner); owner.uid != "" {
		if s.owners[owner] == nil {
			s.owners[owner] = map[volumeKey]struct{}{}
		}
		s.owners[owner][key] = struct{}{}
	}
	if s.pools[key.name] == nil {
		s.pools[key.name] = map[string]struct{}{}
		s.names.insert(key.name)
	}
	s.pools[key.name][key.pool] = struct{}{}
}

// of returns the volumes that an owner sees, sorted by name and pool.
func (s *volumeStore) of(owner model.Owner) []model.Volume {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := map[volumeKey]struct{}{}
	if owner.Prefix != "" {
		for _, name := range s.names.under(owner.Prefix) {
			for pool := range s.pools[name] {
				seen[volumeKey{pool: pool, name: name}] = struct{}{}
			}
		}
	}
	if owner.UID != "" {
		maps.Copy(seen, s.owners[keyOf(owner)])
	} else {
		for key, owned := range s.owners {
			if key.manager == owner.Manager {
				maps.Copy(seen, owned)
			}
		}
	}
	var found []model.Volume
	for key := range seen {
		volume := s.volumes[key]
		volume.Owned = belongs(volume.Owner, owner)
		found = append(found, volume)
	}
	slices.SortFunc(found, func(a, b model.Volume) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Pool, b.Pool))
	})
	return found
}
