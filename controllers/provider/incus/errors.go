package incus

import (
	"fmt"

	"github.com/generalbots/botcluster-operator/controllers/provider"
)

// Reasons of errors, as the condition reasons of a BotCluster name them.
const (
	reasonIdentityInvalid     = "IdentityInvalid"
	reasonSocketNotAllowed    = "SocketNotAllowed"
	reasonServerUnreachable   = "ServerUnreachable"
	reasonServerUntrusted     = "ServerUntrusted"
	reasonNotAuthorized       = "NotAuthorized"
	reasonServerTooOld        = "ServerTooOld"
	reasonProjectNotFound     = "ProjectNotFound"
	reasonImageNotFound       = "ImageNotFound"
	reasonStoragePoolNotFound = "StoragePoolNotFound"
	reasonStoragePoolFull     = "StoragePoolFull"
	reasonNetworkNotFound     = "NetworkNotFound"
	reasonProfileNotFound     = "ProfileNotFound"
	reasonNameConflict        = "NameConflict"
	reasonInvalidRequest      = "InvalidRequest"
	reasonOperationFailed     = "OperationFailed"
)

func terminal(reason string, cause error, format string, arguments ...any) error {
	return &provider.Error{Class: provider.Terminal, Reason: reason, Message: fmt.Sprintf(format, arguments...), Err: cause}
}

func transient(reason string, cause error, format string, arguments ...any) error {
	return &provider.Error{Class: provider.Transient, Reason: reason, Message: fmt.Sprintf(format, arguments...), Err: cause}
}

func waiting(cause error, format string, arguments ...any) error {
	return &provider.Error{Class: provider.Waiting, Message: fmt.Sprintf(format, arguments...), Err: cause}
}

func conflict(cause error, format string, arguments ...any) error {
	return &provider.Error{Class: provider.Conflict, Message: fmt.Sprintf(format, arguments...), Err: cause}
}

func notFound(cause error, format string, arguments ...any) error {
	return &provider.Error{Class: provider.NotFound, Message: fmt.Sprintf(format, arguments...), Err: cause}
}
