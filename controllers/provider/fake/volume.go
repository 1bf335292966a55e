package fake

import (
	"maps"
	"net/http"
	"slices"
	"strings"

	incusapi "github.com/lxc/incus/v6/shared/api"
)

const volumeTypeCustom = "custom"

func (p *Pool) volumesOf(project string) []*incusapi.StorageVolume {
	var list []*incusapi.StorageVolume
	for _, v := range p.volumes {
		if v.Project == project {
			list = append(list, v)
		}
	}
	return list
}

// volumeUsage is what a custom volume takes: the daemon's btrfs volumes are thin, its quota is what counts here.
func volumeUsage(v *incusapi.StorageVolume) int64 { return sizeOf(v.Config) }

func sizeOf(config map[string]string) int64 {
	size, err := parseBytes(config["size"])
	if err != nil {
		return 0 // validVolume does not let it in
	}
	return size
}

// volumeRules are the keys of a custom volume that a World knows.
var volumeRules = map[string]rule{
	"security.shifted": isBool, "security.unmapped": isBool, "size": isSize, "snapshots.expiry": isAny,
	"snapshots.pattern": isAny, "snapshots.schedule": isAny,
}

func validVolume(name string, config map[string]string) error {
	for _, key := range slices.Sorted(maps.Keys(config)) {
		check, known := volumeRules[key]
		if !known && !strings.HasPrefix(key, "user.") && !strings.HasPrefix(key, "volatile.") {
			return fail("Invalid option for volume %q option %q", name, key)
		}
		if known && config[key] != "" {
			if err := check(config[key]); err != nil {
				return within(err, "Invalid value for volume %q option %q", name, key)
			}
		}
	}
	return nil
}

// CreateVolume makes a custom volume on behalf of a caller, at once, as the daemon does.
func (w *World) CreateVolume(caller Caller, projectName, poolName string, post incusapi.StorageVolumesPost) error {
	defer w.enter()()
	owner, p, err := w.volumePlace(projectName, poolName)
	if err != nil {
		return err
	}
	if post.Type != volumeTypeCustom {
		return refuse(http.StatusBadRequest, "Currently not allowed to create storage volumes of type %q", post.Type)
	}
	if post.Name == "" {
		return refuse(http.StatusBadRequest, "Invalid storage volume name: Name can't be empty")
	}
	if w.findVolume(owner, p, post.Name) != nil {
		return refuse(http.StatusConflict, "Volume by that name already exists")
	}
	if err := validVolume(post.Name, post.Config); err != nil {
		return err
	}
	if p.used()+sizeOf(post.Config) > p.Capacity {
		return fail("Failed to create volume %q: No space left on device", post.Name)
	}
	contentType := post.ContentType
	if contentType == "" {
		contentType = "filesystem"
	}
	p.volumes = append(p.volumes, &incusapi.StorageVolume{
		StorageVolumePut: incusapi.StorageVolumePut{Config: notNil(post.Config), Description: post.Description},
		Name:             post.Name, Type: post.Type, ContentType: contentType, Project: owner.name,
		Location: w.location(), CreatedAt: w.now.UTC(),
	})
	w.lifecycle(owner.name, "storage-volume-created", caller.requestor(), volumePath(poolName, post.Name), post.Name, nil)
	return nil
}

// UpdateVolume changes the config and description of a custom volume on behalf of a caller: all of it, or, merging, only
// the keys that are given. match is the ETag that it must have, if any.
func (w *World) UpdateVolume(
	caller Caller, projectName, poolName, name, match string, put incusapi.StorageVolumePut, merging bool,
) error {
	defer w.enter()()
	owner, p, err := w.volumePlace(projectName, poolName)
	if err != nil {
		return err
	}
	v := w.findVolume(owner, p, name)
	if v == nil {
		return refuse(http.StatusNotFound, "Storage pool volume not found")
	}
	if err := checkETag(match, volumeETag(v)); err != nil {
		return err
	}
	config := map[string]string{}
	if merging {
		maps.Copy(config, v.Config)
	} else {
		v.Description = put.Description
	}
	maps.Copy(config, put.Config)
	maps.DeleteFunc(config, func(_, value string) bool { return value == "" })
	if err := validVolume(name, config); err != nil {
		return err
	}
	v.Config = config
	w.lifecycle(owner.name, "storage-volume-updated", caller.requestor(), volumePath(poolName, name), name, nil)
	return nil
}

// DeleteVolume removes a custom volume that nothing uses on behalf of a caller.
func (w *World) DeleteVolume(caller Caller, projectName, poolName, name string) error {
	defer w.enter()()
	owner, p, err := w.volumePlace(projectName, poolName)
	if err != nil {
		return err
	}
	v := w.findVolume(owner, p, name)
	if v == nil {
		return refuse(http.StatusNotFound, "Storage pool volume not found")
	}
	if len(w.volumeUsedBy(poolName, v)) > 0 {
		return refuse(http.StatusBadRequest, "The storage volume is still in use")
	}
	p.volumes = slices.DeleteFunc(p.volumes, func(other *incusapi.StorageVolume) bool { return other == v })
	w.lifecycle(owner.name, "storage-volume-deleted", caller.requestor(), volumePath(poolName, name), name, nil)
	return nil
}

// Volume shows one custom volume and its ETag.
func (w *World) Volume(projectName, poolName, name string) (incusapi.StorageVolume, string, error) {
	defer w.enter()()
	owner, p, err := w.volumePlace(projectName, poolName)
	if err != nil {
		return incusapi.StorageVolume{}, "", err
	}
	v := w.findVolume(owner, p, name)
	if v == nil {
		return incusapi.StorageVolume{}, "", refuse(http.StatusNotFound, "Storage pool volume not found")
	}
	return w.renderVolume(poolName, v), volumeETag(v), nil
}

// Volumes lists the custom volumes of a project in a pool, by name.
func (w *World) Volumes(projectName, poolName string) ([]incusapi.StorageVolume, error) {
	defer w.enter()()
	owner, p, err := w.volumePlace(projectName, poolName)
	if err != nil {
		return nil, err
	}
	list := []incusapi.StorageVolume{}
	for _, v := range p.volumesOf(owner.name) {
		list = append(list, w.renderVolume(poolName, v))
	}
	slices.SortFunc(list, func(a, b incusapi.StorageVolume) int { return strings.Compare(a.Name, b.Name) })
	return list, nil
}

func (w *World) volumePlace(projectName, poolName string) (*project, *Pool, error) {
	owner, err := w.owner(projectName, featureVolumes)
	if err != nil {
		return nil, nil, err
	}
	p, err := w.pool(poolName)
	return owner, p, err
}

func (w *World) findVolume(owner *project, p *Pool, name string) *incusapi.StorageVolume {
	for _, v := range p.volumesOf(owner.name) {
		if v.Name == name {
			return v
		}
	}
	return nil
}

func (w *World) renderVolume(poolName string, v *incusapi.StorageVolume) incusapi.StorageVolume {
	shown := *v
	shown.UsedBy = w.volumeUsedBy(poolName, v)
	return shown
}

func (w *World) volumeUsedBy(poolName string, v *incusapi.StorageVolume) []string {
	uses := []string{}
	for _, i := range w.inOrder() {
		owner, err := w.owner(i.ref.Project, featureVolumes)
		if err != nil || owner.name != v.Project {
			continue
		}
		for _, device := range w.expandedDevices(i) {
			if device["type"] == "disk" && device["pool"] == poolName && device["source"] == v.Name {
				uses = append(uses, resourceURL(i.ref.Project, "instances", i.ref.Name))
			}
		}
	}
	return uses
}

func volumeETag(v *incusapi.StorageVolume) string { return etagOf(v.Name, v.Type, v.Config) }

func volumePath(poolName, name string) string {
	return "storage-pools/" + poolName + "/volumes/" + volumeTypeCustom + "/" + name
}
