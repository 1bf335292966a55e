package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ScalingSpec lets the operator choose the number of bots. The names and defaults of the first eight fields are those of the
// General Bots scaling document (`scale-enabled`, `scale-min-instances`, and so on).
// +kubebuilder:validation:XValidation:rule="!has(self.minInstances) || !has(self.maxInstances) || self.minInstances <= self.maxInstances",message="scaling.minInstances must not be above scaling.maxInstances"
type ScalingSpec struct {
	// Enabled lets the operator choose the number of bots between minInstances and maxInstances, beginning with
	// spec.replicas; status.scaling says what it chose and why. While it is false spec.replicas decides, which `kubectl scale`,
	// an HPA and KEDA write. Do not let two of them decide: with enabled, spec.replicas is not looked at any more.
	// +optional
	Enabled bool `json:"enabled,omitempty"`

	// MinInstances is the least number of bots. At least 1: what does not run can not be measured.
	// +kubebuilder:default=1
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	// +optional
	MinInstances int32 `json:"minInstances,omitempty"`

	// MaxInstances is the largest number of bots, those of a rolling update and of warm standby not counted.
	// +kubebuilder:default=10
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	// +optional
	MaxInstances int32 `json:"maxInstances,omitempty"`

	// CPUThreshold is the mean CPU use of the bots, in percent of what each may use, above which there are to be more; 0
	// looks at something else.
	// +kubebuilder:default=70
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	// +optional
	CPUThreshold *int32 `json:"cpuThreshold,omitempty"`

	// MemoryThreshold is the same for memory, in percent of bot.resources.memory; the page cache does not count. Without that
	// limit, or with 0, memory is not looked at.
	// +kubebuilder:default=80
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	// +optional
	MemoryThreshold *int32 `json:"memoryThreshold,omitempty"`

	// RequestThreshold is the number of requests per minute and bot, on average, above which there are to be more; 0 looks at
	// something else.
	// +kubebuilder:default=1000
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=10000000
	// +optional
	RequestThreshold *int32 `json:"requestThreshold,omitempty"`

	// Cooldown is the time between two changes of the number of bots, for example `300s`. At most 24h. When all bots of a change
	// serve and a threshold is still exceeded by a tenth, the change was too small and goes on within it. Changes of the range,
	// by the spec or a schedule, do not count.
	// +kubebuilder:default="300s"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(ms|s|m|h))+$') && duration(self) >= duration('0s') && duration(self) <= duration('24h')",message="scaling.cooldown must be a duration from 0s to 24h, such as 300s"
	// +optional
	Cooldown *metav1.Duration `json:"cooldown,omitempty"`

	// CheckInterval is the time between two looks at the signals, for example `30s`. Incus measures every 10 s at best.
	// +kubebuilder:default="30s"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(ms|s|m|h))+$') && duration(self) >= duration('5s') && duration(self) <= duration('1h')",message="scaling.checkInterval must be a duration from 5s to 1h, such as 30s"
	// +optional
	CheckInterval *metav1.Duration `json:"checkInterval,omitempty"`

	// ScaleUpCooldown is the time after any change before there may be more bots. Default: cooldown.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(ms|s|m|h))+$') && duration(self) >= duration('0s') && duration(self) <= duration('24h')",message="scaling.scaleUpCooldown must be a duration from 0s to 24h, such as 60s"
	// +optional
	ScaleUpCooldown *metav1.Duration `json:"scaleUpCooldown,omitempty"`

	// ScaleDownCooldown is the time after any change before there may be fewer bots. Default: cooldown.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(ms|s|m|h))+$') && duration(self) >= duration('0s') && duration(self) <= duration('24h')",message="scaling.scaleDownCooldown must be a duration from 0s to 24h, such as 600s"
	// +optional
	ScaleDownCooldown *metav1.Duration `json:"scaleDownCooldown,omitempty"`

	// StabilizationWindow is how far back the largest number that was asked for still counts before there may be fewer, for
	// example `300s`, against a load that comes and goes.
	// +kubebuilder:default="300s"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(ms|s|m|h))+$') && duration(self) >= duration('0s') && duration(self) <= duration('24h')",message="scaling.stabilizationWindow must be a duration from 0s to 24h, such as 300s"
	// +optional
	StabilizationWindow *metav1.Duration `json:"stabilizationWindow,omitempty"`

	// Mode says how far one change goes: `Step` by stepUp or stepDown, `Proportional` to where the signals would be at their
	// thresholds, as an HPA does.
	// +kubebuilder:default=Step
	// +optional
	Mode ScalingMode `json:"mode,omitempty"`

	// StepUp is how many bots more one step of mode Step brings. One change takes up to four steps when one would not be enough.
	// +kubebuilder:default=1
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	// +optional
	StepUp int32 `json:"stepUp,omitempty"`

	// StepDown is how many bots fewer one change of mode Step brings.
	// +kubebuilder:default=1
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	// +optional
	StepDown int32 `json:"stepDown,omitempty"`

	// Tolerance is how much of each threshold, in percent of it, must stay free on the bots that would be left before there may
	// be fewer.
	// +kubebuilder:default=10
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=50
	// +optional
	Tolerance *int32 `json:"tolerance,omitempty"`

	// MaxLaunching is how many bots may be on their way up at a time before more are asked for.
	// +kubebuilder:default=4
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	// +optional
	MaxLaunching int32 `json:"maxLaunching,omitempty"`

	// Rules are further reasons to have more or fewer bots (`scale-rule-…`).
	// +kubebuilder:validation:MaxItems=16
	// +listType=map
	// +listMapKey=name
	// +optional
	Rules []ScalingRule `json:"rules,omitempty"`

	// PauseUp keeps the number of bots from growing, below minInstances excepted.
	// +optional
	PauseUp bool `json:"pauseUp,omitempty"`

	// PauseDown keeps the number of bots from shrinking, above maxInstances excepted.
	// +optional
	PauseDown bool `json:"pauseDown,omitempty"`

	// Schedules are times with a range of their own. Where several hold, the largest of their minInstances and of their
	// maxInstances count.
	// +kubebuilder:validation:MaxItems=32
	// +listType=map
	// +listMapKey=name
	// +optional
	Schedules []ScalingSchedule `json:"schedules,omitempty"`

	// WarmStandby is how many bots beyond those that serve are kept booted, configured, probed and then frozen. Thawing one
	// takes some 50 ms instead of the second of a boot. Each costs its memory and disk, and no CPU. It works without enabled
	// as well: `kubectl scale` and healing take them.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100
	// +optional
	WarmStandby int32 `json:"warmStandby,omitempty"`

	// Victims says which bots leave when there are to be fewer: `LeastConnections`, those with the least in hand, or
	// `HighestOrdinal`, as in the scaling document. Those that are broken or out of date go first in any case.
	// +kubebuilder:default=LeastConnections
	// +optional
	Victims VictimPolicy `json:"victims,omitempty"`
}

// ScalingMode says how far one change of the number of bots goes.
// +kubebuilder:validation:Enum=Step;Proportional
type ScalingMode string

const (
	// ScalingModeStep changes by a fixed number.
	ScalingModeStep ScalingMode = "Step"
	// ScalingModeProportional changes to where the signals would be at their thresholds.
	ScalingModeProportional ScalingMode = "Proportional"
)

// VictimPolicy says which bots leave when there are to be fewer.
// +kubebuilder:validation:Enum=LeastConnections;HighestOrdinal
type VictimPolicy string

const (
	// VictimsLeastConnections takes those with the least in hand.
	VictimsLeastConnections VictimPolicy = "LeastConnections"
	// VictimsHighestOrdinal takes those made last.
	VictimsHighestOrdinal VictimPolicy = "HighestOrdinal"
)

// ScalingMetric is a signal: the mean over the bots that serve.
// +kubebuilder:validation:Enum=responseTime;cpu;memory;requests;queueDepth
type ScalingMetric string

// The signals and their units.
const (
	// MetricResponseTime is the mean time of an answer in milliseconds.
	MetricResponseTime ScalingMetric = "responseTime"
	// MetricCPU is in percent of what a bot may use.
	MetricCPU ScalingMetric = "cpu"
	// MetricMemory is in percent of what a bot may use, page cache not counted.
	MetricMemory ScalingMetric = "memory"
	// MetricRequests is in requests per minute and bot.
	MetricRequests ScalingMetric = "requests"
	// MetricQueueDepth is `metrics.queue_depth` of the health document, per bot.
	MetricQueueDepth ScalingMetric = "queueDepth"
)

// ScalingAction is what a rule asks for.
// +kubebuilder:validation:Enum=up;down
type ScalingAction string

const (
	// ScalingActionUp asks for more bots.
	ScalingActionUp ScalingAction = "up"
	// ScalingActionDown asks for fewer bots.
	ScalingActionDown ScalingAction = "down"
)

// ScalingRule asks for more or fewer bots while a signal is above or below a value.
// +kubebuilder:validation:XValidation:rule="has(self.above) != has(self.below)",message="set exactly one of scaling.rules[].above and scaling.rules[].below"
type ScalingRule struct {
	// Name of the rule, for example `slow`.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([a-z0-9-]*[a-z0-9])?$')",message="scaling.rules[].name must be lower-case letters, digits and dashes, such as slow"
	// +required
	Name string `json:"name"`

	// Metric that is looked at.
	// +required
	Metric ScalingMetric `json:"metric"`

	// Above is the value above which the rule holds: milliseconds, percent, requests per minute and bot, or waiting
	// requests per bot. For example 2000 (`scale-rule-response-time`).
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000000
	// +optional
	Above *int64 `json:"above,omitempty"`

	// Below is the value below which the rule holds, for example 30 (`scale-rule-cpu-low`).
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000000
	// +optional
	Below *int64 `json:"below,omitempty"`

	// Action that the rule asks for.
	// +required
	Action ScalingAction `json:"action"`

	// For is how long the rule must hold before it counts, for example `2m`. Default: at once.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(ms|s|m|h))+$') && duration(self) >= duration('0s') && duration(self) <= duration('24h')",message="scaling.rules[].for must be a duration from 0s to 24h, such as 2m"
	// +optional
	For *metav1.Duration `json:"for,omitempty"`
}

// ScalingSchedule is a time with a range of its own.
// +kubebuilder:validation:XValidation:rule="self.minInstances <= self.maxInstances",message="scaling.schedules[].minInstances must not be above scaling.schedules[].maxInstances"
type ScalingSchedule struct {
	// Name of the schedule, for example `office-hours`.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([a-z0-9-]*[a-z0-9])?$')",message="scaling.schedules[].name must be lower-case letters, digits and dashes, such as office-hours"
	// +required
	Name string `json:"name"`

	// Start is when it begins, as in a crontab: minute, hour, day, month, day of the week. For example
	// `0 8 * * 1-5`. A word that cannot be read shows in the condition ScalingActive.
	// +kubebuilder:validation:MaxLength=100
	// +kubebuilder:validation:XValidation:rule="self.matches('^[^ ]+( [^ ]+){4}$')",message="scaling.schedules[].start must be the five words of a crontab: minute, hour, day, month, day of the week, such as `0 8 * * 1-5`"
	// +required
	Start string `json:"start"`

	// Duration is how long it lasts, for example `10h`.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="self.matches('^([0-9]+(ms|s|m|h))+$') && duration(self) >= duration('1m') && duration(self) <= duration('744h')",message="scaling.schedules[].duration must be a duration from 1m to 744h, such as 10h"
	// +required
	Duration metav1.Duration `json:"duration"`

	// TimeZone of start, for example `Europe/Berlin`. Default: UTC.
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9_+/-]+$')",message="scaling.schedules[].timeZone must be the name of a time zone, such as Europe/Berlin"
	// +optional
	TimeZone string `json:"timeZone,omitempty"`

	// MinInstances is the least number of bots meanwhile.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	// +required
	MinInstances int32 `json:"minInstances"`

	// MaxInstances is the largest number of bots meanwhile.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000
	// +required
	MaxInstances int32 `json:"maxInstances"`
}
