package plan

import (
	"slices"
	"strings"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// Blueprint is what a BotCluster asks for, in the terms of Incus and Caddy. It is rendered from the spec.
type Blueprint struct {
	Owner model.Owner
	// Tiers in the order in which they are created.
	Tiers []TierBlueprint
	// Members are those of the Incus cluster, sorted by name; none on a server that is not clustered.
	Members []model.HostMember
	// Probe is how the edges probe the bots, BotPort where.
	Probe   model.Probe
	BotPort int
	// Routes are what the edges serve, Secrets what they need for it and nobody else may see. An empty revision of the
	// Secrets stands for none.
	Routes  model.Routes
	Secrets model.EdgeSecrets
	// KeySecret is the name of the Secret that holds the key of the edges' cookies.
	KeySecret string
	// Drained are the names of the bots that somebody drains by hand.
	Drained map[string]bool
	// Limits of time and number.
	Policy Policy
}

// TierBlueprint is the template of one tier and how many instances there should be.
type TierBlueprint struct {
	Tier     model.Tier
	Replicas int
	// Template is the hash of all that needs a new container when it changes.
	Template string
	Image    model.Image
	Profiles []string
	// Config are the `limits.*` keys that the operator owns; an empty value stands for "not set". Changed live.
	Config map[string]string
	// Files are written before the first start; FilesHash names their content.
	Files     []model.File
	FilesHash string
	// VolumePool is the storage pool of the instances' data volumes; empty when the tier has none.
	VolumePool string
	// Devices of the instance with that ordinal. Changed live.
	Devices func(ordinal int) map[string]model.Device
	// Surge is how many instances there may be above the Replicas while bots are replaced, Unavailable how many of the Replicas
	// may be missing meanwhile. When both are zero, Surge is one. Tiers whose ports and volumes belong to an ordinal are
	// replaced in place: one is missing at least, and Surge says nothing.
	Surge, Unavailable int
	// Standby is how many bots wait frozen beside the Replicas; other tiers have none.
	Standby int
	// Placement says where instances are made.
	Placement Placement
}

// Observed is what a pass has seen. A part that could not be read carries its error and no data: it is unknown.
type Observed struct {
	Inventory    model.Inventory
	InventoryErr error
	// FactsErr and SecretsErr tell that the blueprint could not be made whole, so nothing new is created from it.
	FactsErr   error
	SecretsErr error
	// EdgeSecretsErr tells that the blueprint's Secrets could not be had: edges keep those that they hold, and none is taken
	// away, because one made now could not serve. KeyMissing tells that there is no KeySecret.
	EdgeSecretsErr error
	KeyMissing     bool
	// Edges holds what each running edge answered, by instance name.
	Edges map[string]EdgeObservation
}

// EdgeObservation is what one running edge answered.
type EdgeObservation struct {
	State model.EdgeState
	Err   error
}

// Complete tells whether instances may be created and changed: a blueprint from half of the facts would differ from the
// true one.
func (o Observed) Complete() bool {
	return o.InventoryErr == nil && o.FactsErr == nil && o.SecretsErr == nil
}

// MayRemove tells whether instances of a tier may be replaced or removed: what was removed could not be made again as it
// was, and nothing destructive follows a failed read. The bots need nothing of the edges' secrets.
func (o Observed) MayRemove(tier model.Tier) bool {
	return o.Complete() && (tier != model.TierEdge || o.EdgeSecretsErr == nil)
}

// EdgeUnheard tells that not all edges that may serve could be asked: one does not answer, or what may be one cannot be read.
func (o Observed) EdgeUnheard(owner model.Owner) bool {
	for _, edge := range o.Edges {
		if edge.Err != nil {
			return true
		}
	}
	return slices.ContainsFunc(o.Inventory.Instances, func(i model.Instance) bool { return hiddenEdge(i, owner) })
}

// hiddenEdge tells that an instance which may be an edge could not be read: it may run and send requests.
func hiddenEdge(instance model.Instance, owner model.Owner) bool {
	named := strings.HasPrefix(instance.Name, owner.Prefix+string(model.TierEdge)+"-")
	return instance.State == model.StateUnknown && (instance.Tier == model.TierEdge || named)
}

// tier returns the blueprint of a tier.
func (b Blueprint) tier(tier model.Tier) (TierBlueprint, bool) {
	i := slices.IndexFunc(b.Tiers, func(t TierBlueprint) bool { return t.Tier == tier })
	if i < 0 {
		return TierBlueprint{}, false
	}
	return b.Tiers[i], true
}
