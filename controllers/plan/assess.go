package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// Phase is how an instance does, in one word for people.
type Phase string

// The phases. Absent is an instance that is wanted and not there. Drained is a bot that somebody drains by hand and that has
// nothing in hand any more. Standby is a bot that waits frozen until it is needed.
const (
	PhaseAbsent    Phase = "Absent"
	PhaseCreating  Phase = "Creating"
	PhaseStopped   Phase = "Stopped"
	PhaseStarting  Phase = "Starting"
	PhaseBooting   Phase = "Booting"
	PhaseProbing   Phase = "Probing"
	PhaseReady     Phase = "Ready"
	PhaseDegraded  Phase = "Degraded"
	PhaseUnhealthy Phase = "Unhealthy"
	PhaseDraining  Phase = "Draining"
	PhaseDrained   Phase = "Drained"
	PhaseStandby   Phase = "Standby"
	PhaseStopping  Phase = "Stopping"
	PhaseDeleting  Phase = "Deleting"
	PhaseConflict  Phase = "Conflict"
	PhaseUnknown   Phase = "Unknown"
)

// Assessment is the judgement on one instance, wanted or there.
type Assessment struct {
	Name    string
	Tier    model.Tier
	Ordinal int
	// Instance is what was seen; nil when it is not there.
	Instance *model.Instance
	Phase    Phase
	// Message says what is wrong or awaited, empty when nothing is.
	Message string
	// Wanted tells that there should be an instance in this place: this one, or the one that will be made when it has left.
	// What is there and not wanted is surplus. While bots are replaced there may be more that are wanted than are to serve.
	Wanted bool
	// Standby tells that it is one of those that wait frozen, or are on their way there; they do not serve.
	Standby bool
	// Outdated tells that the instance was made from another template.
	Outdated bool
	// NoAddress tells that the instance ran into the address deadline.
	NoAddress bool
	// Works tells that it is known to do some of its work, also while it leaves: an edge finds the bot well, or the edge
	// answers and has routes, be they older ones.
	Works bool
	// Behind tells that an edge holds older secrets than the current ones.
	Behind bool
	// Waits tells that the bot is surplus and does not leave yet, because nobody else would take new requests.
	Waits bool
	// Away tells that the bot is out of reach with its member of the Incus cluster, and another takes its place.
	Away bool
	// Drain is how far a bot is that takes nothing new; nil when it takes what comes.
	Drain *Drain
	// Circuits are its circuit breakers that are not closed, by route, then edge.
	Circuits []Circuit
	// Failure is the last failed operation on it.
	Failure model.Failure

	// goes says why it is to leave, empty when it stays; later tells that there is no room for it yet.
	goes  string
	later bool
	// byHand tells that somebody drains a bot of its name by hand.
	byHand bool
	// sick tells that a bot should be up and is unhealthy for every edge; restart and replace that it is its turn to be healed.
	sick, restart, replace bool
	// promote tells that a standby is to serve from now on, freeze that it is to wait from now on.
	promote, freeze bool
}

// Ready tells that the instance is wanted and does its work.
func (a Assessment) Ready() bool { return a.Wanted && !a.Standby && a.Phase == PhaseReady }

// Leaving tells that the instance carries the mark of leaving.
func (a Assessment) Leaving() bool { return a.Instance != nil && !a.Instance.DrainingSince.IsZero() }

// restarting tells that the instance drains only to be restarted: it was marked with both at once.
func (a Assessment) restarting() bool {
	return a.Leaving() && a.Instance.DrainingSince.Equal(a.Instance.Restarted)
}

// leaves tells that the instance carries the mark of leaving and is not to come back.
func (a Assessment) leaves() bool { return a.Leaving() && !a.restarting() }

// Drained tells that the bot runs and takes nothing new, because somebody drains it by hand and not because it leaves.
func (a Assessment) Drained() bool {
	return a.named() && !a.Leaving() && (a.Phase == PhaseDraining || a.Phase == PhaseDrained)
}

// named tells that somebody drains the bot by hand, whether or not it also leaves.
func (a Assessment) named() bool { return a.Drain != nil && a.Drain.ByHand }

// ours tells that the instance is there, can be read, and belongs to the BotCluster.
func (a Assessment) ours() bool {
	return a.Instance != nil && a.Phase != PhaseConflict && a.Phase != PhaseUnknown
}

// idle tells that the instance is ours and no operation is in flight on it.
func (a Assessment) idle() bool { return a.ours() && a.Instance.Operation == "" }

// running tells that the instance's processes run.
func (a Assessment) running() bool {
	return a.Instance != nil && a.Instance.State == model.StateRunning
}

// assessor judges instances.
type assessor struct {
	want Blueprint
	seen sight
	now  time.Time
}

// all judges every instance that is wanted or there, sorted by tier in the blueprint's order, then ordinal, then name. It also
// says how far each tier is on its way to the current template.
func (a assessor) all() ([]Assessment, []Rollout) {
	var out []Assessment
	known, stalled := map[string]bool{}, map[model.Tier]string{}
	for _, tier := range a.want.Tiers {
		if tier.Tier == model.TierBot {
			continue
		}
		for ordinal := 1; ordinal <= tier.Replicas; ordinal++ {
			name := InstanceName(a.want.Owner.Prefix, tier.Tier, ordinal)
			known[name] = true
			place := a.one(name, tier.Tier, ordinal)
			place.Wanted = true
			a.homeless(&place, tier)
			out = append(out, place)
		}
	}
	if tier, found := a.want.tier(model.TierBot); found {
		bots, why := a.bots(tier)
		for i := range bots {
			known[bots[i].Name] = true
		}
		out, stalled[model.TierBot] = append(out, bots...), why
	}
	for i := range a.seen.Inventory.Instances {
		instance := &a.seen.Inventory.Instances[i]
		if !known[instance.Name] && (instance.Owned || instance.State == model.StateUnknown) {
			out = append(out, a.one(instance.Name, instance.Tier, instance.Ordinal))
		}
	}
	a.finish(out)
	slices.SortStableFunc(out, func(x, y Assessment) int {
		return cmp.Or(cmp.Compare(a.rank(x.Tier), a.rank(y.Tier)), cmp.Compare(x.Ordinal, y.Ordinal), cmp.Compare(x.Name, y.Name))
	})
	rollouts := make([]Rollout, 0, len(a.want.Tiers))
	for _, tier := range a.want.Tiers {
		rollouts = append(rollouts, rollout(tier, out, stalled[tier.Tier]))
	}
	return out, rollouts
}

// bots judges all bots, those that are there and those that are missing, and tells which newcomer fails.
func (a assessor) bots(tier TierBlueprint) (bots []Assessment, stalled string) {
	var there []*Assessment
	for i := range a.seen.Inventory.Instances {
		instance := &a.seen.Inventory.Instances[i]
		if ordinal, found := a.botOrdinal(*instance); found {
			bot := a.one(instance.Name, model.TierBot, ordinal)
			there = append(there, &bot)
		}
	}
	absent, stalled := a.chooseBots(tier, there)
	for _, bot := range there {
		if bot.Wanted || bot.Phase != PhaseConflict { // a name that nobody needs is nobody's business
			bots = append(bots, *bot)
		}
	}
	for _, bot := range absent {
		if bot.Instance == nil {
			bots = append(bots, *bot)
		}
	}
	return bots, stalled
}

// botOrdinal tells whether an instance is a bot, or has the name of one, and which.
func (a assessor) botOrdinal(instance model.Instance) (int, bool) {
	if instance.Tier == model.TierBot && instance.Owned {
		return instance.Ordinal, true
	}
	digits, named := strings.CutPrefix(instance.Name, a.want.Owner.Prefix+string(model.TierBot)+"-")
	ordinal, err := strconv.Atoi(digits)
	return ordinal, named && err == nil && ordinal > 0 && strconv.Itoa(ordinal) == digits
}

// finish adds what depends on which instances are wanted.
func (a assessor) finish(all []Assessment) {
	nobody := nobodyServes(all)
	for i := range all {
		bot := &all[i]
		if bot.Instance == nil {
			continue
		}
		bot.Drain = a.drain(*bot.Instance, bot.Wanted)
		if bot.Waits = nobody && !bot.Wanted && lastToServe(*bot.Instance); bot.Waits && bot.Message == "" {
			bot.Message = "it is surplus and stays for now, because all bots that are wanted are drained by hand"
		}
	}
}

func (a assessor) rank(tier model.Tier) int {
	i := slices.IndexFunc(a.want.Tiers, func(t TierBlueprint) bool { return t.Tier == tier })
	if i < 0 {
		return len(a.want.Tiers)
	}
	return i
}

func (a assessor) one(name string, tier model.Tier, ordinal int) Assessment {
	out := Assessment{Name: name, Tier: tier, Ordinal: ordinal, Phase: PhaseAbsent}
	out.Failure, out.byHand = a.seen.Inventory.Failures[name], a.want.Drained[name]
	if instance, found := a.seen.instances[name]; found {
		out.Standby = standsBy(*instance)
		out.byHand = out.byHand && !out.Standby
		out.Instance = instance
		out.Phase, out.Message = a.phase(*instance)
		out.Outdated = a.outdated(*instance)
		out.NoAddress = a.noAddress(*instance)
		out.Works = a.works(*instance)
		out.Behind = a.behind(*instance)
		out.sick = a.sick(*instance)
		if why, away := a.away(*instance); away {
			out.Away, out.Message = true, why
		}
		out.Circuits = a.seen.circuits(*instance)
	}
	if out.Message == "" && out.Failure.Message != "" && out.Phase != PhaseReady {
		out.Message = fmt.Sprintf("%s failed: %s", out.Failure.Operation, out.Failure.Message)
	}
	return out
}

// outdated compares templates. Without the whole blueprint nothing is called outdated. An instance that somebody started
// before it had its files is no better than one from another template.
func (a assessor) outdated(instance model.Instance) bool {
	tier, found := a.want.tier(instance.Tier)
	if !found || a.seen.SecretsErr != nil || !instance.Owned {
		return false
	}
	bare := instance.State == model.StateRunning && len(tier.Files) > 0 && instance.Configured == ""
	return instance.Template != tier.Template || bare
}

func (a assessor) noAddress(instance model.Instance) bool {
	return instance.Owned && instance.State == model.StateRunning && instance.Operation == "" &&
		!instance.Address.IsValid() && !instance.StartedAt.IsZero() &&
		a.now.Sub(instance.StartedAt) > a.want.Policy.AddressDeadline
}

// operationPhases says what an operation in flight makes of an instance.
var operationPhases = map[string]Phase{
	"create": PhaseCreating, "configure": PhaseCreating, "start": PhaseStarting, "restart": PhaseStarting, "unfreeze": PhaseStarting,
	"stop": PhaseStopping, "delete": PhaseDeleting,
}

func (a assessor) phase(instance model.Instance) (Phase, string) {
	switch {
	case instance.State == model.StateUnknown:
		return PhaseUnknown, "its state cannot be read: the Incus cluster member that holds it may be offline"
	case !instance.Owned:
		return PhaseConflict, "an instance of this name exists and does not belong to this BotCluster: " +
			"delete or rename it, or rename the BotCluster"
	}
	if phase, busy := operationPhases[instance.Operation]; busy {
		return phase, ""
	}
	switch {
	case instance.State == model.StateFrozen && standsBy(instance):
		return PhaseStandby, ""
	case instance.State == model.StateFrozen:
		return PhaseStopped, "it is frozen"
	case instance.State != model.StateRunning:
		return PhaseStopped, ""
	case !instance.DrainingSince.IsZero():
		return PhaseDraining, a.overdue(instance)
	case !instance.Address.IsValid() && a.noAddress(instance):
		return PhaseBooting, "it runs without an address: the host may be out of inotify instances " +
			"(sysctl fs.inotify.max_user_instances), the network out of leases, or the image without a DHCP client"
	case !instance.Address.IsValid():
		return PhaseBooting, ""
	case instance.Tier == model.TierEdge:
		return a.edgePhase(instance)
	default:
		return a.botPhase(instance)
	}
}

// standsBy tells that an instance is a bot that waits until it is needed, or is on its way there.
func standsBy(instance model.Instance) bool {
	return instance.Standby && instance.Tier == model.TierBot && instance.Owned
}

func (a assessor) edgePhase(instance model.Instance) (Phase, string) {
	edge, asked := a.seen.Edges[instance.Name]
	switch {
	case !asked || edge.Err != nil:
		return PhaseProbing, "its admin API does not answer yet"
	case edge.State.RoutesRevision != a.want.Routes.Revision:
		return PhaseProbing, "it does not serve the declared routes yet"
	case a.want.Secrets.Revision != "" && edge.State.SecretsRevision == "":
		return PhaseProbing, "it holds no secrets yet" // one with older secrets is given the current ones in this very pass
	case edge.State.PoolRevision == "": // one that is merely behind gets the current pool in this very pass
		return PhaseProbing, "it does not know the bots yet"
	default:
		return PhaseReady, ""
	}
}

// severity orders probe results: a bot is judged by the worst that an edge says of it. A result that is not known here
// is no better than none.
func severity(probe model.ProbeResult) int {
	switch probe {
	case model.ProbeHealthy:
		return 0
	case model.ProbeDegraded:
		return 2
	case model.ProbeUnhealthy:
		return 3
	default:
		return 1
	}
}

func (a assessor) works(instance model.Instance) bool {
	if instance.Tier == model.TierEdge {
		edge, asked := a.seen.Edges[instance.Name]
		return asked && edge.Err == nil && edge.State.RoutesRevision != ""
	}
	return slices.ContainsFunc(a.seen.edges, func(edge string) bool {
		return a.seen.member(edge, instance.Name).Probe == model.ProbeHealthy
	})
}

// behind compares secrets. When the current ones could not be had, nothing is said of those that an edge holds.
func (a assessor) behind(instance model.Instance) bool {
	edge, asked := a.seen.Edges[instance.Name]
	current := a.want.Secrets.Revision
	return asked && edge.Err == nil && a.seen.EdgeSecretsErr == nil && current != "" && current != edge.State.SecretsRevision
}

func (a assessor) botPhase(instance model.Instance) (Phase, string) {
	if a.want.Drained[instance.Name] && !instance.Standby {
		return a.handDrainPhase(instance.Name)
	}
	worst, answered := model.MemberStatus{Probe: model.ProbeHealthy}, 0
	for _, name := range a.seen.edges {
		if a.seen.Edges[name].Err != nil {
			continue
		}
		answered++
		if member := a.seen.member(name, instance.Name); severity(member.Probe) > severity(worst.Probe) {
			worst = member
		}
	}
	switch {
	case answered == 0:
		return PhaseProbing, "no edge answers, so its health is not known"
	case worst.Probe == model.ProbeHealthy && instance.Standby:
		return PhaseProbing, "it is well, and will wait frozen"
	case worst.Probe == model.ProbeHealthy:
		return PhaseReady, a.passedOver(instance.Name)
	case worst.Probe == model.ProbeDegraded:
		return PhaseDegraded, "its health endpoint says that it cannot reach its database"
	case worst.Probe == model.ProbeUnhealthy:
		return PhaseUnhealthy, unhealthy(worst)
	default:
		return PhaseProbing, ""
	}
}

// unhealthy says how a probe failed, without the words of the transport: they hold ports that differ from probe to probe.
func unhealthy(member model.MemberStatus) string {
	if member.StatusCode == 0 {
		return "its health endpoint does not answer in time, or not at all"
	}
	return fmt.Sprintf("its health endpoint answers %d", member.StatusCode)
}
