package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"time"

	incusclient "github.com/lxc/incus/v6/client"
	incusapi "github.com/lxc/incus/v6/shared/api"
	"golang.org/x/sync/errgroup"
	"k8s.io/apimachinery/pkg/util/wait"

	"github.com/generalbots/botcluster-operator/test/ground"
)

// barePoll is how often a bare launch looks for an address and a healthy answer.
const barePoll = 50 * time.Millisecond

// launchBare launches the instances of a BotCluster straight through Incus, all at once, measures until each bot answers
// its health endpoint and the edge has an address, and removes them. It is what a script that does everything right can do.
func launchBare(ctx context.Context, incus *ground.Incus, bots int) (time.Duration, error) {
	project, disconnect, err := connectBare(ctx, incus)
	if err != nil {
		return 0, err
	}
	defer disconnect()
	names := []string{"bare-edge"}
	for i := range bots {
		names = append(names, fmt.Sprintf("bare-bot-%d", i+1))
	}
	started := time.Now()
	err = each(names, func(name string) error { return bareInstance(ctx, project, incus, name) })
	took := time.Since(started)
	if removeErr := each(names, func(name string) error { return removeBare(project, name) }); err == nil {
		err = removeErr
	}
	return took, err
}

// connectBare connects straight to Incus.
func connectBare(ctx context.Context, incus *ground.Incus) (incusclient.InstanceServer, func(), error) {
	server, err := incusclient.ConnectIncusUnixWithContext(ctx, ground.UnixSocket, &incusclient.ConnectionArgs{})
	if err != nil {
		return nil, nil, fmt.Errorf("connect to Incus: %w", err)
	}
	return server.UseProject(incus.Project), server.Disconnect, nil
}

func each(names []string, do func(name string) error) error {
	var group errgroup.Group
	for _, name := range names {
		group.Go(func() error { return do(name) })
	}
	return group.Wait()
}

func bareInstance(ctx context.Context, server incusclient.InstanceServer, incus *ground.Incus, name string) error {
	alias := "botcluster-bot"
	if name == "bare-edge" {
		alias = "botcluster-edge"
	}
	operation, err := server.CreateInstance(incusapi.InstancesPost{
		Name: name, Type: incusapi.InstanceTypeContainer, Start: true,
		Source: incusapi.InstanceSource{Type: "image", Alias: alias},
		InstancePut: incusapi.InstancePut{Devices: map[string]map[string]string{
			"root": {"type": "disk", "path": "/", "pool": incus.Pool},
			"eth0": {"type": "nic", "name": "eth0", "network": incus.Network},
		}},
	})
	if err != nil {
		return fmt.Errorf("create %s: %w", name, err)
	}
	if err := operation.WaitContext(ctx); err != nil {
		return fmt.Errorf("create %s: %w", name, err)
	}
	return wait.PollUntilContextTimeout(ctx, barePoll, launchTimeout, true, func(ctx context.Context) (bool, error) {
		state, _, err := server.GetInstanceState(name)
		if err != nil {
			return false, fmt.Errorf("state of %s: %w", name, err)
		}
		for _, address := range state.Network["eth0"].Addresses {
			if address.Family == "inet" && (alias == "botcluster-edge" || healthy(ctx, address.Address)) {
				return true, nil
			}
		}
		return false, nil
	})
}

// bareClient asks each bot once a look, over a connection of its own.
var bareClient = &http.Client{Timeout: time.Second, Transport: &http.Transport{DisableKeepAlives: true}}

func healthy(ctx context.Context, address string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(address, "8080")+"/api/health", nil)
	if err != nil {
		return false
	}
	response, err := bareClient.Do(request)
	if err != nil {
		return false
	}
	return response.Body.Close() == nil && response.StatusCode == http.StatusOK
}

func removeBare(server incusclient.InstanceServer, name string) error {
	operation, err := server.UpdateInstanceState(name, incusapi.InstanceStatePut{Action: "stop", Force: true, Timeout: -1}, "")
	if err == nil {
		err = operation.Wait()
	}
	if err != nil {
		return fmt.Errorf("stop %s: %w", name, err)
	}
	if operation, err = server.DeleteInstance(name); err == nil {
		err = operation.Wait()
	}
	if err != nil {
		return fmt.Errorf("delete %s: %w", name, err)
	}
	return nil
}
