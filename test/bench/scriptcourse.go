package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"

	clients "github.com/generalbots/botcluster-operator/test/load"
)

const (
	// courseLimit ends the wait for a number of bots that does not come.
	courseLimit = 3 * time.Minute
	// coursePoll is how often the clients are asked who answered, countPoll how often Incus is asked how many bots there are.
	coursePoll = 20 * time.Millisecond
	countPoll  = 500 * time.Millisecond
)

// The load: the burning part asks for 1 core, more than five of the bots may use and less than six of them.
const (
	courseGets  = 100
	courseBurn  = 10 * time.Millisecond
	steadyGets  = 20
	steadyPosts = 10
)

// scaler is a fleet behind a load balancer and what changes its size by itself.
type scaler interface {
	// url is where the load balancer answers.
	url() string
	// tell says that the bots are busy, or that they are not, for a scaler that cannot see it.
	tell(busy bool) error
	// bots is how many there are, whether they serve or not.
	bots(ctx context.Context) (int, error)
	// final tells that it has grown as far as it ever will.
	final() (bool, error)
}

// course is what came of a load that begins, burns CPU and ends.
type course struct {
	// third, six and back are the seconds until a third bot answered, until six had, and from the end of the load until two
	// were left.
	third, six, back float64
	// missed are the goals that were not reached: their seconds are how long was waited.
	missed           map[string]bool
	lostUp, lostDown int64
}

// follow sends the load to a fleet of two and watches it grow to six and shrink to two.
func follow(ctx context.Context, fleet scaler) (course, error) {
	came := course{missed: map[string]bool{}}
	steady := clients.Start(ctx, clients.Mix{URL: fleet.url(), GetsPerSecond: steadyGets, PostsPerSecond: steadyPosts})
	defer steady.Stop()
	if err := poll(ctx, func(context.Context) (bool, error) { return steady.Flowing(), nil }); err != nil {
		return came, fmt.Errorf("wait for the first answers: %w", err)
	}
	if err := fleet.tell(true); err != nil {
		return came, err
	}
	started := time.Now()
	heavy := clients.Start(ctx, clients.Mix{URL: fleet.url(), GetsPerSecond: courseGets, Burn: courseBurn})
	defer heavy.Stop()
	if err := came.grow(ctx, fleet, heavy, "third", scriptLeast+1); err != nil {
		return came, err
	}
	came.third = time.Since(started).Seconds()
	if err := came.grow(ctx, fleet, heavy, "six", scriptMost); err != nil {
		return came, err
	}
	came.six = time.Since(started).Seconds()
	up := heavy.Stop()
	before := steady.Report()
	came.lostUp = up.Lost() + before.Lost()
	return came, came.shrink(ctx, fleet, steady, before.Lost())
}

// grow waits until so many bots have answered.
func (c *course) grow(ctx context.Context, fleet scaler, heavy *clients.Load, goal string, bots int) error {
	var since time.Time
	return c.await(ctx, goal, coursePoll, func(context.Context) (bool, error) {
		if len(heavy.Report().Gets.Served) >= bots {
			return true, nil
		}
		final, err := fleet.final()
		switch {
		case err != nil || !final:
			return false, err
		case since.IsZero():
			since = time.Now()
		case time.Since(since) > courseSettle:
			return false, errFinal
		}
		return false, nil
	})
}

// courseSettle is how long a bot may take to answer after the last one was made.
const courseSettle = 10 * time.Second

// errFinal says that there is nothing to wait for.
var errFinal = errors.New("it has grown as far as it will")

// await waits for a goal; one that does not come is noted and is no error.
func (c *course) await(ctx context.Context, goal string, every time.Duration, done wait.ConditionWithContextFunc) error {
	err := wait.PollUntilContextTimeout(ctx, every, courseLimit, true, done)
	if ctx.Err() == nil && (errors.Is(err, errFinal) || errors.Is(err, context.DeadlineExceeded)) {
		c.missed[goal] = true
		return nil
	}
	return err
}

func (c *course) shrink(ctx context.Context, fleet scaler, steady *clients.Load, lost int64) error {
	if err := fleet.tell(false); err != nil {
		return err
	}
	started := time.Now()
	err := c.await(ctx, "back", countPoll, func(ctx context.Context) (bool, error) {
		bots, err := fleet.bots(ctx)
		return bots == scriptLeast, err
	})
	c.back = time.Since(started).Seconds()
	report := steady.Stop()
	c.lostDown = report.Lost() - lost
	return err
}
