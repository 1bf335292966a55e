package incus

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	incusapi "github.com/lxc/incus/v6/shared/api"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

const (
	// factsLast is how long facts are taken for true.
	factsLast = 30 * time.Second
	// distrust is how long after a create that failed a pool with little room is taken for full.
	distrust = 2 * time.Minute
	// littleRoom is what a file system may keep for itself: btrfs gives up with 100 MiB left of 1 GiB (measured), and reserves no
	// more than about 1 GiB however large it is. Of a small pool it is an eighth.
	littleRoom       = 1 << 30
	littleRoomDivide = 8
)

// factStore keeps facts by the requirements that they answer.
type factStore struct {
	clock Clock
	mu    sync.Mutex
	known map[string]knownFacts
	// doubted is when a create last failed.
	doubted time.Time
}

type knownFacts struct {
	facts model.HostFacts
	at    time.Time
}

func newFactStore(clock Clock) *factStore {
	return &factStore{clock: clock, known: map[string]knownFacts{}}
}

func (s *factStore) get(key string) (model.HostFacts, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.known[key]
	return found.facts, ok && s.clock.Now().Sub(found.at) < factsLast
}

// doubt forgets all facts, and has pools looked at with distrust for a while.
func (s *factStore) doubt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.known)
	s.doubted = s.clock.Now()
}

// doubts tells whether a create has failed lately.
func (s *factStore) doubts() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.doubted.IsZero() && s.clock.Now().Sub(s.doubted) < distrust
}

func (s *factStore) put(key string, facts model.HostFacts) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	maps.DeleteFunc(s.known, func(_ string, old knownFacts) bool { return now.Sub(old.at) >= factsLast })
	s.known[key] = knownFacts{facts: facts, at: now}
}

// Facts implements provider.Host. Clusters with equal requirements share an answer.
func (h *host) Facts(ctx context.Context, requirements model.Requirements) (model.HostFacts, error) {
	if err := h.ready(ctx); err != nil {
		return model.HostFacts{}, err
	}
	// Whatever else is wrong, it is to be seen that a member went away.
	members, unread := h.hostMembers(ctx)
	facts, err := h.knownFacts(ctx, requirements)
	if err == nil {
		err = unread
	}
	if err != nil {
		facts = model.HostFacts{}
	}
	facts.Clustered, facts.Members = h.link.isClustered(), members
	return facts, err
}

// knownFacts returns the facts but for the members of the cluster.
func (h *host) knownFacts(ctx context.Context, requirements model.Requirements) (model.HostFacts, error) {
	// Maps are printed in the order of their keys.
	key := fmt.Sprintf("%#v", requirements)
	facts, ok := h.facts.get(key)
	if !ok {
		var err error
		if facts, err = h.lookUpFacts(ctx, requirements); err != nil {
			return model.HostFacts{}, err
		}
		h.facts.put(key, facts)
	}
	facts.Root, facts.NIC = maps.Clone(facts.Root), maps.Clone(facts.NIC)
	facts.Fingerprints = maps.Clone(facts.Fingerprints)
	return facts, nil
}

func (h *host) lookUpFacts(ctx context.Context, requirements model.Requirements) (model.HostFacts, error) {
	facts := model.HostFacts{Fingerprints: map[model.Tier]string{}}
	if err := h.checkProject(ctx); err != nil {
		return facts, err
	}
	devices := map[string]map[string]string{}
	for _, name := range requirements.Profiles {
		profile, err := h.findProfile(ctx, name)
		if err != nil {
			return facts, err
		}
		// As Incus does: a later profile replaces a device of the same name as a whole.
		maps.Copy(devices, profile.Devices)
	}
	var err error
	if facts.RootName, facts.Root, err = h.rootDevice(devices, requirements); err != nil {
		return facts, err
	}
	if facts.NICName, facts.NIC, err = h.nicDevice(devices, requirements); err != nil {
		return facts, err
	}
	if err := h.checkPool(ctx, facts.Root["pool"], h.facts.doubts()); err != nil {
		return facts, err
	}
	h.usePool(facts.Root["pool"])
	if network := facts.NIC["network"]; network != "" {
		if err := h.checkNetwork(ctx, network); err != nil {
			return facts, err
		}
	}
	for _, tier := range slices.Sorted(maps.Keys(requirements.Images)) {
		if facts.Fingerprints[tier], err = h.findImage(ctx, tier, requirements.Images[tier]); err != nil {
			return facts, err
		}
	}
	return facts, nil
}

// rootDevice is the root disk of the profiles with the pool of the requirements.
func (h *host) rootDevice(devices map[string]map[string]string, requirements model.Requirements) (string, model.Device, error) {
	for _, name := range slices.Sorted(maps.Keys(devices)) {
		device := devices[name]
		if device["type"] != "disk" || device["path"] != "/" || device["source"] != "" {
			continue
		}
		root := maps.Clone(device)
		if requirements.StoragePool != "" {
			root["pool"] = requirements.StoragePool
		}
		return name, root, nil
	}
	if requirements.StoragePool == "" {
		return "", nil, terminal(reasonStoragePoolNotFound, nil, "no root disk is in %s of the project %q of %s: "+
			"name a pool in spec.incus.storagePool, or add a root disk (incus profile device add)",
			profileList(requirements.Profiles), h.client.project, h.client.server)
	}
	return "root", model.Device{"type": "disk", "path": "/", "pool": requirements.StoragePool}, nil
}

// nicDevice is the network card eth0 of the profiles, attached to the network of the requirements.
func (h *host) nicDevice(devices map[string]map[string]string, requirements model.Requirements) (string, model.Device, error) {
	for _, name := range slices.Sorted(maps.Keys(devices)) {
		device := devices[name]
		if device["type"] != "nic" || (device["name"] != nic && (device["name"] != "" || name != nic)) {
			continue
		}
		card := maps.Clone(device)
		if requirements.Network != "" {
			// A managed network takes the place of an interface of the host.
			for _, key := range []string{"nictype", "parent"} {
				delete(card, key)
			}
			card["network"] = requirements.Network
		}
		return name, card, nil
	}
	if requirements.Network == "" {
		return "", nil, terminal(reasonNetworkNotFound, nil, "no network card %s is in %s of the project %q of %s: "+
			"name a network in spec.incus.network, or add a card (incus profile device add)",
			nic, profileList(requirements.Profiles), h.client.project, h.client.server)
	}
	return nic, model.Device{"type": "nic", "name": nic, "network": requirements.Network}, nil
}

func profileList(names []string) string {
	if len(names) == 0 {
		return "no profile, as none is named,"
	}
	return "the profiles " + strings.Join(names, ", ")
}

func (h *host) findProfile(ctx context.Context, name string) (incusapi.Profile, error) {
	var profile incusapi.Profile
	_, err := h.do(ctx, request{method: http.MethodGet, path: resource("profiles", name), doing: "read the profile " + name}, &profile)
	if hasStatus(err, http.StatusNotFound) {
		return profile, terminal(reasonProfileNotFound, err, "profile %q is not in project %q of %s: "+
			"make it with incus profile create, or correct spec.incus.profiles", name, h.client.project, h.client.server)
	}
	return profile, err
}

// checkNetwork tells whether instances can be attached to a network.
func (h *host) checkNetwork(ctx context.Context, name string) error {
	var network incusapi.Network
	_, err := h.do(ctx, request{method: http.MethodGet, path: resource("networks", name), doing: "read the network " + name}, &network)
	if hasStatus(err, http.StatusNotFound) || (err == nil && !network.Managed) {
		return terminal(reasonNetworkNotFound, err, "network %q is not one that %s manages for project %q: "+
			"make it with incus network create, or correct spec.incus.network", name, h.client.server, h.client.project)
	}
	return err
}

// checkPool tells whether a storage pool is there and has room. After a failure little room is none.
func (h *host) checkPool(ctx context.Context, name string, afterFailure bool) error {
	// Asked for the room in a pool that is not there, Incus 6.0 gives a 500.
	_, err := h.do(ctx, request{method: http.MethodGet, path: resource("storage-pools", name), doing: "read the storage pool " + name}, nil)
	if hasStatus(err, http.StatusNotFound) {
		return terminal(reasonStoragePoolNotFound, err, "storage pool %q is not on %s: "+
			"make it with incus storage create, or correct spec.incus.storagePool", name, h.client.server)
	}
	if err != nil {
		return err
	}
	var resources incusapi.ResourcesStoragePool
	_, err = h.do(ctx, request{
		method: http.MethodGet, path: resource("storage-pools", name, "resources"), doing: "see the room in the storage pool " + name,
	}, &resources)
	if err != nil {
		return err
	}
	total, used := resources.Space.Total, resources.Space.Used
	if total == 0 || total > used && (!afterFailure || total-used > min(littleRoom, total/littleRoomDivide)) {
		return nil
	}
	return terminal(reasonStoragePoolFull, nil, "storage pool %q on %s is full: "+
		"enlarge it (incus storage set %s size), or remove what is not needed", name, h.client.server, name)
}

// findImage returns the whole fingerprint of an image.
func (h *host) findImage(ctx context.Context, tier model.Tier, image model.Image) (string, error) {
	fingerprint := image.Fingerprint
	if fingerprint == "" {
		var alias incusapi.ImageAliasesEntry
		_, err := h.do(ctx, request{
			method: http.MethodGet, path: resource("images", "aliases", image.Alias), doing: "look up the image " + image.Alias,
		}, &alias)
		if err != nil {
			return "", h.noImage(tier, image, err)
		}
		fingerprint = alias.Target
	}
	var found incusapi.Image
	_, err := h.do(ctx, request{
		method: http.MethodGet, path: resource("images", fingerprint), doing: "look up the image " + image.String(),
	}, &found)
	if err != nil {
		return "", h.noImage(tier, image, err)
	}
	return found.Fingerprint, nil
}

func (h *host) noImage(tier model.Tier, image model.Image, cause error) error {
	if !hasStatus(cause, http.StatusNotFound) {
		return cause
	}
	return terminal(reasonImageNotFound, cause, "image %q is not in project %q of %s: "+
		"import it with incus image import, or correct spec.%s.image", image, h.client.project, h.client.server, tier)
}
