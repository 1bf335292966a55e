// Package model holds the nouns that the operator sees outside of Kubernetes: instances, volumes, pools, edges. They are
// plain values of the standard library, shared by the pure packages that reason about them and the providers that fetch
// and change them.
package model
