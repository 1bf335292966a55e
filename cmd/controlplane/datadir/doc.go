// Package datadir is the folder in which one control plane keeps all it has.
//
//	lock         held while a serve runs; holds its process id
//	port         the API server's port, when it was ours to choose
//	kubeconfig   of the administrator (unless another file was named)
//	pki/         authority, certificates, keys
//	etcd/        the data
//	run/         where the components run: etcd's sockets and the controller manager's kubeconfig
//	log/         what the components write, one file each
//
// The folder is closed to every other user (mode 0700), and everything else rests on that.
package datadir
