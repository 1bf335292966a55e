package model

import "time"

// Identity says how to reach an Incus server. It holds key material: it is never printed, logged or kept in a status.
type Identity struct {
	// UnixSocket is the path of a local daemon's socket; the other fields but Project are empty then.
	UnixSocket string
	// Server is the URL of a remote server.
	Server string
	// ServerCertificate, ClientCertificate and ClientKey are PEM.
	ServerCertificate string
	ClientCertificate string
	ClientKey         string
	// Project is the Incus project of the instances.
	Project string
}

// String hides what Identity holds.
func (i Identity) String() string {
	if i.UnixSocket != "" {
		return i.UnixSocket + " project " + i.Project
	}
	return i.Server + " project " + i.Project
}

// GoString hides what Identity holds from %#v.
func (i Identity) GoString() string { return i.String() }

// Requirements are what a BotCluster needs to find on an Incus server before anything is created.
type Requirements struct {
	// StoragePool and Network are names; empty takes those of the profiles.
	StoragePool string
	Network     string
	Profiles    []string
	// Images by tier.
	Images map[Tier]Image
}

// HostFacts are what was found on an Incus server for some Requirements.
type HostFacts struct {
	// Root and NIC are the devices `root` and `eth0` that instances get: those of the profiles with the pool and the
	// network of the Requirements put in. RootName and NICName are their names in the profiles.
	Root     Device
	RootName string
	NIC      Device
	NICName  string
	// Fingerprints of the images by tier, as the aliases stand now.
	Fingerprints map[Tier]string
	// Clustered tells whether the server is a cluster.
	Clustered bool
	// Members are the members of the cluster, sorted by name; none on a server that is not clustered, and none when the
	// operator's identity may not read them.
	Members []HostMember
}

// HostMember is one member of an Incus cluster.
type HostMember struct {
	Name string
	// Groups are the cluster groups that it belongs to, sorted.
	Groups []string
	State  HostMemberState
	// Since is when the provider first saw it in that state: it starts anew with the operator, so that nothing is done too soon.
	Since time.Time
}

// HostMemberState tells what a member of an Incus cluster can do.
type HostMemberState string

const (
	// HostMemberOnline runs instances.
	HostMemberOnline HostMemberState = "Online"
	// HostMemberOffline does not answer, or does not do what it is asked to; its instances may run on.
	HostMemberOffline HostMemberState = "Offline"
	// HostMemberEvacuated was emptied, or is being emptied or restored; nothing is to be created or started on it.
	HostMemberEvacuated HostMemberState = "Evacuated"
)
