package model

// Owner is the BotCluster that something outside belongs to.
type Owner struct {
	// Manager is the Kubernetes cluster that the operator serves (the UID of its kube-system namespace). Operators of
	// different clusters may share an Incus project; each touches only what carries its own Manager.
	Manager string
	// UID, Namespace and Name are those of the BotCluster object.
	UID       string
	Namespace string
	Name      string
	// Prefix is what all names of the owner's instances begin with. It finds instances whose tags cannot be read,
	// because the cluster member that holds them is away.
	Prefix string
}
