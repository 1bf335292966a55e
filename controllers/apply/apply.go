package apply

import (
	"context"
	"fmt"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
	"github.com/generalbots/botcluster-operator/controllers/provider"
)

// Ports are what steps are carried out against.
type Ports struct {
	Host provider.Host
	// Edge gives the admin API of an edge instance.
	Edge func(instance string) provider.Edge
	// CreateKey makes the Secret of that name with a new key for the cookies of the edges, if it is not there.
	CreateKey func(ctx context.Context, secret string) error
	// Owner is the BotCluster whose instances may be touched.
	Owner model.Owner
}

// Result is what became of one step.
type Result struct {
	Step plan.Step
	// Err is nil when the step was carried out or started.
	Err error
	// Skipped tells that the step was not tried, because an earlier one of its kind failed terminally.
	Skipped bool
}

// Run carries out the steps, at most parallel at a time, in their order; one for a target begins when the one before it for
// that target has ended. After a Terminal error the remaining steps of the same verb and tier are skipped: what one of
// them was refused for holds for all. Only of what edges are told each judges for itself, because their images may differ.
// An edge that did not take its secrets is not told its routes: they may need them. A bot is frozen when all edges have been told
// their pools, and not when one did not take its own; one that could not be promoted is not started.
// The results are in the order of the steps.
func Run(ctx context.Context, steps []plan.Step, ports Ports, parallel int) []Result {
	run := runner{ports: ports, refused: map[kind]bool{}, unready: map[string]bool{}}
	results := make([]Result, len(steps))
	var group errgroup.Group
	group.SetLimit(parallel)
	last := map[string]chan struct{}{}
	var pools []chan struct{}
	for i, step := range steps {
		done := make(chan struct{})
		var before []chan struct{} // each began earlier, so it has a place among the parallel ones
		if earlier := last[step.Target]; earlier != nil {
			before = append(before, earlier)
		}
		last[step.Target] = done
		switch step.Verb {
		case plan.VerbSetPool:
			pools = append(pools, done)
		case plan.VerbFreeze:
			before = append(before, pools...)
		default:
		}
		group.Go(func() error {
			defer close(done)
			for _, earlier := range before {
				<-earlier
			}
			results[i] = run.step(ctx, step)
			return nil
		})
	}
	_ = group.Wait() // errors travel in the results
	return results
}

// kind is what a terminal error says something about.
type kind struct {
	verb plan.Verb
	tier model.Tier
	// edge is the one that was told, empty for all other verbs.
	edge string
}

func kindOf(step plan.Step) kind {
	switch step.Verb {
	case plan.VerbSetPool, plan.VerbSetSecrets, plan.VerbSetRoutes:
		return kind{step.Verb, step.Tier, step.Target}
	default:
		return kind{step.Verb, step.Tier, ""}
	}
}

type runner struct {
	ports   Ports
	mutex   sync.Mutex
	refused map[kind]bool
	// unready are the edges that did not take their secrets and the standbys that could not be promoted; unpooled tells that an
	// edge did not take its pool.
	unready  map[string]bool
	unpooled bool
}

func (r *runner) step(ctx context.Context, step plan.Step) Result {
	kind := kindOf(step)
	r.mutex.Lock()
	skip := r.refused[kind] || r.tooSoon(step)
	if skip && step.Verb == plan.VerbSetPool {
		r.unpooled = true
	}
	r.mutex.Unlock()
	if skip || ctx.Err() != nil {
		return Result{Step: step, Skipped: true}
	}
	err := r.do(ctx, step)
	if err != nil {
		r.note(step, err)
	}
	return Result{Step: step, Err: err}
}

// tooSoon tells that what the step needs first did not come about.
func (r *runner) tooSoon(step plan.Step) bool {
	switch step.Verb {
	case plan.VerbSetRoutes, plan.VerbStart:
		return r.unready[step.Target]
	case plan.VerbFreeze:
		return r.unpooled
	default:
		return false
	}
}

// note keeps what an error says about steps that come later.
func (r *runner) note(step plan.Step, err error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if provider.ClassOf(err) == provider.Terminal {
		r.refused[kindOf(step)] = true
	}
	switch step.Verb {
	case plan.VerbSetSecrets, plan.VerbPromote:
		r.unready[step.Target] = true
	case plan.VerbSetPool:
		r.unpooled = true
	default:
	}
}

func (r *runner) do(ctx context.Context, step plan.Step) error {
	instances, volumes, owner := r.ports.Host.Instances(), r.ports.Host.Volumes(), r.ports.Owner
	switch step.Verb {
	case plan.VerbCreateKey:
		return r.ports.CreateKey(ctx, step.Target)
	case plan.VerbCreateVolume:
		return volumes.Create(ctx, step.Volume)
	case plan.VerbDeleteVolume:
		return provider.IgnoreNotFound(volumes.Delete(ctx, step.Volume))
	case plan.VerbCreate:
		return instances.Create(ctx, step.Instance)
	case plan.VerbConfigure:
		return instances.Configure(ctx, step.Target, owner, step.Files, step.FilesHash)
	case plan.VerbStart:
		return instances.Start(ctx, step.Target, owner)
	case plan.VerbChange, plan.VerbMark, plan.VerbUnmark, plan.VerbRestart, plan.VerbPromote:
		return instances.Change(ctx, step.Target, owner, step.Change)
	case plan.VerbFreeze:
		return instances.Freeze(ctx, step.Target, owner)
	case plan.VerbStop:
		return provider.IgnoreNotFound(instances.Stop(ctx, step.Target, owner, step.Grace))
	case plan.VerbDelete:
		return provider.IgnoreNotFound(instances.Delete(ctx, step.Target, owner))
	case plan.VerbSetPool:
		_, err := r.ports.Edge(step.Target).SetPool(ctx, step.Pool)
		return err
	case plan.VerbSetSecrets:
		return r.ports.Edge(step.Target).SetSecrets(ctx, step.Secrets)
	case plan.VerbSetRoutes:
		return r.ports.Edge(step.Target).SetRoutes(ctx, step.Routes)
	default:
		return fmt.Errorf("no such verb: %q", step.Verb)
	}
}
