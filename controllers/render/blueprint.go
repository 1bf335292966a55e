package render

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

// Defaults of fields that the API server fills in; they serve objects that did not pass through it.
const (
	defaultReplicas   = 1
	defaultPort       = 8080
	defaultHealthPath = "/api/health"
	defaultInterval   = 10 * time.Second
	defaultTimeout    = 5 * time.Second
	defaultRetries    = 3
)

const (
	// dataPath is where an edge keeps certificates and keys (hack/images/edge), deviceData the volume mounted there.
	dataPath   = "/var/lib/caddy"
	deviceData = "data"
)

// Input is what a blueprint is made from.
type Input struct {
	Cluster *v1alpha1.BotCluster
	Owner   model.Owner
	// Facts may be empty when they could not be had; nothing is created from such a blueprint.
	Facts model.HostFacts
	// Secrets are those that envFrom and files name, by name.
	Secrets map[string]Secret
	// EdgeSecrets are empty when they could not be had; the edges keep what they have then.
	EdgeSecrets EdgeSecrets
	Policy      plan.Policy
}

// Requirements are what a BotCluster needs to find on its Incus server.
func Requirements(spec v1alpha1.BotClusterSpec) model.Requirements {
	return model.Requirements{
		StoragePool: spec.Incus.StoragePool,
		Network:     spec.Incus.Network,
		Profiles:    profiles(spec.Incus),
		Images:      map[model.Tier]model.Image{model.TierBot: image(spec.Bot.Image), model.TierEdge: image(spec.Edge.Image)},
	}
}

// Blueprint renders a BotCluster. Its error says that the bots' files could not be rendered; the rest of the blueprint is
// whole then, and what instances look like must not be judged by it. Secrets of the edges that cannot be used are left out,
// which holds up nothing else: EdgeSecrets.Check says why.
func Blueprint(input Input) (plan.Blueprint, error) {
	spec := input.Cluster.Spec
	blueprint := plan.Blueprint{
		Owner:   input.Owner,
		Members: input.Facts.Members,
		Probe: model.Probe{
			Path:     valueOr(spec.Health.Path, defaultHealthPath),
			Interval: duration(spec.Health.Interval, defaultInterval),
			Timeout:  duration(spec.Health.Timeout, defaultTimeout),
			Retries:  int(valueOr(spec.Health.Retries, defaultRetries)),
		},
		BotPort: int(valueOr(spec.Bot.Port, defaultPort)),
		Routes:  Routes(spec),
		Secrets: input.EdgeSecrets.rendered(spec.Edge, input.Owner),
		Policy:  policy(spec, input.Policy),
	}
	bots, err := botTier(input)
	edges, edgeErr := edgeTier(input)
	blueprint.Tiers = []plan.TierBlueprint{edges, bots} // the edges probe the bots, so they boot first
	return blueprint, cmp.Or(err, edgeErr)
}

// policy puts into a policy what the spec says of it.
func policy(spec v1alpha1.BotClusterSpec, policy plan.Policy) plan.Policy {
	policy = drainPolicy(spec.Drain, policy)
	policy.LostAfter = duration(spec.Placement.LostAfter, policy.LostAfter)
	policy.ProgressDeadline = duration(spec.RollingUpdate.ProgressDeadline, policy.ProgressDeadline)
	if spec.Scaling.Victims == v1alpha1.VictimsHighestOrdinal {
		policy.Victims = plan.HighestOrdinal
	}
	return policy
}

// placement says where new bots go. They are spread unless the spec says otherwise.
func placement(spec v1alpha1.PlacementSpec) plan.Placement {
	placement := plan.Placement{Spread: spec.Spread == nil || *spec.Spread}
	for _, target := range spec.Targets {
		placement.Targets = append(placement.Targets, string(target))
	}
	return placement
}

// drainPolicy puts into a policy how long a bot may take to leave, and how long it takes at least.
func drainPolicy(drain v1alpha1.DrainSpec, policy plan.Policy) plan.Policy {
	policy.DrainTimeout = duration(drain.Timeout, defaultDrainTimeout)
	policy.DrainSettle = min(duration(drain.Settle, policy.DrainSettle), policy.DrainTimeout)
	return policy
}

// Remains is the blueprint of a BotCluster that is to go: no instances of any tier.
func Remains(owner model.Owner, policy plan.Policy) plan.Blueprint {
	return plan.Blueprint{
		Owner: owner, Policy: policy,
		Tiers: []plan.TierBlueprint{{Tier: model.TierEdge}, {Tier: model.TierBot}},
	}
}

func botTier(input Input) (plan.TierBlueprint, error) {
	spec := input.Cluster.Spec
	tier := plan.TierBlueprint{
		Tier: model.TierBot, Replicas: defaultReplicas, Image: image(spec.Bot.Image), Profiles: profiles(spec.Incus),
	}
	if spec.Replicas != nil {
		tier.Replicas = int(*spec.Replicas)
	}
	tier.Surge, tier.Unavailable = rollingBudget(spec.RollingUpdate, tier.Replicas)
	tier.Standby, tier.Placement = int(spec.Scaling.WarmStandby), placement(spec.Placement)
	limits, err := Limits(spec.Bot.Resources)
	if err != nil {
		return tier, fmt.Errorf("spec.bot.%w", err)
	}
	tier.Config = limits.Config
	tier.Devices = func(ordinal int) map[string]model.Device {
		devices := BotProxyDevices(spec.Bot, ordinal)
		maps.Copy(devices, commonDevices(input.Facts, limits))
		return devices
	}
	files := BotInput{Bot: spec.Bot, Secrets: input.Secrets}
	if tier.Files, err = BotFiles(files); err != nil {
		return tier, err
	}
	tier.FilesHash = Hash(tier.Files, files.HashKey(input.Owner))
	var more []string
	if restart := input.Cluster.Annotations[v1alpha1.AnnotationRestart]; restart != "" {
		more = []string{restart}
	}
	tier.Template = templateHash(tier, spec.Incus, more...)
	return tier, nil
}

func edgeTier(input Input) (plan.TierBlueprint, error) {
	spec := input.Cluster.Spec
	tier := plan.TierBlueprint{
		Tier: model.TierEdge, Replicas: int(valueOr(spec.Edge.Instances, 1)), Unavailable: 1, Image: image(spec.Edge.Image),
		Profiles: profiles(spec.Incus),
	}
	limits, err := Limits(spec.Edge.Resources)
	if err != nil {
		return tier, fmt.Errorf("spec.edge.%w", err)
	}
	tier.Config = limits.Config
	if keepsCertificates(spec.Edge) { // and the ACME account: they outlive the instance
		tier.VolumePool = input.Facts.Root["pool"]
	}
	tier.Devices = func(ordinal int) map[string]model.Device {
		devices := EdgeProxyDevices(spec.Edge, ordinal)
		maps.Copy(devices, commonDevices(input.Facts, limits))
		if tier.VolumePool != "" {
			instance := plan.InstanceName(input.Owner.Prefix, model.TierEdge, ordinal)
			devices[deviceData] = model.Device{
				"type": "disk", "pool": tier.VolumePool, "source": plan.VolumeName(instance), "path": dataPath,
			}
		}
		return devices
	}
	tier.Template = templateHash(tier, spec.Incus, string(storedMode(spec.Edge)))
	return tier, nil
}

// storedMode is the mode of TLS as far as instances differ by it: without a data volume they are those of plain HTTP.
func storedMode(edge v1alpha1.EdgeSpec) v1alpha1.TLSMode {
	if edge.TLS.Mode == v1alpha1.TLSModeSecret {
		return v1alpha1.TLSModeOff
	}
	return edge.TLS.Mode
}

// commonDevices are the root disk and the network interface, copied from the profiles so that limits can be put in.
func commonDevices(facts model.HostFacts, limits InstanceLimits) map[string]model.Device {
	return map[string]model.Device{
		facts.RootName: LimitDevice(facts.Root, limits.Root),
		facts.NICName:  LimitDevice(facts.NIC, limits.NIC),
	}
}

// templateHash names all that needs a new container when it changes. Limits and published ports are changed live.
func templateHash(tier plan.TierBlueprint, incus v1alpha1.IncusSpec, more ...string) string {
	content, err := json.Marshal([]any{
		tier.Image, tier.Profiles, tier.FilesHash, incus.StoragePool, incus.Network, more,
	})
	if err != nil {
		panic(err) // strings always marshal
	}
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])[:revisionDigits]
}

func image(reference v1alpha1.ImageReference) model.Image {
	return model.Image{Alias: reference.Alias, Fingerprint: reference.Fingerprint}
}

func profiles(incus v1alpha1.IncusSpec) []string {
	if len(incus.Profiles) == 0 {
		return []string{"default"}
	}
	names := make([]string, 0, len(incus.Profiles))
	for _, name := range incus.Profiles {
		names = append(names, string(name))
	}
	return names
}

func duration(value *metav1.Duration, fallback time.Duration) time.Duration {
	if value == nil {
		return fallback
	}
	return value.Duration
}

// valueOr is the value of a field, or its default when the field is empty.
func valueOr[T comparable](value, fallback T) T {
	var empty T
	if value == empty {
		return fallback
	}
	return value
}
