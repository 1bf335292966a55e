package fake

import (
	"maps"
	"net/http"
	"slices"

	incusapi "github.com/lxc/incus/v6/shared/api"
)

// profile is config and devices that instances share.
type profile struct {
	name, description string
	config            map[string]string
	devices           map[string]map[string]string
}

// defaultProfile gives an instance a root disk and a network.
func defaultProfile(pool, network string) *profile {
	return &profile{name: "default", description: "Default Incus profile", devices: map[string]map[string]string{
		"root": {"type": "disk", "path": "/", "pool": pool},
		"eth0": {"type": "nic", "name": "eth0", "network": network},
	}}
}

// AddProfile makes a profile, or replaces the one of that name: the default profile of a new project is empty.
func (w *World) AddProfile(projectName, name string, put incusapi.ProfilePut) {
	defer w.enter()()
	w.projects[projectName].profiles[name] = &profile{
		name: name, description: put.Description, config: put.Config, devices: put.Devices,
	}
	w.touchAll()
}

// profilesOf resolves names in a project, in order.
func (w *World) profilesOf(projectName string, names []string) ([]*profile, error) {
	owner, err := w.owner(projectName, featureProfiles)
	if err != nil {
		return nil, err
	}
	found := make([]*profile, 0, len(names))
	for at, name := range names {
		p := owner.profiles[name]
		if p == nil {
			return nil, fail("Requested profile %q doesn't exist", name)
		}
		if slices.Contains(names[:at], name) {
			return nil, fail("Duplicate profile found in request")
		}
		found = append(found, p)
	}
	return found, nil
}

// CreateProfile makes a profile on behalf of a caller.
func (w *World) CreateProfile(caller Caller, projectName string, post incusapi.ProfilesPost) error {
	defer w.enter()()
	owner, err := w.owner(projectName, featureProfiles)
	if err != nil {
		return err
	}
	if post.Name == "" {
		return refuse(http.StatusBadRequest, "No name provided")
	}
	if err := w.validProfile(post.ProfilePut); err != nil {
		return refuse(http.StatusBadRequest, "%v", err)
	}
	if owner.profiles[post.Name] != nil {
		return fail("Error inserting %q into database: The profile already exists", post.Name)
	}
	owner.profiles[post.Name] = &profile{
		name: post.Name, description: post.Description, config: post.Config, devices: post.Devices,
	}
	w.lifecycle(owner.name, "profile-created", caller.requestor(), "profiles", post.Name, nil)
	return nil
}

// UpdateProfile replaces a profile on behalf of a caller; match is the ETag that it must have, if any.
func (w *World) UpdateProfile(caller Caller, projectName, name, match string, put incusapi.ProfilePut) error {
	defer w.enter()()
	owner, p, err := w.findProfile(projectName, name)
	if err != nil {
		return err
	}
	if err := checkETag(match, p.etag()); err != nil {
		return err
	}
	if err := w.validProfile(put); err != nil {
		return refuse(http.StatusBadRequest, "%v", err)
	}
	p.config, p.devices, p.description = put.Config, put.Devices, put.Description
	w.touchAll()
	w.lifecycle(owner.name, "profile-updated", caller.requestor(), "profiles", name, nil)
	return nil
}

// DeleteProfile removes a profile that nothing uses on behalf of a caller.
func (w *World) DeleteProfile(caller Caller, projectName, name string) error {
	defer w.enter()()
	owner, p, err := w.findProfile(projectName, name)
	if err != nil {
		return err
	}
	if name == "default" {
		return refuse(http.StatusForbidden, "The \"default\" profile cannot be deleted")
	}
	if len(w.profileUsedBy(owner, p)) > 0 {
		return fail("Profile is currently in use")
	}
	delete(owner.profiles, name)
	w.lifecycle(owner.name, "profile-deleted", caller.requestor(), "profiles", name, nil)
	return nil
}

// Profile shows one profile and its ETag.
func (w *World) Profile(projectName, name string) (incusapi.Profile, string, error) {
	defer w.enter()()
	owner, p, err := w.findProfile(projectName, name)
	if err != nil {
		return incusapi.Profile{}, "", within(err, "Fetch profile")
	}
	return w.renderProfile(owner, p), p.etag(), nil
}

// Profiles lists the profiles of a project by name.
func (w *World) Profiles(projectName string) ([]incusapi.Profile, error) {
	defer w.enter()()
	owner, err := w.owner(projectName, featureProfiles)
	if err != nil {
		return nil, err
	}
	list := []incusapi.Profile{}
	for _, name := range slices.Sorted(maps.Keys(owner.profiles)) {
		list = append(list, w.renderProfile(owner, owner.profiles[name]))
	}
	return list, nil
}

func (w *World) findProfile(projectName, name string) (*project, *profile, error) {
	owner, err := w.owner(projectName, featureProfiles)
	if err != nil {
		return nil, nil, err
	}
	p := owner.profiles[name]
	if p == nil {
		return nil, nil, refuse(http.StatusNotFound, "Profile not found")
	}
	return owner, p, nil
}

func (w *World) renderProfile(owner *project, p *profile) incusapi.Profile {
	return incusapi.Profile{
		ProfilePut: incusapi.ProfilePut{Config: notNil(p.config), Description: p.description, Devices: notNil(p.devices)},
		Name:       p.name,
		UsedBy:     w.profileUsedBy(owner, p),
		Project:    owner.name,
	}
}

func (w *World) profileUsedBy(owner *project, p *profile) []string {
	uses := []string{}
	for _, i := range w.inOrder() {
		if from, err := w.owner(i.ref.Project, featureProfiles); err != nil || from != owner {
			continue
		}
		if slices.Contains(i.profiles, p.name) {
			uses = append(uses, resourceURL(i.ref.Project, "instances", i.ref.Name))
		}
	}
	return uses
}

func (p *profile) etag() string { return etagOf(p.config, p.description, p.devices) }

func (w *World) validProfile(put incusapi.ProfilePut) error {
	if err := validConfig(put.Config); err != nil {
		return err
	}
	if err := knownDevices(put.Devices); err != nil {
		return err
	}
	return w.validDevices(put.Devices)
}

// notNil is for maps that the daemon shows as {} when they are empty.
func notNil[M ~map[string]V, V any](m M) M {
	if m == nil {
		return M{}
	}
	return m
}
