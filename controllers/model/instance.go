package model

import (
	"net/netip"
	"time"
)

// Tier is a group of instances made from one template.
type Tier string

const (
	// TierBot runs the bot server.
	TierBot Tier = "bot"
	// TierEdge runs Caddy.
	TierEdge Tier = "edge"
)

// InstanceState is the power state of an instance as Incus reports it.
type InstanceState string

const (
	// StateUnknown is the state of an instance that could not be read, for example because its cluster member is
	// offline. It is neither running nor absent.
	StateUnknown InstanceState = "Unknown"
	// StateStopped is an instance that exists and does not run.
	StateStopped InstanceState = "Stopped"
	// StateRunning is an instance whose init runs.
	StateRunning InstanceState = "Running"
	// StateFrozen is an instance whose processes are frozen.
	StateFrozen InstanceState = "Frozen"
)

// Instance is one LXC container as it was last seen.
type Instance struct {
	Name string
	// Owned tells that the instance carries the owner's tags. When it is false and State is not Unknown the instance
	// is foreign: it only has a name of ours.
	Owned   bool
	Owner   Owner
	Tier    Tier
	Ordinal int
	State   InstanceState
	// Operation is the verb of the Incus operation in flight on the instance ("create", "start", "stop", "delete"…),
	// or empty.
	Operation string
	// Template is the hash of the template that the instance was made from.
	Template string
	// Configured is the hash of the files that were written into it, empty before the first time.
	Configured string
	// DrainingSince is when the instance began to leave, zero when it does not.
	DrainingSince time.Time
	// Standby tells that the instance was made to wait, frozen, until it is needed. It is in no pool as one that serves.
	Standby bool
	// Restarted is when the operator last restarted the instance because it was unhealthy, zero when it never did.
	Restarted time.Time
	// Address is its IPv4 (or else global IPv6) address on eth0, invalid while there is none.
	Address netip.Addr
	// CreatedAt is when Incus made the instance. StartedAt is when it last booted, also after it stopped; zero when it
	// never did.
	CreatedAt time.Time
	StartedAt time.Time
	// Location is the cluster member that holds it; empty on a server that is not clustered.
	Location string
	// Image is the fingerprint of the image that it was made from.
	Image string
	// Config holds the local `limits.*` keys, Devices the local devices, as set on the instance itself.
	Config  map[string]string
	Devices map[string]Device
}

// Failure is an operation that Incus began and could not carry out.
type Failure struct {
	// Operation is the verb: "create", "start"…
	Operation string
	// Message is what Incus said, for people.
	Message string
	// At is when the last failure was seen, Count how many there were in a row.
	At    time.Time
	Count int
}

// Device is the configuration of one Incus device.
type Device map[string]string

// InstanceSpec is an instance to be created.
type InstanceSpec struct {
	Name     string
	Owner    Owner
	Tier     Tier
	Ordinal  int
	Template string
	Image    Image
	Profiles []string
	// Config holds `limits.*` and other Incus keys; tags are added by the provider.
	Config  map[string]string
	Devices map[string]Device
	// Start starts the instance in the same call; for instances that need no files first.
	Start bool
	// Standby tags the instance as one that waits until it is needed.
	Standby bool
	// Location is the member of a clustered server that is to hold it; empty leaves the choice to Incus.
	Location string
}

// Image names an image by alias or by fingerprint.
type Image struct {
	Alias       string
	Fingerprint string
}

// String is how people refer to the image.
func (i Image) String() string {
	if i.Fingerprint != "" {
		return i.Fingerprint
	}
	return i.Alias
}

// InstanceChange is what may change on an instance that exists. Nil fields stay as they are.
type InstanceChange struct {
	// Config sets keys; a key with an empty value is removed.
	Config map[string]string
	// Devices sets or replaces devices; a nil Device removes one.
	Devices map[string]Device
	// DrainingSince marks the instance as leaving; a zero time takes it back.
	DrainingSince *time.Time
	// Standby sets or takes away the tag of an instance that waits.
	Standby *bool
	// Restarted notes that the instance is restarted because it was unhealthy; a zero time takes the note away.
	Restarted *time.Time
}

// File is a file to be written into an instance.
type File struct {
	Path    string
	Content []byte
	Mode    int
	UID     int64
	GID     int64
	// LinkTarget makes the file a symbolic link; Content is not used then.
	LinkTarget string
}

// Inventory is what an owner has on a host, sorted by name.
type Inventory struct {
	Instances []Instance
	Volumes   []Volume
	// Failures are the last operations that failed since the provider came up, by the name of their instance, which
	// need not exist (its creation may be what failed). A success of the same operation clears it.
	Failures map[string]Failure
}

// Volume is a custom storage volume.
type Volume struct {
	// Pool holds the volume; Name is unique in it.
	Pool    string
	Name    string
	Owned   bool
	Owner   Owner
	Tier    Tier
	Ordinal int
}
