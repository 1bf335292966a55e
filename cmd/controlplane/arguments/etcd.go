package arguments

const memberName = "default"

// ForEtcd lists the arguments of a one-member etcd.
//
// It listens on unix sockets only. The folder that holds them is closed to every other user (mode 0700), so nobody else on the
// host can reach etcd at all, where a loopback port would be open to everybody who holds, or breaks, a client certificate.
func ForEtcd(s Settings) []string {
	client, peer := "unix://"+ClientSocket, "unix://"+PeerSocket
	return []string{
		"--name=" + memberName,
		"--data-dir=" + s.EtcdData,
		"--listen-client-urls=" + client,
		"--advertise-client-urls=" + client,
		"--listen-peer-urls=" + peer,
		"--initial-advertise-peer-urls=" + peer,
		"--initial-cluster=" + memberName + "=" + peer,
		"--enable-grpc-gateway=false", // the JSON gateway: nobody here speaks it
		"--logger=zap",
		"--log-level=warn",
	}
}
