package incus

import (
	"net/url"
	"path"
	"strings"

	incusapi "github.com/lxc/incus/v6/shared/api"
)

// Verbs of operations, as model.Instance and model.Failure show them.
const (
	verbCreate  = "create"
	verbStart   = "start"
	verbStop    = "stop"
	verbDelete  = "delete"
	verbUpdate  = "update"
	verbFreeze  = "freeze"
	verbRestart = "restart"
	verbRebuild = "rebuild"
	verbRename  = "rename"
	verbMigrate = "migrate"
	verbRestore = "restore"
	// verbConfigure is no operation of Incus: the driver writes files.
	verbConfigure = "configure"
)

// verbs by the description of an operation, which is all that the API tells of its kind: the words are those of Incus's
// internal/server/db/operationtype, the same since its first release. What is missing here does not keep an instance
// from being changed: snapshots, backups, commands.
var verbs = map[string]string{
	"Creating instance":       verbCreate,
	"Starting instance":       verbStart,
	"Unfreezing instance":     verbStart,
	"Stopping instance":       verbStop,
	"Deleting instance":       verbDelete,
	"Updating instance":       verbUpdate,
	"Freezing instance":       verbFreeze,
	"Restarting instance":     verbRestart,
	"Rebuilding instance":     verbRebuild,
	"Renaming instance":       verbRename,
	"Migrating instance":      verbMigrate,
	"Live-migrating instance": verbMigrate,
	"Restoring snapshot":      verbRestore,
}

// verbOf is the verb of an operation and the instance that it is about, empty when it is none that counts.
func verbOf(operation incusapi.Operation) (verb, name string) {
	resources := operation.Resources["instances"]
	if operation.Class != incusapi.OperationClassTask || len(resources) != 1 {
		return "", ""
	}
	verb = verbs[operation.Description]
	if verb == "" {
		return "", ""
	}
	return verb, nameIn(resources[0])
}

// nameIn is the last part of a resource's URL, such as /1.0/instances/x?project=y.
func nameIn(resourceURL string) string {
	parsed, err := url.Parse(resourceURL)
	if err != nil {
		return ""
	}
	name := path.Base(parsed.Path)
	if name == "." || name == "/" {
		return ""
	}
	return name
}

// volumeIn is the pool and name in the URL of a custom volume, such as /1.0/storage-pools/p/volumes/custom/x; empty when it is
// another's.
func volumeIn(resourceURL string) (pool, name string) {
	parsed, err := url.Parse(resourceURL)
	if err != nil {
		return "", ""
	}
	parts := strings.Split(strings.Trim(parsed.Path, "/"), "/")
	if len(parts) < 6 || parts[1] != "storage-pools" || parts[3] != "volumes" || parts[4] != customVolume {
		return "", ""
	}
	return parts[2], parts[5]
}
