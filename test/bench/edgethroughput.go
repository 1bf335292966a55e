package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// throughputBudget is what our edge must reach of what stock Caddy does with the same routes (the goal of part 2).
	throughputBudget = 0.95
	// throughputRounds is how often each contender is measured, in short turns, so that what else the machine does falls
	// upon all of them; medians are compared.
	throughputRounds = 15
	throughputWhile  = time.Second
	// throughputClients keep two cores busy and leave no queue that would hide a difference.
	throughputClients = 32
)

// throughputPools are the sizes of the pool: the scaling document's, and one where what grows with the pool would show.
var throughputPools = []int{3, 1000}

// contender is something that answers requests, in a process of its own unless its pid is zero.
type contender struct {
	pid                   int
	name, address         string
	perSecond, p50s, p99s []float64
	processor             []float64 // µs of CPU time per request
}

// measureThroughput measures our edge beside stock Caddy with the same routes, beside the barest Caddy, and beside a direct
// connection to a bot.
func measureThroughput(ctx context.Context, report *reporter, binary string) error {
	for _, members := range throughputPools {
		if err := throughput(ctx, report, binary, members); err != nil {
			return fmt.Errorf("%d members: %w", members, err)
		}
	}
	return nil
}

func throughput(ctx context.Context, report *reporter, binary string, members int) (err error) {
	bots, stopBots, err := startLoopbackBots(ctx, members)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopBots()) }()
	edge, err := startEdge(ctx, binary)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, edge.stop()) }()
	if err := edge.serve(ctx, bots); err != nil {
		return fmt.Errorf("wait until all bots serve: %w", err)
	}
	stock, err := startCaddy(ctx, binary, stockPort, stockConfig(bots))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stock.Stop()) }()
	bare, err := startCaddy(ctx, binary, barePort, bareConfig(bots))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bare.Stop()) }()
	contenders := []*contender{
		{name: "edge", address: edge.address, pid: edge.caddy.PID()},
		{name: "stock", address: loopback(stockPort), pid: stock.PID()},
		{name: "bare", address: loopback(barePort), pid: bare.PID()},
		{name: "direct", address: bots[0].address},
	}
	if err := takeTurns(ctx, contenders); err != nil {
		return err
	}
	return reportThroughput(report, members, contenders)
}

// takeTurns measures the contenders round by round, each round beginning with another.
func takeTurns(ctx context.Context, contenders []*contender) error {
	for _, each := range contenders { // connections, caches and the heap warm up
		if _, err := load(ctx, each.address, throughputClients, throughputWhile, 0); err != nil {
			return fmt.Errorf("warm up %s: %w", each.name, err)
		}
	}
	for round := range throughputRounds {
		for turn := range contenders {
			each := contenders[(round+turn)%len(contenders)]
			if err := each.takeTurn(ctx); err != nil {
				return fmt.Errorf("%s: %w", each.name, err)
			}
		}
	}
	return nil
}

func (c *contender) takeTurn(ctx context.Context) error {
	before, err := c.cpuTime()
	if err != nil {
		return err
	}
	came, err := load(ctx, c.address, throughputClients, throughputWhile, 0)
	if err != nil {
		return err
	}
	after, err := c.cpuTime()
	if err != nil {
		return err
	}
	c.perSecond = append(c.perSecond, came.perSecond)
	c.p50s = append(c.p50s, median(came.latencies))
	c.p99s = append(c.p99s, quantile(came.latencies, 0.99))
	c.processor = append(c.processor, float64((after-before).Microseconds())/float64(len(came.latencies)))
	return nil
}

func (c *contender) cpuTime() (time.Duration, error) {
	if c.pid == 0 {
		return 0, nil
	}
	return cpuTime(c.pid)
}

func reportThroughput(report *reporter, members int, contenders []*contender) error {
	edge := contenders[0]
	for _, rival := range contenders[1:] {
		params := map[string]any{
			"beside": rival.name, "members": members, "clients": throughputClients, "rounds": throughputRounds,
		}
		reached := figure{Name: "edge_throughput", Params: params, Value: median(edge.perSecond), Unit: "requests/s"}.
			against(median(rival.perSecond))
		if rival.name == "stock" {
			reached = reached.atLeast(throughputBudget)
		}
		figures := []figure{
			reached,
			figure{Name: "edge_latency_p50", Params: params, Value: median(edge.p50s), Unit: "ms"}.against(median(rival.p50s)),
			figure{Name: "edge_latency_p99", Params: params, Value: median(edge.p99s), Unit: "ms"}.against(median(rival.p99s)),
		}
		if rival.pid != 0 { // hardly depends on what else the machine does
			figures = append(figures,
				figure{Name: "edge_cpu_per_request", Params: params, Value: median(edge.processor), Unit: "µs"}.against(median(rival.processor)))
		}
		for _, f := range figures {
			if err := report.report(f); err != nil {
				return err
			}
		}
	}
	return nil
}
