package fake

import (
	"maps"
	"net/http"
	"slices"

	incusapi "github.com/lxc/incus/v6/shared/api"
)

// Pool is a storage pool. Capacity and the sizes of what it holds are in bytes; what does not fit is refused.
type Pool struct {
	Name     string
	Driver   string
	Capacity int64
	Used     int64 // by others than the instances and volumes of this world

	volumes   []*incusapi.StorageVolume
	instances int64 // what they take, in bytes
}

// AddPool makes a storage pool, or changes the size of the one of that name.
func (w *World) AddPool(p Pool) {
	defer w.enter()()
	if old := w.pools[p.Name]; old != nil {
		p.volumes, p.instances = old.volumes, old.instances
	}
	w.pools[p.Name] = &p
}

// RemovePool takes a pool away, whoever uses it, as an administrator's mistake does.
func (w *World) RemovePool(name string) {
	defer w.enter()()
	delete(w.pools, name)
}

func (w *World) pool(name string) (*Pool, error) {
	p := w.pools[name]
	if p == nil {
		return nil, refuse(http.StatusNotFound, "Storage pool not found")
	}
	return p, nil
}

// used is what a pool has given away.
func (p *Pool) used() int64 {
	total := p.Used + p.instances
	for _, v := range p.volumes {
		total += volumeUsage(v)
	}
	return total
}

// StoragePool shows one pool and its ETag.
func (w *World) StoragePool(name string) (incusapi.StoragePool, string, error) {
	defer w.enter()()
	p, err := w.pool(name)
	if err != nil {
		return incusapi.StoragePool{}, "", err
	}
	return w.renderPool(p), etagOf(p.Name, p.Driver), nil
}

// StoragePools lists the pools by name.
func (w *World) StoragePools() []incusapi.StoragePool {
	defer w.enter()()
	list := []incusapi.StoragePool{}
	for _, name := range slices.Sorted(maps.Keys(w.pools)) {
		list = append(list, w.renderPool(w.pools[name]))
	}
	return list
}

// PoolResources shows how much of a pool is used.
func (w *World) PoolResources(name string) (incusapi.ResourcesStoragePool, error) {
	defer w.enter()()
	p, err := w.pool(name)
	if err != nil {
		return incusapi.ResourcesStoragePool{}, fail("%v", err)
	}
	space := incusapi.ResourcesStoragePoolSpace{
		Used: uint64(p.used()), Total: uint64(p.Capacity),
	}
	return incusapi.ResourcesStoragePool{Space: space}, nil
}

func (w *World) renderPool(p *Pool) incusapi.StoragePool {
	uses := []string{}
	for _, i := range w.inOrder() {
		if i.pool == p.Name {
			uses = append(uses, resourceURL(i.ref.Project, "instances", i.ref.Name))
		}
	}
	for _, v := range p.volumes {
		uses = append(uses, resourceURL(v.Project, "storage-pools", p.Name, "volumes", v.Type, v.Name))
	}
	return incusapi.StoragePool{
		StoragePoolPut: incusapi.StoragePoolPut{Config: incusapi.ConfigMap{}}, Name: p.Name, Driver: p.Driver, UsedBy: uses,
		Status: incusapi.StoragePoolStatusCreated, Locations: w.locations(),
	}
}
