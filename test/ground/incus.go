package ground

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
)

// UnixSocket is where a local Incus daemon listens.
const UnixSocket = "/var/lib/incus/unix.socket"

// Incus is a corner of the real Incus daemon: a project, pool and network of our own.
type Incus struct {
	// Name of the environment; Project, Pool and Network are made from it by hack/setup/environment.sh.
	Name    string
	Project string
	Pool    string
	Network string
}

// Instance is what suites look at of an instance.
type Instance struct {
	Name      string                       `json:"name"`
	Status    string                       `json:"status"`
	CreatedAt string                       `json:"created_at"`
	Config    map[string]string            `json:"config"`
	Devices   map[string]map[string]string `json:"devices"`
}

// StartIncus installs and starts what is missing of Incus and makes the environment with the images.
func StartIncus(ctx context.Context, name string) (*Incus, error) {
	for _, script := range [][]string{
		{"setup/packages.sh"}, {"setup/limits.sh"}, {"setup/incus.sh", "start"}, {"setup/environment.sh", "up", name},
	} {
		if _, err := Script(ctx, script[0], script[1:]...); err != nil {
			return nil, err
		}
	}
	return &Incus{Name: name, Project: "botcluster-" + name, Pool: "botcluster-" + name, Network: "bc" + name}, nil
}

// Stop removes the environment with all that is in it.
func (i *Incus) Stop(ctx context.Context) error {
	_, err := Script(ctx, "setup/environment.sh", "down", i.Name)
	return err
}

// Run runs the incus command in the project and returns what it printed.
func (i *Incus) Run(ctx context.Context, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, "incus", append([]string{"--project", i.Project}, arguments...)...)
	out, err := command.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("incus %s: %w: %s", strings.Join(arguments, " "), err, out)
	}
	return string(out), nil
}

// Instances lists the instances of the project.
func (i *Incus) Instances(ctx context.Context) ([]Instance, error) {
	out, err := i.Run(ctx, "list", "--format", "json")
	if err != nil {
		return nil, err
	}
	var instances []Instance
	if err := json.Unmarshal([]byte(out), &instances); err != nil {
		return nil, fmt.Errorf("read the list of instances: %w", err)
	}
	return instances, nil
}

// OwnedBy lists the instances that carry the UID of a BotCluster.
func (i *Incus) OwnedBy(ctx context.Context, uid string) ([]Instance, error) {
	instances, err := i.Instances(ctx)
	if err != nil {
		return nil, err
	}
	var owned []Instance
	for _, instance := range instances {
		if instance.Config["user.botcluster.uid"] == uid {
			owned = append(owned, instance)
		}
	}
	return owned, nil
}
