package fake

import (
	"slices"
	"strings"

	incusapi "github.com/lxc/incus/v6/shared/api"
)

// host is what the daemon says of itself and of the machine under it.
type host struct {
	version    string
	extensions []string
	cpus       int
	memory     int64
}

func newHost(config Config) host {
	h := host{version: config.Version, extensions: config.Extensions, cpus: config.CPUs, memory: config.Memory}
	if h.version == "" {
		h.version = "6.0.4"
	}
	if h.extensions == nil {
		h.extensions = DefaultExtensions()
	}
	if h.cpus == 0 {
		h.cpus = 8
	}
	if h.memory == 0 {
		h.memory = 16 << 30
	}
	return h
}

// lts tells whether the release is one of the first long-term ones, which say some things otherwise than later ones.
func (h host) lts() bool { return strings.HasPrefix(h.version, "6.0.") }

// DefaultExtensions are the API extensions of Incus that a World keeps the promise of. A real daemon lists some 450; what
// is not here must not be relied on. A test of a missing capability takes some away with Config.Extensions.
func DefaultExtensions() []string {
	return []string{
		"api_filtering", "certificate_project", "certificate_update", "cluster_internal_copy", "clustering",
		"clustering_groups", "container_exec_signal_handling", "container_exec_user_group_cwd", "container_full",
		"container_last_used_at", "container_protection_delete", "directory_manipulation", "disk_state_quota", "etag",
		"event_lifecycle", "event_lifecycle_name_and_project", "event_lifecycle_requestor_address", "event_location",
		"event_project", "file_append", "file_delete", "file_get_symlink", "file_symlinks", "id_map", "image_types",
		"images_all_projects", "instance_all_projects", "instance_auto_restart", "instance_create_start",
		"instance_get_full", "instance_nic_network", "instance_state_cpu_time", "instance_state_started_at", "instances",
		"instances_nic_host_name", "instances_state_total", "metrics", "network", "network_leases", "network_state",
		"networks_all_projects", "operation_wait", "operations_get_query_all_projects", "patch", "profile_usedby",
		"profiles_all_projects", "projects", "projects_limits_instances", "proxy", "resource_limits", "resources",
		"storage", "storage_api_project", "storage_volumes_all_projects", "usedby_consistency",
	}
}

// Server answers GET /1.0. Only a trusted caller learns about the environment, only an unrestricted one the config.
func (w *World) Server(caller Caller, project string) incusapi.Server {
	defer w.enter()()
	server := incusapi.Server{ServerUntrusted: incusapi.ServerUntrusted{
		ServerPut:     incusapi.ServerPut{Config: incusapi.ConfigMap{}},
		APIExtensions: slices.Clone(w.host.extensions),
		APIStatus:     "stable",
		APIVersion:    "1.0",
		Auth:          "untrusted",
		AuthMethods:   []string{incusapi.AuthenticationMethodTLS},
	}}
	if !caller.Trusted {
		return server
	}
	server.Auth = "trusted"
	server.AuthUserName, server.AuthUserMethod = caller.Username, caller.Protocol
	server.Environment = w.environment(project)
	return server
}

func (w *World) environment(project string) incusapi.ServerEnvironment {
	return incusapi.ServerEnvironment{
		Addresses:          []string{},
		Architectures:      []string{architectureName, "i686"},
		Driver:             "lxc",
		DriverVersion:      "6.0.4",
		Kernel:             "Linux",
		KernelArchitecture: architectureName,
		Project:            project,
		Server:             "incus",
		ServerClustered:    len(w.members) > 0,
		ServerName:         w.serverName(),
		ServerVersion:      w.host.version,
		Storage:            "btrfs",
	}
}

// serverName is the member that answers, or the host.
func (w *World) serverName() string {
	if len(w.members) > 0 {
		return w.members[0].Name
	}
	return "fakehost"
}

// architectureName is that of the hosts and of every image; architectureID is Incus's number for it.
const (
	architectureName = "x86_64"
	architectureID   = 2
)
