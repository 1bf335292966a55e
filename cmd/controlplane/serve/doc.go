// Package serve is one run of the control plane:
//
//	data directory, lock ─► port ─► certificates ─► etcd ─► kube-apiserver ─► kubeconfig ─► kube-controller-manager
//
// Each waits for the one before it, and at the end they stop in the reverse order, so that nothing loses what it stands on. In
// between the supervisor restarts what dies, and the certificates are renewed in time.
package serve
