package v1alpha1

// Condition types of a BotCluster.
const (
	// ConditionReady is True when everything is as declared: all parts are.
	ConditionReady = "Ready"
	// ConditionReconciling is True while the operator is changing something, as kstatus defines it.
	ConditionReconciling = "Reconciling"
	// ConditionStalled is True when the operator cannot go on until somebody changes something, as kstatus defines it.
	ConditionStalled = "Stalled"
	// ConditionIncusReady is True when the Incus server answers and has what the spec names.
	ConditionIncusReady = "IncusReady"
	// ConditionBotsReady is True when all bots asked for serve.
	ConditionBotsReady = "BotsReady"
	// ConditionEdgeReady is True when all edges serve the declared routes and know the current bots.
	ConditionEdgeReady = "EdgeReady"
	// ConditionDegraded is True while it serves with less than declared: bots without their database, or missing parts.
	ConditionDegraded = "Degraded"
	// ConditionScalingActive is True while the autoscaler can decide, Unknown while signals are missing, False while it is off.
	ConditionScalingActive = "ScalingActive"
	// ConditionScalingLimited is True while something keeps the number of bots from what the signals ask for.
	ConditionScalingLimited = "ScalingLimited"
	// ConditionSuspended is True while spec.suspend keeps the operator from changing anything.
	ConditionSuspended = "Suspended"
)

// Reasons of conditions and events. They are API: dashboards and scripts match on them.
const (
	// ReasonReady says that the part is as declared.
	ReasonReady = "Ready"
	// ReasonProgressing says that the operator is working and nothing is wrong.
	ReasonProgressing = "Progressing"
	// ReasonRetrying says that something outside failed and is tried again.
	ReasonRetrying = "Retrying"
	// ReasonNotObserved says that the part could not be read, so its state is unknown.
	ReasonNotObserved = "NotObserved"
	// ReasonWaitingForIncus says that the part waits for the Incus server.
	ReasonWaitingForIncus = "WaitingForIncus"
	// ReasonSuspended says that spec.suspend is set.
	ReasonSuspended = "Suspended"
	// ReasonNotSuspended says that spec.suspend is not set.
	ReasonNotSuspended = "NotSuspended"
	// ReasonDeleting says that the BotCluster is being deleted.
	ReasonDeleting = "Deleting"
	// ReasonAsDeclared says that nothing is missing.
	ReasonAsDeclared = "AsDeclared"
	// ReasonBotsDegraded says that bots answer their probe with `degraded`.
	ReasonBotsDegraded = "BotsDegraded"
	// ReasonBotsUnhealthy says that bots fail their probe.
	ReasonBotsUnhealthy = "BotsUnhealthy"
	// ReasonNoAddress says that an instance runs without an address on its network.
	ReasonNoAddress = "NoAddress"
	// ReasonOperationFailed says that Incus could not carry out an operation.
	ReasonOperationFailed = "OperationFailed"
	// ReasonNameConflict says that a foreign instance has a name that the operator needs.
	ReasonNameConflict = "NameConflict"
	// ReasonEdgeUnreachable says that an edge runs but its admin API does not answer.
	ReasonEdgeUnreachable = "EdgeUnreachable"
	// ReasonEdgeRejectedRoutes says that Caddy refused the routes; the old ones serve on.
	ReasonEdgeRejectedRoutes = "EdgeRejectedRoutes"
	// ReasonEdgeRejectedSecrets says that an edge cannot use a certificate that it was given; the old ones serve on.
	ReasonEdgeRejectedSecrets = "EdgeRejectedSecrets"
	// ReasonCookieKeyInvalid says that the Secret with the key of the edges' cookies holds none that can be used.
	ReasonCookieKeyInvalid = "CookieKeyInvalid"
	// ReasonCertificateInvalid says that a Secret that spec.edge.tls names holds no certificate with its key.
	ReasonCertificateInvalid = "CertificateInvalid"
	// ReasonCircuitOpen says that an edge keeps requests of a route from a bot, because too many failed.
	ReasonCircuitOpen = "CircuitOpen"
	// ReasonAllDrained says that somebody drains all bots by hand, so that nobody serves.
	ReasonAllDrained = "AllDrained"
	// ReasonSecretNotFound says that a Secret or a key in it is missing.
	ReasonSecretNotFound = "SecretNotFound"
	// ReasonIdentityInvalid says that the identity Secret cannot be used as it is.
	ReasonIdentityInvalid = "IdentityInvalid"
	// ReasonSocketNotAllowed says that the operator was not started with the unix socket that the spec names.
	ReasonSocketNotAllowed = "SocketNotAllowed"
	// ReasonServerUnreachable says that the Incus server does not answer.
	ReasonServerUnreachable = "ServerUnreachable"
	// ReasonServerUntrusted says that one side does not trust the other's certificate.
	ReasonServerUntrusted = "ServerUntrusted"
	// ReasonNotAuthorized says that the certificate lacks a right.
	ReasonNotAuthorized = "NotAuthorized"
	// ReasonServerTooOld says that the Incus server lacks API extensions.
	ReasonServerTooOld = "ServerTooOld"
	// ReasonProjectNotFound says that the Incus project does not exist.
	ReasonProjectNotFound = "ProjectNotFound"
	// ReasonImageNotFound says that the image does not exist in the project.
	ReasonImageNotFound = "ImageNotFound"
	// ReasonStoragePoolNotFound says that the storage pool does not exist.
	ReasonStoragePoolNotFound = "StoragePoolNotFound"
	// ReasonNetworkNotFound says that the network does not exist.
	ReasonNetworkNotFound = "NetworkNotFound"
	// ReasonProfileNotFound says that a profile does not exist.
	ReasonProfileNotFound = "ProfileNotFound"
	// ReasonStoragePoolFull says that the storage pool has no room left.
	ReasonStoragePoolFull = "StoragePoolFull"
	// ReasonInvalidRequest says that Incus refused what the spec asks for.
	ReasonInvalidRequest = "InvalidRequest"
)

// Reasons of the conditions ScalingActive and ScalingLimited.
const (
	// ReasonScalingDisabled says that spec.scaling.enabled is not set: spec.replicas decides.
	ReasonScalingDisabled = "ScalingDisabled"
	// ReasonScalingDecides says that the autoscaler decides.
	ReasonScalingDecides = "ScalingDecides"
	// ReasonSignalMissing says that a signal could not be had.
	ReasonSignalMissing = "SignalMissing"
	// ReasonScheduleInvalid says that a schedule cannot be read.
	ReasonScheduleInvalid = "ScheduleInvalid"
	// ReasonLaunchesFailing says that launches keep failing, so that no bot is made for a while.
	ReasonLaunchesFailing = "LaunchesFailing"
	// ReasonNotLimited says that nothing keeps the number of bots from what the signals ask for.
	ReasonNotLimited = "NotLimited"
	// ReasonRolloutStalled says that a new bot failed, so that no further bots are replaced.
	ReasonRolloutStalled = "RolloutStalled"
)

// Annotations and names that users and scripts meet.
const (
	// Finalizer keeps a BotCluster until its instances are gone.
	Finalizer = "scaling.generalbots.dev/instances"
	// AnnotationAbandon breaks the glass: a BotCluster under deletion that carries it with the value "true" goes at
	// once, and what it had on Incus is left behind.
	AnnotationAbandon = "scaling.generalbots.dev/abandon-instances"
	// AnnotationDrain names the bots that somebody drains by hand, by ordinal or instance name, separated by commas: "2,3".
	// They run on and get nothing new until they are named no more.
	AnnotationDrain = "scaling.generalbots.dev/drain"
	// AnnotationRestart replaces all bots, as a rolling update does, whenever its value changes: any text, such as the time.
	AnnotationRestart = "scaling.generalbots.dev/restarted-at"
	// KeySecretSuffix makes the name of the Secret with the key of the edges' cookies from that of the BotCluster.
	KeySecretSuffix = "-edge"
	// KeyCookie is where that Secret has the key.
	KeyCookie = "cookie-key"
	// LabelCluster and LabelTier make up status.selector of the scale subresource.
	LabelCluster = "scaling.generalbots.dev/botcluster"
	// LabelTier names the tier in the selector.
	LabelTier = "scaling.generalbots.dev/tier"
)
