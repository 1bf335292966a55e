package arguments

import (
	"net/netip"
	"strconv"
)

// issuer of service account tokens: the name under which a cluster knows itself. It is part of every token, so it never changes.
const issuer = "https://kubernetes.default.svc"

// disabledAdmission is the one plugin, on by default, that would do harm: without the controller that counts, and it would watch
// every kind there is, ResourceQuota refuses every create in a namespace that has a quota ("status unknown for quota").
// Nothing else is turned off to save memory: with the fifteen plugins for pods and volumes off, or without priority and fairness, the
// server's resident memory was the same (290 MB, of which 185 MB are its own), and fairness is what keeps the controller manager
// served while one client floods the server.
const disabledAdmission = "ResourceQuota"

// ForAPIServer lists the arguments of kube-apiserver.
//
// Auditing is off because no policy is named. The aggregation layer proxies to nobody: no requestheader authority is given, so no
// extension server would be believed.
func ForAPIServer(s Settings) []string {
	return []string{
		"--bind-address=" + s.BindAddress.String(),
		"--secure-port=" + strconv.FormatUint(uint64(s.Port), 10),
		// Nothing routes to the Service "kubernetes", so its endpoints are left alone. Without an address the server would look for
		// a default route, and not start on a host that has none.
		"--advertise-address=" + loopback(s.ServiceRange).String(),
		"--endpoint-reconciler-type=none",
		"--service-cluster-ip-range=" + s.ServiceRange.String(),

		"--tls-cert-file=" + s.APIServerIdentity,
		"--tls-private-key-file=" + s.APIServerIdentity,
		"--client-ca-file=" + s.AuthorityCertificate,
		"--anonymous-auth=false", // whoever asks has a certificate or a token, for /readyz as well
		"--authorization-mode=RBAC",
		"--service-account-issuer=" + issuer,
		"--service-account-key-file=" + s.ServiceAccountKey,
		"--service-account-signing-key-file=" + s.ServiceAccountKey,

		"--etcd-servers=unix://" + ClientSocket,
		"--disable-admission-plugins=" + disabledAdmission,
		"--profiling=false",
	}
}

// loopback is the loopback address of the family that the API server insists on: that of the service range.
func loopback(serviceRange netip.Prefix) netip.Addr {
	if serviceRange.Addr().Is6() {
		return netip.IPv6Loopback()
	}
	return netip.AddrFrom4([4]byte{127, 0, 0, 1})
}
