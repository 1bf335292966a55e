package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// RollingUpdateSpec says how bots are replaced when what they are made from changes: image, command, environment, files.
// Resources and published ports are changed on running bots instead. The first new bot that fails stops the update: the
// condition Stalled says which, and the old ones serve on. Edges are always replaced one by one, in place.
type RollingUpdateSpec struct {
	// MaxSurge is how many bots there may be beyond the wanted number meanwhile: a number, or a percentage that is rounded up.
	// +kubebuilder:default=1
	// +kubebuilder:validation:XIntOrString
	// +kubebuilder:validation:XValidation:rule="type(self) == int ? (self >= 0 && self <= 1000) : self.matches('^(100|[1-9]?[0-9])%$')",message="rollingUpdate.maxSurge must be a number from 0 to 1000 or a percentage up to 100%, such as 1 or 25%"
	// +optional
	MaxSurge *intstr.IntOrString `json:"maxSurge,omitempty"`

	// MaxUnavailable is how many of the wanted bots may be missing meanwhile: a number, or a percentage that is rounded down.
	// With both at 0 one more is made at a time.
	// +kubebuilder:default=0
	// +kubebuilder:validation:XIntOrString
	// +kubebuilder:validation:XValidation:rule="type(self) == int ? (self >= 0 && self <= 1000) : self.matches('^(100|[1-9]?[0-9])%$')",message="rollingUpdate.maxUnavailable must be a number from 0 to 1000 or a percentage up to 100%, such as 0 or 25%"
	// +optional
	MaxUnavailable *intstr.IntOrString `json:"maxUnavailable,omitempty"`

	// ProgressDeadline is how long a new bot may take until it serves before the update counts as stalled, for example `10m`.
	// +kubebuilder:default="10m"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(ms|s|m|h))+$') && duration(self) >= duration('10s') && duration(self) <= duration('24h')",message="rollingUpdate.progressDeadline must be a duration from 10s to 24h, such as 10m"
	// +optional
	ProgressDeadline *metav1.Duration `json:"progressDeadline,omitempty"`
}

// PlacementSpec says which members of an Incus cluster run the bots. On a server that is not clustered it changes nothing.
// What runs already is not moved.
type PlacementSpec struct {
	// Targets are members or groups of the Incus cluster: `node-1`, or `@gpu` for a group. Default: all members.
	// +kubebuilder:validation:MaxItems=64
	// +listType=set
	// +optional
	Targets []PlacementTarget `json:"targets,omitempty"`

	// Spread puts each new bot on the member that has the fewest. Set to false, Incus chooses among the members, unless
	// targets name some.
	// +kubebuilder:default=true
	// +optional
	Spread *bool `json:"spread,omitempty"`

	// LostAfter is how long a member may be offline before its bots are replaced on others, for example `5m`. Edges, which keep
	// data, are not. When the member comes back, what is too many leaves.
	// +kubebuilder:default="5m"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(ms|s|m|h))+$') && duration(self) >= duration('10s') && duration(self) <= duration('24h')",message="placement.lostAfter must be a duration from 10s to 24h, such as 5m"
	// +optional
	LostAfter *metav1.Duration `json:"lostAfter,omitempty"`
}

// PlacementTarget is a member of an Incus cluster, or a group of them with an @ before its name.
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=64
// +kubebuilder:validation:XValidation:rule="self.matches('^@?[A-Za-z0-9][A-Za-z0-9._-]*$')",message="placement.targets must be names of cluster members or, with @, of cluster groups (`incus cluster list` shows them)"
type PlacementTarget string
