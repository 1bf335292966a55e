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
	// LimitedBy says what keeps Desired from Recommended: MaxInstances, MinInstances, Cooldown, Stabilization, Launching,
	// LaunchFailures, PausedUp, PausedDown or SignalMissing. Empty when nothing does.
	// +optional
	LimitedBy string `json:"limitedBy,omitempty"`
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
	// Memory is what the autoscaler needs to know of the past: since when rules hold, what was recommended lately, and
	// failures to launch. For the operator only.
	// +optional
	Memory string `json:"memory,omitempty"`
}

// ScalingRuleStatus is one rule as it stood when the status was last written: small movements of a signal are not written.
type ScalingRuleStatus struct {
	// Name of the rule: cpu, memory and requests for the thresholds, else that of spec.scaling.rules.
	Name string `json:"name"`
	// Value of the signal with its unit, rounded, or `unknown`.
	Value string `json:"value"`
	// Threshold with its unit.
	Threshold string `json:"threshold"`
	// Vote is what it asks for: Up, Down, Hold or Unknown.
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
	// Phase is Progressing, Stalled or Complete.
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
