package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	incusapi "github.com/lxc/incus/v6/shared/api"

	"github.com/generalbots/botcluster-operator/test/ground"
)

// botsOf maps the bots of the project, whoever made them, to their IPv4 addresses, which are empty while there is none.
func botsOf(ctx context.Context, incus *ground.Incus) (map[string]string, error) {
	server, disconnect, err := connectBare(ctx, incus)
	if err != nil {
		return nil, err
	}
	defer disconnect()
	instances, err := server.GetInstancesFull(incusapi.InstanceTypeContainer)
	if err != nil {
		return nil, fmt.Errorf("list the instances: %w", err)
	}
	bots := map[string]string{}
	for _, instance := range instances {
		if strings.Contains(instance.Name, "-edge-") {
			continue
		}
		bots[instance.Name] = ""
		if instance.State == nil {
			continue
		}
		for _, address := range instance.State.Network["eth0"].Addresses {
			if address.Family == "inet" {
				bots[instance.Name] = address.Address
			}
		}
	}
	return bots, nil
}

// silence is how long a bot must not answer to count as half made and not as one that is starting.
const silence = 5 * time.Second

// silent lists the bots that do not answer, neither now nor a while later.
func silent(ctx context.Context, incus *ground.Incus) ([]string, error) {
	now, err := unanswering(ctx, incus)
	if err != nil || len(now) == 0 {
		return nil, err
	}
	if err := sleep(ctx, silence); err != nil {
		return nil, err
	}
	later, err := unanswering(ctx, incus)
	return slices.DeleteFunc(later, func(name string) bool { return !slices.Contains(now, name) }), err
}

func unanswering(ctx context.Context, incus *ground.Incus) ([]string, error) {
	bots, err := botsOf(ctx, incus)
	if err != nil {
		return nil, err
	}
	var names []string
	for name, address := range bots {
		if address == "" || !healthy(ctx, address) {
			names = append(names, name)
		}
	}
	return names, nil
}
