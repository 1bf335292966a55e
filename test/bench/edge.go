package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider"
	"github.com/generalbots/botcluster-operator/controllers/provider/caddy"
	"github.com/generalbots/botcluster-operator/test/ground"
)

// measureEdge measures the edge's Caddy as a process of this machine, with bots on the loopback.
func measureEdge(ctx context.Context, report *reporter) error {
	binary, err := ground.BuildCaddy(ctx)
	if err != nil {
		return err
	}
	for _, measure := range []func(context.Context, *reporter, string) error{
		measureThroughput, measurePushes, measureNewcomers, measureMembers,
	} {
		if err := measure(ctx, report, binary); err != nil {
			return err
		}
	}
	return nil
}

// servedEdge is a running edge of ours, and the driver that the operator reaches it by.
type servedEdge struct {
	caddy   *ground.Caddy
	edges   *caddy.Edges
	driver  provider.Edge
	address string
	pushes  int
}

// startEdge starts one that is configured as the operator does and knows no bot yet.
func startEdge(ctx context.Context, binary string) (*servedEdge, error) {
	process, err := startCaddy(ctx, binary, ourPort, shippedConfig)
	if err != nil {
		return nil, err
	}
	edge := &servedEdge{caddy: process, edges: caddy.New(), address: loopback(ourPort)}
	edge.driver = edge.edges.Edge("bench/edge", process.Dial)
	err = poll(ctx, func(ctx context.Context) (bool, error) {
		state, err := edge.driver.State(ctx)
		return state.RoutesRevision != "", err
	})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("wait for the routes: %w", err), edge.stop())
	}
	return edge, nil
}

func (e *servedEdge) stop() error {
	e.edges.Forget("bench/edge")
	return e.caddy.Stop()
}

func loopback(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }

// configure makes a configuration with its admin API at one place and its server on one port of the loopback.
type configure func(admin string, port int) (map[string]any, error)

// startCaddy runs Caddy with a configuration and waits until its server listens.
func startCaddy(ctx context.Context, binary string, port int, configure configure) (*ground.Caddy, error) {
	process, err := ground.NewCaddy(binary)
	if err != nil {
		return nil, err
	}
	if err := beginCaddy(ctx, process, port, configure); err != nil {
		return nil, errors.Join(err, process.Stop())
	}
	return process, nil
}

func beginCaddy(ctx context.Context, process *ground.Caddy, port int, configure configure) error {
	config, err := configure(process.AdminListen(), port)
	if err != nil {
		return err
	}
	text, err := json.Marshal(config)
	if err != nil {
		return fmt.Errorf("encode Caddy's configuration: %w", err)
	}
	if err := process.Start(text, io.Discard); err != nil {
		return err
	}
	err = poll(ctx, func(ctx context.Context) (bool, error) {
		connection, err := new(net.Dialer).DialContext(ctx, "tcp", loopback(port))
		if err != nil {
			return false, nil //nolint:nilerr // it does not listen yet
		}
		return true, connection.Close()
	})
	if err != nil {
		return fmt.Errorf("wait for Caddy: %w", err)
	}
	return nil
}

// benchProbe has the figures of the scaling document.
var benchProbe = model.Probe{Path: "/api/health", Interval: 10 * time.Second, Timeout: 5 * time.Second, Retries: 3}

// hold gives the edge a pool and returns the state after it.
func (e *servedEdge) hold(ctx context.Context, members ...model.Member) (model.EdgeState, error) {
	e.pushes++
	return e.driver.SetPool(ctx, model.Pool{Revision: "bench-" + strconv.Itoa(e.pushes), Probe: benchProbe, Members: members})
}

// serve gives the edge a pool of bots and waits until all of them serve.
func (e *servedEdge) serve(ctx context.Context, bots []*loopbackBot) error {
	if _, err := e.hold(ctx, membersOf(bots)...); err != nil {
		return err
	}
	return poll(ctx, func(ctx context.Context) (bool, error) {
		state, err := e.driver.State(ctx)
		serving := 0
		for _, member := range state.Members {
			if member.Serving {
				serving++
			}
		}
		return serving == len(bots), err
	})
}

func membersOf(bots []*loopbackBot) []model.Member {
	members := make([]model.Member, 0, len(bots))
	for _, bot := range bots {
		members = append(members, bot.member(model.MemberActive))
	}
	return members
}
