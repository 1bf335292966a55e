package provider

import (
	"context"
	"net"
	"time"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// Hosts gives access to Incus servers. Implementations keep one connection per identity.
type Hosts interface {
	// Host returns the server behind an identity. It does not connect: the first call of the Host does.
	Host(identity model.Identity) (Host, error)
}

// Host is one project on one Incus server.
type Host interface {
	Observer
	Meter
	// Key identifies the server and project in logs and metrics; it holds no secret.
	Key() string
	// Instances changes instances.
	Instances() Instances
	// Volumes changes custom volumes.
	Volumes() Volumes
	// Dial connects to a unix socket or loopback port inside an instance through an exec session.
	Dial(ctx context.Context, instance string, target Target) (net.Conn, error)
}

// Observer looks at what is on a Host.
type Observer interface {
	// Facts looks for what a BotCluster needs. What is missing is a Terminal error with the sentence for the user.
	// Answers may be up to half a minute old; a failure is looked at anew each time. The members of a cluster are told also
	// beside an error, when they could be read. An identity that may not read them gets none, and no error for it.
	Facts(ctx context.Context, requirements model.Requirements) (model.HostFacts, error)
	// Inventory returns the instances and volumes that carry the owner's UID, the foreign ones that have a name of
	// the owner's, and those with a name of the owner's that could not be read (StateUnknown). It shows everything that
	// calls on this Host have changed or started before. An owner without UID stands for all owners of its Manager.
	Inventory(ctx context.Context, owner model.Owner) (model.Inventory, error)
}

// Meter measures what instances use.
type Meter interface {
	// Usage returns what the running instances with the owner's UID have used, sorted by name. An instance that could not be
	// measured is missing: it is unknown, and never zero. Answers may be up to ten seconds old, and are shared by all owners of
	// a Host. An owner without UID stands for all owners of its Manager.
	Usage(ctx context.Context, owner model.Owner) ([]model.Usage, error)
}

// Instances changes the instances of a Host.
type Instances interface {
	Power
	// Create starts the creation of an instance. The volumes that its devices name exist already.
	Create(ctx context.Context, want model.InstanceSpec) error
	// Configure begins to write files into an instance that is stopped; then it is marked with the hash, and started. A
	// crash in the middle leaves it unmarked. What goes wrong shows in the failures of the inventory, under "configure".
	Configure(ctx context.Context, name string, owner model.Owner, files []model.File, hash string) error
	// Change changes limits, devices and tags of an instance, live.
	Change(ctx context.Context, name string, owner model.Owner, change model.InstanceChange) error
	// Delete removes a stopped instance.
	Delete(ctx context.Context, name string, owner model.Owner) error
}

// Power changes whether the processes of instances run.
type Power interface {
	// Start starts or unfreezes an instance.
	Start(ctx context.Context, name string, owner model.Owner) error
	// Stop stops an instance, by force when grace is zero, else gracefully within grace (seconds resolution).
	Stop(ctx context.Context, name string, owner model.Owner, grace time.Duration) error
	// Freeze freezes a running instance: its memory stays, its processes stand still until Start.
	Freeze(ctx context.Context, name string, owner model.Owner) error
}

// Volumes changes custom volumes of a Host.
type Volumes interface {
	// Create makes an empty file system volume, tagged with its owner. One that was kept from an earlier BotCluster of
	// the same manager, namespace and name is taken over: its tag gets the new UID.
	Create(ctx context.Context, want model.Volume) error
	// Delete removes a volume that no instance uses.
	Delete(ctx context.Context, volume model.Volume) error
}

// Target is an address inside an instance; exactly one field is set.
type Target struct {
	UnixSocket   string
	LoopbackPort int
}
