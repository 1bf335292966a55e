package fake

import (
	"cmp"
	"maps"
	"net/http"
	"regexp"
	"strconv"
	"strings"

	incusapi "github.com/lxc/incus/v6/shared/api"
)

// CreateInstance makes an instance from an image on behalf of a caller, and starts it if it is to. The daemon checks
// little before it answers: a bad limit, a missing pool and a missing image end the operation.
func (w *World) CreateInstance(caller Caller, projectName, target string, post incusapi.InstancesPost) (incusapi.Operation, error) {
	defer w.enter()()
	location, image, err := w.admit(projectName, target, &post)
	if err != nil {
		return incusapi.Operation{}, err
	}
	op := w.newOperation(caller, projectName, operationTask, "Creating instance")
	op.about(Ref{projectName, post.Name})
	w.begun(op, func() { w.create(op, location, image, post) })
	return w.renderOperation(op), nil
}

// admit is what the daemon checks before it answers. It fills in what the request leaves open.
func (w *World) admit(projectName, target string, post *incusapi.InstancesPost) (string, *Image, error) {
	p, err := w.project(projectName)
	if err != nil {
		return "", nil, within(err, "Failed loading project")
	}
	post.Type = cmp.Or(post.Type, incusapi.InstanceTypeContainer)
	location, err := w.place(target)
	if err != nil {
		return "", nil, err
	}
	var image *Image
	if post.Source.Type == "image" {
		if image, err = w.sourceImage(projectName, post.Source); err != nil {
			return "", nil, err
		}
	}
	if post.Profiles == nil {
		post.Profiles = []string{"default"}
	}
	if _, err := w.profilesOf(projectName, post.Profiles); err != nil {
		return "", nil, err
	}
	if w.instances[Ref{projectName, post.Name}] != nil && !w.host.lts() {
		return "", nil, fail("Instance %q already exists", post.Name)
	}
	if err := w.roomFor(p); err != nil {
		return "", nil, err
	}
	if err := validName(post.Name); err != nil {
		return "", nil, refuse(http.StatusBadRequest, "Invalid instance name: %v", err)
	}
	if post.Source.Type != "image" && post.Source.Type != "none" {
		return "", nil, refuse(http.StatusBadRequest, "Unknown source type %s", post.Source.Type)
	}
	return location, image, nil
}

// sourceImage finds what an instance is to be made of; one that is missing is nil, and fails the operation later.
func (w *World) sourceImage(projectName string, source incusapi.InstanceSource) (*Image, error) {
	var image *Image
	var err error
	switch {
	case source.Fingerprint != "":
		image, err = w.imageByFingerprint(projectName, source.Fingerprint)
	case source.Alias != "":
		image, err = w.imageByAlias(projectName, source.Alias)
	default:
		return nil, fail("Must specify one of alias, fingerprint or properties for init from image")
	}
	if err != nil && StatusOf(err) != http.StatusNotFound {
		return nil, err
	}
	return image, nil
}

// create is the operation itself: the record, then the root file system, then the start.
func (w *World) create(op *operation, location string, image *Image, post incusapi.InstancesPost) {
	i, err := w.record(op.project, location, image, post)
	if err != nil {
		w.finish(op, err)
		return
	}
	w.addInstance(i)
	w.instanceEvent(i, "instance-created", op, map[string]any{
		"type": string(post.Type), "storage-pool": i.pool, "location": location,
	})
	w.later(op, w.takes(w.latencies.Create, "create", i.ref.String()), func() {
		p := w.pools[i.pool]
		if p == nil || p.used() > p.Capacity {
			i.lock = nil
			w.dropInstance(i)
			w.finish(op, fail("Failed creating instance from image: Failed to run: btrfs subvolume snapshot: "+
				"No space left on device"))
			return
		}
		w.release(i, nil)
		if !post.Start {
			w.finish(op, nil)
			return
		}
		w.start(i, op, func(err error) { w.finish(op, err) })
	})
}

// record makes the instance's entry, busy with its creation.
func (w *World) record(projectName, location string, image *Image, post incusapi.InstancesPost) (*instance, error) {
	if post.Source.Type == "image" && image == nil {
		return nil, fail("Image not provided for instance creation")
	}
	if image == nil {
		image = &Image{root: rootFiles(nil)}
	}
	if post.Type != incusapi.InstanceTypeContainer {
		return nil, fail("Requested image's type %q doesn't match instance type %q", incusapi.InstanceTypeContainer, post.Type)
	}
	ref := Ref{projectName, post.Name}
	i := &instance{
		ref: ref, image: *image, description: post.Description, devices: notNil(post.Devices), profiles: post.Profiles,
		ephemeral: post.Ephemeral, location: location, createdAt: w.now, files: image.root,
		processes: map[*Process]struct{}{}, lock: &instanceLock{action: actionCreate},
	}
	i.config = maps.Clone(notNil(post.Config))
	for key, value := range image.Properties {
		i.config["image."+key] = value
	}
	err := validConfig(i.config)
	if err == nil {
		err = w.free(i.ref)
	}
	if err == nil {
		err = w.validInstance(i)
	}
	if err != nil {
		return nil, within(err, "Failed creating instance record")
	}
	w.fillIn(i)
	return i, nil
}

// free checks that a name is not taken, in the words of the daemon's release.
func (w *World) free(ref Ref) error {
	other := w.instances[ref]
	switch {
	case other == nil:
		return nil
	case other.lock != nil:
		return fail("Instance is busy running a %q operation", other.lock.action)
	case w.host.lts():
		return fail("Add instance info to the database: Failed to create \"instances\" entry: " +
			"UNIQUE constraint failed: instances.project_id, instances.name")
	}
	return fail("Instance %q already exists", ref.Name)
}

// validInstance checks the devices, its own and those of its profiles.
func (w *World) validInstance(i *instance) error {
	if err := knownDevices(i.devices); err != nil {
		return err
	}
	devices := w.expandedDevices(i)
	if err := w.validDevices(devices); err != nil {
		return within(err, "Failed initializing instance: Invalid devices")
	}
	root, err := rootDisk(devices)
	if err != nil {
		return within(err, "Failed initializing instance: Failed getting root disk")
	}
	if _, err := w.pool(root["pool"]); err != nil {
		return within(err, "Failed initializing instance: Failed loading storage pool")
	}
	i.pool = root["pool"]
	if err := w.presentVolumes(i.ref.Project, devices); err != nil {
		return within(err, "Failed initializing instance")
	}
	return nil
}

// fillIn adds what the daemon writes into the config of a new instance.
func (w *World) fillIn(i *instance) {
	id := w.newUUID("instance")
	volatile := map[string]string{
		"volatile.uuid": id, "volatile.uuid.generation": id, "volatile.cloud-init.instance-id": w.newUUID("cloud-init"),
		"volatile.base_image": i.image.Fingerprint, "volatile.idmap.base": "0", "volatile.idmap.next": idmapUnprivileged,
		"volatile.last_state.idmap": "[]", "volatile.apply_template": "create",
	}
	for name, device := range w.expandedDevices(i) {
		if device["type"] == "nic" && device["hwaddr"] == "" {
			volatile["volatile."+name+".hwaddr"] = hardwareAddress(id, name)
		}
	}
	i.set(volatile)
	i.size = i.image.Footprint
}

var nameCharacters = regexp.MustCompile(`^[\-a-zA-Z0-9]+$`)

// validName is Incus's rule for the name of an instance (shared/validate: IsHostname).
func validName(name string) error {
	switch {
	case len(name) < 1 || len(name) > 63:
		return fail("Name must be 1-63 characters long")
	case strings.HasPrefix(name, "-"):
		return fail(`Name must not start with "-" character`)
	case strings.HasSuffix(name, "-"):
		return fail(`Name must not end with "-" character`)
	case !nameCharacters.MatchString(name):
		return fail("Name can only contain alphanumeric and hyphen characters")
	}
	if _, err := strconv.ParseUint(name, 10, 64); err == nil {
		return fail("Name cannot be a number")
	}
	return nil
}
