package v1alpha1

import (
	"k8s.io/apimachinery/pkg/util/intstr"
)

// BotSpec describes the bot tier.
type BotSpec struct {
	// Image of the bot instances.
	// +required
	Image ImageReference `json:"image"`

	// Port that the bot listens on inside its container. It reaches the bot as the variable PORT.
	// +kubebuilder:default=8080
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=65535
	// +optional
	Port int32 `json:"port,omitempty"`

	// Service is the systemd unit that runs the bot in the image, without `.service`.
	// +kubebuilder:default=botserver
	// +kubebuilder:validation:MaxLength=64
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9][A-Za-z0-9_-]*$')",message="bot.service must be the name of a systemd unit without `.service`: letters, digits, _ and -"
	// +optional
	Service string `json:"service,omitempty"`

	// Command is what the service runs instead of what the image says: the program's absolute path, then its arguments,
	// one item each. The operator writes the whole unit then, and the image's own, its User= included, is not used.
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:XValidation:rule="size(self) == 0 || self[0].matches('^(/[A-Za-z0-9._+-]+)+$')",message="bot.command must begin with the absolute path of a program, such as /opt/gbo/bin/botserver"
	// +listType=atomic
	// +optional
	Command []CommandArgument `json:"command,omitempty"`

	// Env are variables for the bot. They are written into /opt/gbo/conf/botserver.env (mode 0600) in the container.
	// +kubebuilder:validation:MaxItems=256
	// +listType=map
	// +listMapKey=name
	// +optional
	Env []EnvVar `json:"env,omitempty"`

	// EnvFrom takes all keys of Secrets in this namespace as variables; where names meet, env wins, then the later
	// Secret. Values reach the container in the same 0600 file and appear nowhere else.
	// +kubebuilder:validation:MaxItems=16
	// +listType=atomic
	// +optional
	EnvFrom []EnvFromSource `json:"envFrom,omitempty"`

	// Files are written into each container before it starts. Changing one replaces the containers, one by one.
	// +kubebuilder:validation:MaxItems=64
	// +listType=map
	// +listMapKey=path
	// +optional
	Files []File `json:"files,omitempty"`

	// HostPortBase publishes bot i (1, 2, …) on port hostPortBase+i of its Incus host by a proxy device, as the
	// scaling document does with 8080+i. Leave room above it: during updates and with bots in reserve there are higher numbers
	// than replicas. Leave it out to publish the edge only.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=63000
	// +optional
	HostPortBase *int32 `json:"hostPortBase,omitempty"`

	// Resources limit each bot instance. Changes are applied to running instances.
	// +optional
	Resources Resources `json:"resources,omitempty"`
}

// CommandArgument is one argument of a command line.
// +kubebuilder:validation:MaxLength=1024
// +kubebuilder:validation:XValidation:rule="!self.contains('\\n')",message="an argument of bot.command must be one line"
type CommandArgument string

// EnvVar is one variable.
type EnvVar struct {
	// Name of the variable.
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z_][A-Za-z0-9_]*$')",message="the name of a variable must be letters, digits and _ and not begin with a digit"
	// +required
	Name string `json:"name"`

	// Value of the variable; one line.
	// +kubebuilder:validation:MaxLength=32768
	// +kubebuilder:validation:XValidation:rule="!self.contains('\\n')",message="the value of a variable must be one line; use bot.files for longer texts"
	// +optional
	Value string `json:"value,omitempty"`
}

// EnvFromSource takes variables from a Secret.
type EnvFromSource struct {
	// SecretRef names the Secret.
	// +required
	SecretRef SecretReference `json:"secretRef"`
}

// File is one file in a container.
// +kubebuilder:validation:XValidation:rule="has(self.content) != has(self.secretKeyRef)",message="set exactly one of files[].content and files[].secretKeyRef"
type File struct {
	// Path in the container; its folder is made when missing.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="self.matches('^(/[A-Za-z0-9_.-]*[A-Za-z0-9_-][A-Za-z0-9_.-]*)+$')",message="files[].path must be an absolute path of letters, digits and ._- without . or .. as a part, such as /opt/gbo/conf/bot.toml"
	// +required
	Path string `json:"path"`

	// Content of the file.
	// +kubebuilder:validation:MaxLength=262144
	// +optional
	Content *string `json:"content,omitempty"`

	// SecretKeyRef takes the content from a key of a Secret in this namespace. Such a file always has mode 0600.
	// +optional
	SecretKeyRef *SecretKeyReference `json:"secretKeyRef,omitempty"`

	// Mode of the file in octal, for example "0644".
	// +kubebuilder:default="0644"
	// +kubebuilder:validation:MaxLength=4
	// +kubebuilder:validation:XValidation:rule="self.matches('^0[0-7]{3}$')",message="files[].mode must be four octal digits in quotes, such as \"0644\""
	// +optional
	Mode string `json:"mode,omitempty"`

	// UID that owns the file inside the container. Default: 0 (root).
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=65534
	// +optional
	UID int64 `json:"uid,omitempty"`

	// GID that owns the file inside the container. Default: 0 (root).
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=65534
	// +optional
	GID int64 `json:"gid,omitempty"`
}

// SecretKeyReference names one key of a Secret in the same namespace.
type SecretKeyReference struct {
	// Name of the Secret.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +required
	Name string `json:"name"`

	// Key in the Secret.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +required
	Key string `json:"key"`
}

// Resources limit one instance. What is left out is not limited.
type Resources struct {
	// CPU in cores: a whole number such as 4 gives that many cores; a part such as "500m" or "1.5" gives that share
	// of time on all cores.
	// +kubebuilder:validation:XIntOrString
	// +kubebuilder:validation:MaxLength=16
	// +kubebuilder:validation:XValidation:rule="type(self) == int ? (self >= 1 && self <= 1024) : self.matches('^([1-9][0-9]{0,3}|[1-9][0-9]{1,6}m|[0-9]{1,4}[.][0-9]{1,3})$') && !self.matches('^0+[.]0+$')",message="resources.cpu must be a number of cores such as 4, 1.5 or 500m"
	// +optional
	CPU *intstr.IntOrString `json:"cpu,omitempty"`

	// Memory, for example 8GiB, 512Mi or 8GB.
	// +optional
	Memory ByteSize `json:"memory,omitempty"`

	// Disk limits the root disk.
	// +optional
	Disk DiskResources `json:"disk,omitempty"`

	// Network limits eth0.
	// +optional
	Network NetworkResources `json:"network,omitempty"`
}

// DiskResources limit the root disk of an instance.
type DiskResources struct {
	// Size of the root disk, for example 20GiB. The storage pool's driver must support quotas (btrfs, zfs, lvm, ceph).
	// +optional
	Size ByteSize `json:"size,omitempty"`

	// Priority of disk I/O when the host is under load, from 0 (lowest) to 10 (highest). Incus's own default is 5.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=10
	// +optional
	Priority *int32 `json:"priority,omitempty"`
}

// NetworkResources limit the bandwidth of an instance.
type NetworkResources struct {
	// Ingress limits what the instance receives, for example 100Mbit.
	// +optional
	Ingress BitRate `json:"ingress,omitempty"`

	// Egress limits what the instance sends, for example 100Mbit.
	// +optional
	Egress BitRate `json:"egress,omitempty"`
}

// ByteSize is a number of bytes with a unit: kB, MB, GB, TB (powers of 1000; k, M, G, T as well) or KiB, MiB, GiB,
// TiB (powers of 1024; Ki, Mi, Gi, Ti as well).
// +kubebuilder:validation:MaxLength=32
// +kubebuilder:validation:XValidation:rule="self.matches('^[1-9][0-9]*(([kMGT]|[KMGT]i)B?)$')",message="must be a whole number with a unit, such as 512MiB, 8GiB or 8GB"
type ByteSize string

// BitRate is a number of bits per second with a unit: kbit, Mbit, Gbit (powers of 1000; k, M, G as well).
// +kubebuilder:validation:MaxLength=32
// +kubebuilder:validation:XValidation:rule="self.matches('^[1-9][0-9]*[kMG](bit)?$')",message="must be a whole number of bits per second with a unit, such as 100Mbit or 1Gbit"
type BitRate string
