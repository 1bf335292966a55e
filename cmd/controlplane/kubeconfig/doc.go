// Package kubeconfig makes the files that clients of the control plane connect with.
package kubeconfig
