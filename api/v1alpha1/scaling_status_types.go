package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// MaxScalingDecisions is how many of the last decisions status.scaling keeps.
const MaxScalingDecisions = 20

// ScalingStatus is what the autoscaler chose and why. What it needs to go on after a restart of the operator is in it too.
type ScalingStatus struct {
	// Desired is the number of bots that it chose.
	Desired int32 `json:"desired"`
	// MinInstances and MaxInstances are the range in force, schedules included.
	MinInstances int32 `json:"minInstances"`
	// MaxInstances is the other end of the range.
	MaxInstances int32 `json:"maxInstances"`
	// Rules say what each signal was when it last mattered, and what its rule asks for.
	// +listType=map
	// +listMapKey=name
	// +optional
	Rules []ScalingRuleStatus `json:"rules,omitempty"`
	// Winner is the rule that decided, empty when none asks for a change.
	// +optional
	Winner string `json:"winner,omitempty"`
	// Recommended is the number of bots that the winner asks for, before it was limited.
	// +optional
	Recommended int32 `json:"recommended,omitempty"`
	// Limits are what keeps Desired from Recommended, in the order in which it was corrected.
	// +listType=atomic
	// +optional
	Limits []ScalingLimit `json:"limits,omitempty"`
	// NextAction is when the number may change again, when a time keeps it from changing.
	// +optional
	NextAction *metav1.Time `json:"nextAction,omitempty"`
	// LastScaleUp and LastScaleDown are when there were last to be more and fewer bots.
	// +optional
	LastScaleUp *metav1.Time `json:"lastScaleUp,omitempty"`
	// LastScaleDown is when there were last to be fewer.
	// +optional
	LastScaleDown *metav1.Time `json:"lastScaleDown,omitempty"`
	// Decisions are the last changes, the newest first, at most 20.
	// +listType=atomic
	// +optional
	Decisions []ScalingDecision `json:"decisions,omitempty"`
	// Schedules are the names of those whose range is in force.
	// +listType=atomic
	// +optional
	Schedules []string `json:"schedules,omitempty"`
	// Memory is what the autoscaler needs to know of the past. For the operator only.
	// +optional
	Memory ScalingMemory `json:"memory,omitempty"`
}

// ScalingLimit is one correction of the number of bots.
type ScalingLimit struct {
	// By is what corrects it: MinInstances, MaxInstances, Paused, MissingSignal, Cooldown, Stabilization, Step, LaunchBudget or Breaker.
	By string `json:"by"`
	// From and To are the numbers before and after it.
	From int32 `json:"from"`
	// To is the number after it.
	To int32 `json:"to"`
	// Message says why.
	Message string `json:"message"`
}

// ScalingMemory is what the autoscaler needs to know of the past.
type ScalingMemory struct {
	// Unfinished tells that the last growth was cut by the bots on their way up, and goes on.
	// +optional
	Unfinished bool `json:"unfinished,omitempty"`
	// Holds tells since when rules hold that must hold for a time.
	// +listType=atomic
	// +optional
	Holds []ScalingHold `json:"holds,omitempty"`
	// Enough tells since when how few bots have been enough.
	// +listType=atomic
	// +optional
	Enough []ScalingEnough `json:"enough,omitempty"`
	// Regrets lengthens the stabilization window: bots had to be made again soon after they had left.
	// +optional
	Regrets int32 `json:"regrets,omitempty"`
	// FellFrom is the number before the last bots left, while it is not settled whether that was right.
	// +optional
	FellFrom int32 `json:"fellFrom,omitempty"`
	// LaunchFailures counts the launches that failed in a row.
	// +optional
	LaunchFailures int32 `json:"launchFailures,omitempty"`
	// LastLaunchFailure is when the last of them failed.
	// +optional
	LastLaunchFailure *metav1.Time `json:"lastLaunchFailure,omitempty"`
}

// ScalingHold is since when a rule holds.
type ScalingHold struct {
	// Rule is its name.
	Rule string `json:"rule"`
	// Since is when it began to hold.
	Since metav1.Time `json:"since"`
}

// ScalingEnough is since when this many bots have been enough.
type ScalingEnough struct {
	// Desired is the number of bots.
	Desired int32 `json:"desired"`
	// Since is when it began to be enough.
	Since metav1.Time `json:"since"`
}

// ScalingRuleStatus is one rule as it stood when the status was last written: small movements of a signal are not written.
type ScalingRuleStatus struct {
	// Name of the rule: cpuThreshold, memoryThreshold and requestThreshold, or that of spec.scaling.rules.
	Name string `json:"name"`
	// Value of the signal with its unit, rounded, or `unknown`.
	Value string `json:"value"`
	// Threshold with its unit.
	Threshold string `json:"threshold"`
	// Vote is what it asks for: Up, Down, None or Unknown.
	Vote string `json:"vote"`
	// Message says why, where it is not plain.
	// +optional
	Message string `json:"message,omitempty"`
}

// ScalingDecision is one change of the number of bots.
type ScalingDecision struct {
	// At is when it was decided.
	At metav1.Time `json:"at"`
	// From and To are the numbers of bots before and after.
	From int32 `json:"from"`
	// To is the number of bots after it.
	To int32 `json:"to"`
	// Message says why.
	Message string `json:"message"`
}

// RolloutStatus tells how far the replacement of bots is.
type RolloutStatus struct {
	// Phase is Progressing or Stalled.
	Phase string `json:"phase"`
	// Updated is how many bots were made from the current spec, UpdatedReady how many of those serve.
	Updated int32 `json:"updated"`
	// UpdatedReady is how many of the updated serve.
	UpdatedReady int32 `json:"updatedReady"`
	// Outdated is how many are left that were not.
	Outdated int32 `json:"outdated"`
	// Message says what it waits for, or which bot stopped it and why.
	// +optional
	Message string `json:"message,omitempty"`
}
