package fake

import (
	"maps"
	"net/http"
	"slices"
	"strconv"

	incusapi "github.com/lxc/incus/v6/shared/api"
)

// project is a name space of instances, and of what its features say that it has of its own.
type project struct {
	name        string
	description string
	config      map[string]string
	profiles    map[string]*profile
	instances   int // how many it has
}

// The features that Incus turns on in a new project, and the one that it does not.
const (
	featureImages   = "features.images"
	featureProfiles = "features.profiles"
	featureVolumes  = "features.storage.volumes"
	featureBuckets  = "features.storage.buckets"
)

// AddProject makes a project, as POST /1.0/projects does, with images, profiles and volumes of its own unless the config
// says otherwise. Its default profile is empty.
func (w *World) AddProject(name string, config map[string]string) {
	defer w.enter()()
	w.addProject(name, config)
}

func (w *World) addProject(name string, config map[string]string) {
	p := &project{name: name, config: map[string]string{}, profiles: map[string]*profile{}}
	for _, feature := range []string{featureImages, featureProfiles, featureVolumes, featureBuckets} {
		p.config[feature] = "true"
	}
	maps.Copy(p.config, config)
	if name == incusapi.ProjectDefaultName {
		p.description = "Default Incus project"
	}
	w.projects[name] = p
	if p.has(featureProfiles) {
		p.profiles["default"] = &profile{name: "default", description: "Default Incus profile for project " + name}
	}
}

// has tells whether the project has something of its own instead of sharing the default project's.
func (p *project) has(feature string) bool { return p.config[feature] == "true" }

func (w *World) project(name string) (*project, error) {
	p := w.projects[name]
	if p == nil {
		return nil, refuse(http.StatusNotFound, "Project not found")
	}
	return p, nil
}

// owner is the project that holds what the feature is about for a project: itself or the default one.
func (w *World) owner(name, feature string) (*project, error) {
	p, err := w.project(name)
	if err != nil || p.has(feature) {
		return p, err
	}
	return w.projects[incusapi.ProjectDefaultName], nil
}

// CreateProject makes a project on behalf of a caller.
func (w *World) CreateProject(caller Caller, post incusapi.ProjectsPost) error {
	defer w.enter()()
	if err := caller.MayAdminister(); err != nil {
		return err
	}
	if post.Name == "" {
		return refuse(http.StatusBadRequest, "Invalid project name: Name can't be empty")
	}
	if w.projects[post.Name] != nil && w.host.lts() {
		return fail("Failed creating project %q: Failed adding database record: Failed to create \"projects\" entry: "+
			"UNIQUE constraint failed: projects.name", post.Name)
	}
	if w.projects[post.Name] != nil {
		return refuse(http.StatusConflict, "Failed creating project %q: Failed adding database record: "+
			"This \"projects\" entry already exists", post.Name)
	}
	w.addProject(post.Name, post.Config)
	w.projects[post.Name].description = post.Description
	w.lifecycle(post.Name, "project-created", caller.requestor(), "projects", post.Name, nil)
	return nil
}

// DeleteProject removes an empty project on behalf of a caller.
func (w *World) DeleteProject(caller Caller, name string) error {
	defer w.enter()()
	if name == incusapi.ProjectDefaultName {
		return refuse(http.StatusForbidden, "The 'default' project cannot be deleted")
	}
	if err := caller.MayAdminister(); err != nil {
		return err
	}
	p, err := w.project(name)
	if err != nil {
		return within(err, "Fetch project %q", name)
	}
	for _, use := range w.projectUsedBy(p) {
		if use != resourceURL(name, "profiles", "default") {
			return fail("Only empty projects can be removed.")
		}
	}
	delete(w.projects, name)
	w.lifecycle(name, "project-deleted", caller.requestor(), "projects", name, nil)
	return nil
}

// Project shows one project.
func (w *World) Project(name string) (incusapi.Project, error) {
	defer w.enter()()
	p, err := w.project(name)
	if err != nil {
		return incusapi.Project{}, err
	}
	return w.renderProject(p), nil
}

// Projects lists the projects that a caller may use, by name.
func (w *World) Projects(caller Caller) []incusapi.Project {
	defer w.enter()()
	list := []incusapi.Project{}
	for _, name := range slices.Sorted(maps.Keys(w.projects)) {
		if caller.MayUse(name) == nil {
			list = append(list, w.renderProject(w.projects[name]))
		}
	}
	return list
}

func (w *World) renderProject(p *project) incusapi.Project {
	return incusapi.Project{
		ProjectPut: incusapi.ProjectPut{Config: maps.Clone(p.config), Description: p.description},
		Name:       p.name,
		UsedBy:     w.projectUsedBy(p),
	}
}

func (w *World) projectUsedBy(p *project) []string {
	uses := []string{}
	for _, i := range w.inOrder() {
		if i.ref.Project == p.name {
			uses = append(uses, resourceURL(p.name, "instances", i.ref.Name))
		}
	}
	for _, image := range w.images {
		if image.Project == p.name {
			uses = append(uses, resourceURL(p.name, "images", image.Fingerprint))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.profiles)) {
		uses = append(uses, resourceURL(p.name, "profiles", name))
	}
	for _, pool := range slices.Sorted(maps.Keys(w.pools)) {
		for _, v := range w.pools[pool].volumesOf(p.name) {
			uses = append(uses, resourceURL(p.name, "storage-pools", pool, "volumes", v.Type, v.Name))
		}
	}
	return uses
}

// roomFor checks the project's own limits on the number of instances.
func (w *World) roomFor(p *project) error {
	if limit, err := strconv.Atoi(p.config["limits.instances"]); err == nil && p.instances >= limit {
		return fail("Reached maximum number of instances in project %q", p.name)
	}
	if limit, err := strconv.Atoi(p.config["limits.containers"]); err == nil && p.instances >= limit {
		return fail("Reached maximum number of instances of type %q in project %q", "container", p.name)
	}
	return nil
}

// resourceURL is the path of a resource, with its project unless that is the default one.
func resourceURL(project string, parts ...string) string {
	return incusapi.NewURL().Path(append([]string{"1.0"}, parts...)...).Project(project).String()
}
