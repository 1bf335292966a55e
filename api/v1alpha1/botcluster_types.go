package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// BotClusterSpec says what one deployment of General Bots should look like.
type BotClusterSpec struct {
	// Replicas is the number of bot instances. `kubectl scale`, an HPA and KEDA write it.
	// +kubebuilder:default=1
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000
	// +optional
	Replicas *int32 `json:"replicas,omitempty"`

	// Incus says which Incus server runs the instances, and with which pool, network and profiles.
	// +required
	Incus IncusSpec `json:"incus"`

	// Bot describes the bot tier: one LXC container per replica.
	// +required
	Bot BotSpec `json:"bot"`

	// Edge describes the edge tier: the Caddy instances that clients talk to.
	// +required
	Edge EdgeSpec `json:"edge"`

	// Health says how a bot is probed before it serves and while it serves. The edge instances do the probing.
	// +optional
	// +kubebuilder:default={}
	Health HealthSpec `json:"health,omitempty"`

	// Drain says how a bot leaves: it gets no new requests, ends what it has in hand, then stops.
	// +optional
	// +kubebuilder:default={}
	Drain DrainSpec `json:"drain,omitempty"`

	// Scaling lets the operator choose the number of bots, and keeps some in reserve.
	// +optional
	// +kubebuilder:default={}
	Scaling ScalingSpec `json:"scaling,omitempty"`

	// RollingUpdate says how bots are replaced when what they are made from changes.
	// +optional
	// +kubebuilder:default={}
	RollingUpdate RollingUpdateSpec `json:"rollingUpdate,omitempty"`

	// Placement says which members of an Incus cluster run the bots.
	// +optional
	// +kubebuilder:default={}
	Placement PlacementSpec `json:"placement,omitempty"`

	// Suspend stops the operator from changing anything for this BotCluster; the instances stay as they are and the
	// status goes on telling what is seen. Deletion works while suspended.
	// +optional
	Suspend bool `json:"suspend,omitempty"`

	// DeletionPolicy says what happens to data volumes when the BotCluster is deleted. `Retain` (the default) keeps
	// them in their storage pool, `Delete` removes them. Instances always go.
	// +kubebuilder:default=Retain
	// +optional
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`
}

// DeletionPolicy says what becomes of data volumes when their BotCluster is deleted.
// +kubebuilder:validation:Enum=Retain;Delete
type DeletionPolicy string

const (
	// DeletionPolicyRetain keeps data volumes.
	DeletionPolicyRetain DeletionPolicy = "Retain"
	// DeletionPolicyDelete removes data volumes together with the instances.
	DeletionPolicyDelete DeletionPolicy = "Delete"
)

// HealthSpec says how bots are probed. The names and defaults are those of the General Bots scaling document
// (`health-endpoint`, `health-interval`, `health-timeout`, `health-retries`).
// +kubebuilder:validation:XValidation:rule="!has(self.timeout) || !has(self.interval) || duration(self.timeout) <= duration(self.interval)",message="health.timeout must not be longer than health.interval: write a shorter timeout or a longer interval"
type HealthSpec struct {
	// Path is the health endpoint of the bot, for example `/api/health`. A 2xx answer means healthy; 503 with
	// `"status":"degraded"` means that the bot lives but its database is away.
	// +kubebuilder:default="/api/health"
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self.matches('^/[A-Za-z0-9._~/-]*$')",message="health.path must be an absolute URL path of letters, digits and ._~/- such as /api/health, without query or fragment"
	// +optional
	Path string `json:"path,omitempty"`

	// Interval is the time between two probes of one bot, for example `10s`. At least 1s, at most 10m.
	// +kubebuilder:default="10s"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(ms|s|m|h))+$') && duration(self) >= duration('1s') && duration(self) <= duration('10m')",message="health.interval must be a duration from 1s to 10m, such as 10s"
	// +optional
	Interval *metav1.Duration `json:"interval,omitempty"`

	// Timeout is how long one probe may take, for example `5s`. At least 100ms, at most 1m, and not above interval.
	// +kubebuilder:default="5s"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(ms|s|m|h))+$') && duration(self) >= duration('100ms') && duration(self) <= duration('1m')",message="health.timeout must be a duration from 100ms to 1m, such as 5s"
	// +optional
	Timeout *metav1.Duration `json:"timeout,omitempty"`

	// Retries is the number of consecutive failed probes after which a bot that served serves no more.
	// +kubebuilder:default=3
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	// +optional
	Retries int32 `json:"retries,omitempty"`

	// FailDuration is how long the edge remembers that a request to a bot failed (`fail_duration`), for example `30s`: a
	// bot with maxFails of them in that time is passed over while others serve. This finds a dead bot before its next
	// probes do. At most 10m; `0s` remembers nothing.
	// +kubebuilder:default="30s"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(ms|s|m|h))+$') && duration(self) <= duration('10m')",message="health.failDuration must be a duration of at most 10m, such as 30s"
	// +optional
	FailDuration *metav1.Duration `json:"failDuration,omitempty"`

	// MaxFails is the number of failed requests within failDuration after which a bot is passed over. A request failed
	// when the bot could not be reached or broke off; an answer, a 5xx too, is the circuit breaker's business. The default
	// is that of retries: Caddy's own, 1, would pass over a bot for one lost connection.
	// +kubebuilder:default=3
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	// +optional
	MaxFails int32 `json:"maxFails,omitempty"`
}

// DrainSpec says how long a bot may take to leave.
// +kubebuilder:validation:XValidation:rule="!has(self.settle) || !has(self.timeout) || duration(self.settle) <= duration(self.timeout)",message="drain.settle must not be longer than drain.timeout: write a shorter settle or a longer timeout"
type DrainSpec struct {
	// Timeout is how long a leaving bot may go on with the requests and streams it has in hand before it is stopped,
	// for example `30s`. At most 24h; `0s` stops at once.
	// +kubebuilder:default="30s"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(ms|s|m|h))+$') && duration(self) <= duration('24h')",message="drain.timeout must be a duration of at most 24h, such as 30s"
	// +optional
	Timeout *metav1.Duration `json:"timeout,omitempty"`

	// Settle is the least time that a leaving bot runs on after the edges were told, also with nothing in hand: a request
	// that an edge gave it just before is on its way for a moment. For example `1s`, which is the default, or timeout when
	// that is shorter.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(ms|s|m|h))+$') && duration(self) <= duration('24h')",message="drain.settle must be a duration of at most 24h, such as 1s"
	// +optional
	Settle *metav1.Duration `json:"settle,omitempty"`
}

// BotCluster is one deployment of General Bots: a fleet of bot servers in LXC containers on Incus, behind Caddy.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:subresource:scale:specpath=.spec.replicas,statuspath=.status.replicas,selectorpath=.status.selector
// +kubebuilder:resource:shortName=bc,categories={all,bots}
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`,description="Whether everything is as declared"
// +kubebuilder:printcolumn:name="Desired",type=integer,JSONPath=`.status.desiredReplicas`,description="Bots that there are to be"
// +kubebuilder:printcolumn:name="Bots",type=integer,JSONPath=`.status.readyReplicas`,description="Bots that serve"
// +kubebuilder:printcolumn:name="Status",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`,description="What is going on, in a sentence"
// +kubebuilder:printcolumn:name="URL",type=string,JSONPath=`.status.urls[0]`,priority=1,description="Where the edge answers"
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`,priority=1
// +kubebuilder:printcolumn:name="Suspended",type=boolean,JSONPath=`.spec.suspend`,priority=1
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type BotCluster struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec is what the user wants. The operator never writes it.
	// +required
	Spec BotClusterSpec `json:"spec"`

	// Status is what the operator sees.
	// +optional
	Status BotClusterStatus `json:"status,omitempty"`
}

// BotClusterList is a list of BotClusters.
//
// +kubebuilder:object:root=true
type BotClusterList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []BotCluster `json:"items"`
}
