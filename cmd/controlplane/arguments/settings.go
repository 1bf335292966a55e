package arguments

import "net/netip"

// The names a component is started under: the base name of argv[0], the name in messages and the name of its log.
const (
	Etcd              = "etcd"
	APIServer         = "kube-apiserver"
	ControllerManager = "kube-controller-manager"
	Kubectl           = "kubectl"
)

// Sockets of etcd, relative to the directory that every component is started in. They are relative because the path of a unix
// socket must be shorter than 108 bytes (unix(7)), and a data directory may be deep.
const (
	ClientSocket = "etcd-client.sock"
	PeerSocket   = "etcd-peer.sock"
)

// Settings are all that the argument lists depend on. Paths are absolute.
type Settings struct {
	BindAddress  netip.Addr   // where the API server listens
	Port         uint16       // of the API server
	ServiceRange netip.Prefix // cluster addresses of Services

	EtcdData               string // folder
	AuthorityCertificate   string // PEM, without the key
	APIServerIdentity      string // PEM, certificate and key
	ServiceAccountKey      string // PEM, private
	ControllerManagerLogin string // kubeconfig
}
