package plan

import (
	"crypto/sha256"
	"encoding/base32"
	"strconv"
	"strings"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

const (
	// nameBudget is how many characters of the BotCluster's name go into instance names. Incus allows 63 (a DNS label);
	// the hash takes 9, the longest tier and ordinal take 13.
	nameBudget = 36
	// hashLength is the number of base32 characters of the hash: 40 bits, so that 10,000 BotClusters in one project
	// meet by chance once in 20,000 installations.
	hashLength = 8
)

// nameEncoding is lower-case base32 without padding: all of its characters may stand in a DNS label.
var nameEncoding = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Prefix is what the names of all instances and volumes of the BotCluster namespace/name begin with. The hash of both
// keeps `a-b/c` and `a/b-c` apart. It does not depend on the UID, so that data volumes are found again by a BotCluster
// that was restored from a backup.
func Prefix(namespace, name string) string {
	sum := sha256.Sum256([]byte(namespace + "/" + name))
	readable := strings.Trim(strings.ReplaceAll(name, ".", "-"), "-")
	if readable[0] >= '0' && readable[0] <= '9' {
		readable = "b" + readable // Incus refuses names that begin with a digit
	}
	if len(readable) > nameBudget {
		readable = strings.TrimRight(readable[:nameBudget], "-")
	}
	return readable + "-" + nameEncoding.EncodeToString(sum[:])[:hashLength] + "-"
}

// InstanceName is the name of the instance with that ordinal (from 1) in a tier.
func InstanceName(prefix string, tier model.Tier, ordinal int) string {
	return prefix + string(tier) + "-" + strconv.Itoa(ordinal)
}

// VolumeName is the name of the data volume of an instance.
func VolumeName(instance string) string { return instance + "-data" }
