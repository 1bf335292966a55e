// Package component holds the programs that this binary can be, found by the name it was started under.
//
// It is the only package that links Kubernetes and etcd themselves, so that the specs of all others build in seconds.
package component
