package botcluster

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/autoscale"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
	"github.com/generalbots/botcluster-operator/controllers/render"
)

// scaling is what a pass found out about the number of bots.
type scaling struct {
	// on tells that the autoscaler decides; policyErr names the schedules that cannot be read.
	on        bool
	policyErr error
	// last is the last decision since the operator started, and decided tells that this pass made it; meterErr is why Incus's
	// signals are missing.
	last     *autoscale.Decision
	decided  bool
	meterErr error
	// next is when to look at the signals again.
	next time.Duration
}

// scalers remember, for each BotCluster that scales by itself, when its signals are to be looked at again and what the counters said
// then. Nothing is lost with it but one interval: a rate needs two readings.
type scalers struct {
	mutex sync.Mutex
	kept  map[types.UID]*scaler
}

type scaler struct {
	due        time.Time
	generation int64
	interval   time.Duration
	signals    *signals
	last       *autoscale.Decision
	// saved is the number that was last written down before it was acted on, and savedAt when.
	saved    int
	savedAt  time.Time
	meterErr error
	// shown are the values behind what the status says of the rules.
	shown map[string]float64
}

func (s *scalers) of(uid types.UID) *scaler {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.kept == nil {
		s.kept = map[types.UID]*scaler{}
	}
	if s.kept[uid] == nil {
		s.kept[uid] = &scaler{shown: map[string]float64{}}
	}
	return s.kept[uid]
}

// begin notes that the signals are looked at. Another interval asks for other gaps between readings, so it begins anew.
func (s *scaler) begin(generation int64, interval time.Duration) {
	s.generation = generation
	if s.signals == nil || s.interval != interval {
		s.signals, s.interval = newSignals(interval), interval
	}
}

// errStatusStale means that the cache does not show yet what was decided: on the old number nothing must be done.
var errStatusStale = errors.New("the status that was read is older than the last decision")

// cacheDelay bounds how long the cache is believed to lag; after it, somebody else has changed the status.
const cacheDelay = 5 * time.Second

// ahead tells that a decision was saved that the status, as it was read, does not show yet.
func (s *scaler) ahead(status *v1alpha1.ScalingStatus, now time.Time) bool {
	if s.savedAt.IsZero() || now.Sub(s.savedAt) > cacheDelay {
		return false
	}
	return status == nil || int(status.Desired) != s.saved
}

func (s *scalers) forget(uid types.UID) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	delete(s.kept, uid)
}

// scale lets the autoscaler decide when it is time, writes down what it decided before anything is done about it, and puts the
// number of bots into the blueprint. A pass that cannot see the instances decides nothing.
func (r *Reconciler) scale(ctx context.Context, before, bc *v1alpha1.BotCluster, seen *observation) error {
	if !bc.Spec.Scaling.Enabled {
		r.scalers.forget(bc.UID)
		bc.Status.Scaling = nil
		return nil
	}
	policy, policyErr := scalingPolicy(bc.Spec)
	seen.scaling = scaling{on: true, policyErr: policyErr}
	if r.scalers.of(bc.UID).ahead(bc.Status.Scaling, r.Clock.Now()) {
		return errStatusStale
	}
	if bc.Status.Scaling != nil { // what was chosen before says which bots are surplus, not spec.replicas
		render.SetReplicas(&seen.blueprint, bc.Spec, int(bc.Status.Scaling.Desired))
	}
	if seen.InventoryErr == nil && !bc.Spec.Suspend {
		if err := r.decide(ctx, before, bc, seen, policy); err != nil {
			return err
		}
	}
	if bc.Status.Scaling != nil {
		render.SetReplicas(&seen.blueprint, bc.Spec, int(bc.Status.Scaling.Desired))
	}
	seen.drains(bc)
	if last := seen.scaling.last; last != nil && last.StopCreating {
		seen.blueprint.Policy.HoldLaunches = r.Clock.Now().Before(last.BreakerUntil)
	}
	return nil
}

// decide looks at the signals when the interval is over or the spec changed.
func (r *Reconciler) decide(
	ctx context.Context, before, bc *v1alpha1.BotCluster, seen *observation, policy autoscale.Policy,
) error {
	now, kept := r.Clock.Now(), r.scalers.of(bc.UID)
	defer func() { seen.scaling.last, seen.scaling.meterErr = kept.last, kept.meterErr }()
	if wait := kept.due.Sub(now); wait > 0 && kept.generation == bc.Generation {
		seen.scaling.next = wait
		return nil
	}
	kept.begin(bc.Generation, policy.Interval)
	var usages []model.Usage
	usages, kept.meterErr = seen.host.Usage(ctx, seen.blueprint.Owner)
	found := scalingObservation(seen, kept, usages, now)
	decision, state := autoscale.Decide(policy, scalingState(bc.Status.Scaling), found, now)
	kept.last, seen.scaling.decided = &decision, true
	seen.scaling.next = policy.Interval
	if again := decision.Reconsider.Sub(now); !decision.Reconsider.IsZero() && again < policy.Interval {
		seen.scaling.next = max(again, time.Second)
	}
	kept.due = now.Add(seen.scaling.next)
	bc.Status.Scaling = scalingStatus(bc.Status.Scaling, decision, state, kept.shown, now)
	if decision.Desired == decision.Current {
		return nil // the status is written at the end of the pass
	}
	ctrl.LoggerFrom(ctx).Info("Scaling", "from", decision.Current, "to", decision.Desired, "reason", decision.Message)
	if err := r.saveStatus(ctx, before, bc); err != nil {
		kept.due, kept.last = time.Time{}, nil // nothing was decided
		return err
	}
	kept.saved, kept.savedAt = decision.Desired, now
	r.announceScaling(bc, decision)
	return nil
}

// scalingObservation is what the autoscaler is told of the bots.
func scalingObservation(
	seen *observation, kept *scaler, usages []model.Usage, now time.Time,
) autoscale.Observation {
	found := autoscale.Observation{Desired: replicasOf(seen.blueprint), Launches: launchesOf(seen)}
	measured := kept.signals.observe(usages, seen.Edges, seen.EdgeUnheard(seen.blueprint.Owner), now)
	for _, a := range plan.Assess(seen.blueprint, seen.Observed, now) {
		if a.Tier != model.TierBot || a.Instance == nil || !a.Instance.Owned || a.Instance.Standby {
			continue
		}
		instance := measured[a.Name]
		instance.Name = a.Name
		instance.Ready = a.Ready()
		instance.Draining = a.Leaving()
		instance.Starting = slices.Contains(risingPhases, a.Phase)
		found.Instances = append(found.Instances, instance)
	}
	return found
}

// risingPhases are those of bots on their way up. Others that do not serve will not, for all that is known.
var risingPhases = []plan.Phase{
	plan.PhaseAbsent, plan.PhaseCreating, plan.PhaseStopped, plan.PhaseStarting, plan.PhaseBooting, plan.PhaseProbing,
}

// launchesOf says how the making of bots goes. To start again what ran before is no launch, nor is anything about an edge; and what
// failed before the last bot came up is over.
func launchesOf(seen *observation) autoscale.Launches {
	var launches autoscale.Launches
	ran := map[string]bool{}
	for i := range seen.Inventory.Instances {
		bot := &seen.Inventory.Instances[i]
		if bot.Tier != model.TierBot || !bot.Owned {
			continue
		}
		ran[bot.Name] = !bot.StartedAt.IsZero()
		up := bot.Operation == "" && bot.State == model.StateRunning && bot.Address.IsValid()
		switch {
		case slices.Contains(launchVerbs, bot.Operation):
			launches.InFlight++
		case up && bot.StartedAt.After(launches.LastSucceeded):
			launches.LastSucceeded = bot.StartedAt
		}
	}
	stem := seen.blueprint.Owner.Prefix + string(model.TierBot) + "-"
	for name, failure := range seen.Inventory.Failures {
		launch := strings.HasPrefix(name, stem) && slices.Contains(launchVerbs, failure.Operation) && !ran[name]
		if !launch || !failure.At.After(launches.LastSucceeded) {
			continue
		}
		launches.Failed += failure.Count
		if failure.At.After(launches.LastFailed) {
			launches.LastFailed = failure.At
		}
	}
	return launches
}

// launchVerbs are the operations that make a bot.
var launchVerbs = []string{"create", "configure", "start"}

func replicasOf(blueprint plan.Blueprint) int {
	for _, tier := range blueprint.Tiers {
		if tier.Tier == model.TierBot {
			return tier.Replicas
		}
	}
	return 0
}
