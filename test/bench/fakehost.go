package main

import (
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
	"github.com/generalbots/botcluster-operator/controllers/provider/fake/edge"
	"github.com/generalbots/botcluster-operator/controllers/provider/fake/incusd"
)

// fakeHost is a world of Incus hosts in this process, behind a unix socket, on the real clock.
type fakeHost struct {
	world  *fake.World
	server *incusd.Server
}

// edgeDelay is how long Caddy takes to open its admin socket after the boot.
const edgeDelay = 300 * time.Millisecond

func startFakeHost() (*fakeHost, error) {
	world := fake.New(fake.Config{Clock: fake.WallClock{}, Seed: 1, Latencies: fake.MeasuredLatencies(), CPUs: 128})
	for _, alias := range []string{"bot", "edge"} {
		world.AddImage(fake.Image{Aliases: []string{alias}, Behaviour: fake.MeasuredBehaviour()})
	}
	edge.Install(world, edge.Config{Image: "edge", Delay: edgeDelay, KeepsRoutes: true})
	server, err := incusd.ServeUnix(world, "")
	if err != nil {
		world.Close()
		return nil, fmt.Errorf("serve the fake host: %w", err)
	}
	return &fakeHost{world: world, server: server}, nil
}

func (h *fakeHost) stop() error {
	err := h.server.Close()
	h.world.Close()
	return err
}

// botCluster is a BotCluster on the fake host.
func (h *fakeHost) botCluster(name string, bots int) *v1alpha1.BotCluster {
	return &v1alpha1.BotCluster{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name},
		Spec: v1alpha1.BotClusterSpec{
			Replicas: new(int32(bots)),
			Incus:    v1alpha1.IncusSpec{UnixSocket: h.server.Socket},
			Bot:      v1alpha1.BotSpec{Image: v1alpha1.ImageReference{Alias: "bot"}},
			Edge:     v1alpha1.EdgeSpec{Image: v1alpha1.ImageReference{Alias: "edge"}},
		},
	}
}

// errWrites says that something was written that should have been left alone.
var errWrites = errors.New("the operator wrote although nothing had changed")
