// Command controlplane is a whole Kubernetes control plane in one file, for hosts that run Incus and no Kubernetes.
//
// Under the names etcd, kube-apiserver, kube-controller-manager and kubectl it is that program, unchanged; under any other name
// it is our own command:
//
//	controlplane serve --data-dir DIR        run the control plane, keep it running, write DIR/kubeconfig
//	controlplane wait --kubeconfig FILE      return when its API server is ready
//	controlplane links --dir DIR             make links under the four names (they serve envtest as KUBEBUILDER_ASSETS)
//
// The rooms, from the outside in:
//
//	command/     the cobra commands: flags and sentences
//	component/   the four programs by name; the only room that links Kubernetes and etcd themselves
//	serve/       one run: prepare the data directory, start in order, stop in order
//	supervise/   keeps one process alive
//	arguments/   what each component is started with, and why
//	pki/         the authority and the certificates
//	kubeconfig/  the files that clients connect with
//	readiness/   asks an API server and an etcd whether they are ready
//	datadir/     the layout of the data directory, its lock and its port
//	atomicfile/  replaces a file in one step
//	story/       runs the built binary from start to SIGKILL
package main
