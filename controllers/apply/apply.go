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
// An edge that did not take its secrets is not told its routes: they may need them.
// The results are in the order of the steps.
func Run(ctx context.Context, steps []plan.Step, ports Ports, parallel int) []Result {
	run := runner{ports: ports, refused: map[kind]bool{}, unarmed: map[string]bool{}}
	results := make([]Result, len(steps))
	var group errgroup.Group
	group.SetLimit(parallel)
	last := map[string]chan struct{}{}
	for i, step := range steps {
		before, done := last[step.Target], make(chan struct{})
		last[step.Target] = done
		group.Go(func() error {
			defer close(done)
			if before != nil {
				<-before // it began earlier, so it has a place among the parallel ones
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
	// unarmed are the edges that did not take their secrets.
	unarmed map[string]bool
}

func (r *runner) step(ctx context.Context, step plan.Step) Result {
	kind := kindOf(step)
	r.mutex.Lock()
	skip := r.refused[kind] || (step.Verb == plan.VerbSetRoutes && r.unarmed[step.Target])
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

// note keeps what an error says about steps that come later.
func (r *runner) note(step plan.Step, err error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if provider.ClassOf(err) == provider.Terminal {
		r.refused[kindOf(step)] = true
	}
	if step.Verb == plan.VerbSetSecrets {
		r.unarmed[step.Target] = true
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
	case plan.VerbChange, plan.VerbMark, plan.VerbUnmark, plan.VerbRestart:
		return instances.Change(ctx, step.Target, owner, step.Change)
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
