package v1alpha1

// IncusSpec says which Incus server runs the instances and what they are built on.
// +kubebuilder:validation:XValidation:rule="has(self.identitySecretRef) != has(self.unixSocket)",message="set exactly one of incus.identitySecretRef (a remote server, by certificate) and incus.unixSocket (the daemon on the operator's own host)"
// +kubebuilder:validation:XValidation:rule="!has(self.project) || has(self.unixSocket)",message="incus.project goes with incus.unixSocket; with incus.identitySecretRef write the project into the Secret's key `project`"
type IncusSpec struct {
	// IdentitySecretRef names a Secret in the BotCluster's namespace with the keys that cluster-api-provider-incus
	// uses: `server` (URL, for example https://10.0.0.5:8443), `server-crt` (PEM of the server's certificate),
	// `client-crt` and `client-key` (PEM of a certificate that the server trusts) and `project` (optional, default
	// `default`). A restricted certificate for one project is enough.
	// +optional
	IdentitySecretRef *SecretReference `json:"identitySecretRef,omitempty"`

	// UnixSocket is the path of a local Incus daemon's socket, usually /var/lib/incus/unix.socket. The operator must
	// run on that host and have been started with `--incus-unix-socket` naming the same path.
	// +kubebuilder:validation:MaxLength=107
	// +kubebuilder:validation:XValidation:rule="self.matches('^(/[A-Za-z0-9_][A-Za-z0-9._-]*)+$')",message="incus.unixSocket must be an absolute path such as /var/lib/incus/unix.socket"
	// +optional
	UnixSocket string `json:"unixSocket,omitempty"`

	// Project is the Incus project of the instances, used with unixSocket. Default: `default`.
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9][A-Za-z0-9._-]*$')",message="incus.project must be the name of an Incus project: letters, digits and ._-"
	// +optional
	Project string `json:"project,omitempty"`

	// StoragePool holds the root disks and data volumes. Default: the pool of the root disk in the profiles.
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9][A-Za-z0-9._-]*$')",message="incus.storagePool must be the name of a storage pool (`incus storage list` shows them)"
	// +optional
	StoragePool string `json:"storagePool,omitempty"`

	// Network is the managed network that instances are attached to as eth0. Default: the network of the profiles.
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9][A-Za-z0-9._-]*$')",message="incus.network must be the name of a network (`incus network list` shows them)"
	// +optional
	Network string `json:"network,omitempty"`

	// Profiles are applied to every instance, in this order. Default: `default`.
	// +kubebuilder:default={"default"}
	// +kubebuilder:validation:MaxItems=16
	// +listType=atomic
	// +optional
	Profiles []ProfileName `json:"profiles,omitempty"`
}

// ProfileName is the name of an Incus profile.
// +kubebuilder:validation:MaxLength=63
// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9][A-Za-z0-9._-]*$')",message="a profile must be the name of an Incus profile (`incus profile list` shows them)"
type ProfileName string

// SecretReference names a Secret in the same namespace.
type SecretReference struct {
	// Name of the Secret.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +required
	Name string `json:"name"`
}

// ImageReference names an image in the Incus project.
// +kubebuilder:validation:XValidation:rule="has(self.alias) != has(self.fingerprint)",message="set exactly one of image.alias and image.fingerprint"
type ImageReference struct {
	// Alias of the image, for example `botcluster-bot` (`incus image alias list` shows them). It is looked up when an
	// instance is created; moving the alias does not replace running instances.
	// +kubebuilder:validation:MaxLength=255
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9][A-Za-z0-9._/-]*$')",message="image.alias must be the alias of an image on the Incus server, without a remote: `debian/12`, not `images:debian/12`"
	// +optional
	Alias string `json:"alias,omitempty"`

	// Fingerprint of the image: the first 12 to 64 hexadecimal digits of its SHA-256.
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^[0-9a-f]{12,64}$')",message="image.fingerprint must be 12 to 64 lower-case hexadecimal digits (`incus image list` shows the first 12)"
	// +optional
	Fingerprint string `json:"fingerprint,omitempty"`
}
