package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// MaxStatusInstances is how many instances status.instances lists at most; the counts per tier cover all of them.
const MaxStatusInstances = 256

// BotClusterStatus is what the operator sees.
type BotClusterStatus struct {
	// ObservedGeneration is the generation of the spec that this status answers.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// Conditions: Ready, Reconciling, Stalled, and one for each part. `kubectl wait --for=condition=Ready` works.
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// Replicas is the number of bot instances that exist.
	// +optional
	Replicas int32 `json:"replicas"`

	// ReadyReplicas is the number of bot instances that passed their probe and serve.
	// +optional
	ReadyReplicas int32 `json:"readyReplicas"`

	// DesiredReplicas is the number of bots that there are to be: spec.replicas, or what the autoscaler chose.
	// +optional
	DesiredReplicas int32 `json:"desiredReplicas"`

	// Scaling is what the autoscaler chose and why, while spec.scaling.enabled is set.
	// +optional
	Scaling *ScalingStatus `json:"scaling,omitempty"`

	// Rollout tells how far the replacement of bots is. It is absent while all bots are as declared.
	// +optional
	Rollout *RolloutStatus `json:"rollout,omitempty"`

	// Selector is what the scale subresource reports, for an HPA or KEDA.
	// +optional
	Selector string `json:"selector,omitempty"`

	// URLs are where the edge answers.
	// +listType=atomic
	// +optional
	URLs []string `json:"urls,omitempty"`

	// Tiers counts the instances of each tier.
	// +listType=map
	// +listMapKey=name
	// +optional
	Tiers []TierStatus `json:"tiers,omitempty"`

	// Instances lists the instances by tier and ordinal, at most 256.
	// +listType=map
	// +listMapKey=name
	// +optional
	Instances []InstanceStatus `json:"instances,omitempty"`
}

// TierStatus counts the instances of one tier.
type TierStatus struct {
	// Name of the tier: bot or edge.
	Name string `json:"name"`
	// Desired is how many there should be.
	Desired int32 `json:"desired"`
	// Current is how many exist.
	Current int32 `json:"current"`
	// Ready is how many serve.
	Ready int32 `json:"ready"`
	// Updated is how many were made from the current spec.
	Updated int32 `json:"updated"`
	// Draining is how many are leaving or drained by hand.
	Draining int32 `json:"draining"`
	// Standby is how many wait, frozen, until they are needed; Current does not count them.
	// +optional
	Standby int32 `json:"standby,omitempty"`
}

// InstanceStatus is one instance as it was last seen.
type InstanceStatus struct {
	// Name of the Incus instance.
	Name string `json:"name"`
	// Tier of the instance: bot or edge.
	Tier string `json:"tier"`
	// Ordinal of the instance in its tier, from 1.
	Ordinal int32 `json:"ordinal"`
	// Phase in one word: Creating, Stopped, Starting, Booting, Probing, Ready, Degraded, Unhealthy, Draining, Drained,
	// Standby, Stopping, Deleting, Conflict or Unknown. For people; programs read conditions.
	Phase string `json:"phase"`
	// Address of the instance on its network.
	// +optional
	Address string `json:"address,omitempty"`
	// Location is the Incus cluster member that runs it, when the server is clustered.
	// +optional
	Location string `json:"location,omitempty"`
	// Message says what is wrong or awaited.
	// +optional
	Message string `json:"message,omitempty"`
	// DrainingSince is when the instance began to drain: when it was marked to leave, or, for a bot that is drained by
	// hand, when the first edge was told.
	// +optional
	DrainingSince *metav1.Time `json:"drainingSince,omitempty"`
	// DrainedByHand tells that the annotation scaling.generalbots.dev/drain names the bot.
	// +optional
	DrainedByHand bool `json:"drainedByHand,omitempty"`
	// InFlight counts the requests and streams that a draining bot still has in hand, over all edges. It is absent while
	// an edge cannot be asked.
	// +optional
	InFlight *int64 `json:"inFlight,omitempty"`
	// OpenCircuits are the routes whose circuit breaker for this bot is not closed at some edge: because too many requests
	// failed, the edge gives it none of them, or, while the breaker is half open, only a few to find out.
	// +listType=set
	// +optional
	OpenCircuits []string `json:"openCircuits,omitempty"`
}
