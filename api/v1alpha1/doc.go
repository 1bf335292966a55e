// Package v1alpha1 is the language of the operator: the kinds that users apply, their defaults and validation, and the
// condition types and reasons that answer them. Every field's comment is its manual: `kubectl explain botcluster.spec`
// prints it.
//
// +kubebuilder:object:generate=true
// +groupName=scaling.generalbots.dev
package v1alpha1
