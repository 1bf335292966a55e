package incus

import (
	"path"
	"regexp"
	"strings"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// instanceName is what Incus takes for the name of an instance: a host name.
var instanceName = regexp.MustCompile(`^[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`)

// socketPath leaves out what socat would take for the end of the address or for an option of it.
var socketPath = regexp.MustCompile(`^(/[A-Za-z0-9_][A-Za-z0-9._-]*)+$`)

func checkName(name string) error {
	if !instanceName.MatchString(name) {
		return terminal(reasonInvalidRequest, nil, "%q cannot be the name of an instance", name)
	}
	return nil
}

// checkOwner refuses owners that everything or nothing would belong to.
func checkOwner(owner model.Owner) error {
	if owner.Manager == "" || owner.UID == "" {
		return terminal(reasonInvalidRequest, nil, "an instance is changed for the BotCluster that owns it, and none was named")
	}
	return nil
}

// checkPath refuses file paths that are not absolute and plain.
func checkPath(file string) error {
	if !path.IsAbs(file) || path.Clean(file) != file || file == "/" || strings.ContainsRune(file, 0) {
		return terminal(reasonInvalidRequest, nil, "%q is not the absolute path of a file", file)
	}
	return nil
}
