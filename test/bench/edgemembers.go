package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
)

const (
	// memoryMembers are added to an edge that serves memoryBase, all of them up and probed.
	memoryMembers = 1000
	memoryBase    = 3
	memoryRuns    = 3
)

// measureMembers measures how much more memory an edge holds with 1,000 members more.
func measureMembers(ctx context.Context, report *reporter, binary string) (err error) {
	bots, stopBots, err := startLoopbackBots(ctx, memoryBase+memoryMembers)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopBots()) }()
	var grown, whole []float64
	for range memoryRuns {
		before, after, err := memoryOfMembers(ctx, binary, bots)
		if err != nil {
			return err
		}
		grown, whole = append(grown, after-before), append(whole, after)
	}
	params := map[string]any{"members": memoryMembers, "runs": memoryRuns, "whole_mb": median(whole)}
	return report.report(figure{Name: "edge_memory_per_1000_members", Params: params, Value: median(grown), Unit: "MB"})
}

func memoryOfMembers(ctx context.Context, binary string, bots []*loopbackBot) (before, after float64, err error) {
	edge, err := startEdge(ctx, binary)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, edge.stop()) }()
	if before, err = edge.memoryWith(ctx, bots[:memoryBase]); err != nil {
		return 0, 0, err
	}
	after, err = edge.memoryWith(ctx, bots)
	return before, after, err
}

// memoryWith is the edge's resident size in MB when all these bots serve, after a collection of garbage.
func (e *servedEdge) memoryWith(ctx context.Context, bots []*loopbackBot) (float64, error) {
	if err := e.serve(ctx, bots); err != nil {
		return 0, fmt.Errorf("wait until %d bots serve: %w", len(bots), err)
	}
	if err := e.collectGarbage(ctx); err != nil {
		return 0, err
	}
	return residentMemory(e.caddy.PID())
}

// collectGarbage asks for a heap profile, before which the Go runtime collects.
func (e *servedEdge) collectGarbage(ctx context.Context) error {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return e.caddy.Dial(ctx) }}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost/debug/pprof/heap?gc=1", nil)
	if err != nil {
		return err
	}
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return fmt.Errorf("collect garbage: %w", err)
	}
	_, err = io.Copy(io.Discard, response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil || response.StatusCode != http.StatusOK {
		return errors.Join(fmt.Errorf("collect garbage: %s", response.Status), err)
	}
	return nil
}
