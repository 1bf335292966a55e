package incus

import (
	"strconv"
	"strings"
	"time"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// Tags are keys of the user.* space, which Incus keeps and never reads.
const (
	tagPrefix     = "user.botcluster."
	tagManager    = tagPrefix + "manager"
	tagUID        = tagPrefix + "uid"
	tagNamespace  = tagPrefix + "namespace"
	tagName       = tagPrefix + "name"
	tagTier       = tagPrefix + "tier"
	tagOrdinal    = tagPrefix + "ordinal"
	tagTemplate   = tagPrefix + "template"
	tagConfigured = tagPrefix + "configured"
	// tagDraining holds the time at which draining began, RFC 3339 with nanoseconds, in UTC.
	tagDraining = tagPrefix + "draining"
	// tagStandby is "true" on an instance that waits until it is needed.
	tagStandby = tagPrefix + "standby"
	// tagRestarted holds the time of the last restart because of bad health, as tagDraining does.
	tagRestarted = tagPrefix + "restarted"
)

// limitPrefix is the beginning of the keys that model.Instance carries.
const limitPrefix = "limits."

// keyProtected keeps Incus from deleting an instance.
const keyProtected = "security.protection.delete"

func ownerTags(owner model.Owner, tier model.Tier, ordinal int) map[string]string {
	return map[string]string{
		tagManager:   owner.Manager,
		tagUID:       owner.UID,
		tagNamespace: owner.Namespace,
		tagName:      owner.Name,
		tagTier:      string(tier),
		tagOrdinal:   strconv.Itoa(ordinal),
	}
}

// ownerOf reads the owner's tags; the answer has no prefix, as that is not written down.
func ownerOf(config map[string]string) model.Owner {
	return model.Owner{
		Manager:   config[tagManager],
		UID:       config[tagUID],
		Namespace: config[tagNamespace],
		Name:      config[tagName],
	}
}

// belongs tells whether tags are those of the owner, or of any owner of the same manager when the owner has no UID.
func belongs(tagged, owner model.Owner) bool {
	if tagged.Manager == "" || tagged.UID == "" || tagged.Manager != owner.Manager {
		return false
	}
	return owner.UID == "" || tagged.UID == owner.UID
}

// noOrdinal is the ordinal of what was not tagged by us.
const noOrdinal = -1

func ordinalOf(config map[string]string) int {
	ordinal, err := strconv.Atoi(config[tagOrdinal])
	if err != nil {
		return noOrdinal
	}
	return ordinal
}

func timeTag(since time.Time) string {
	if since.IsZero() {
		return ""
	}
	return since.UTC().Format(time.RFC3339Nano)
}

func timeOf(tag string) time.Time {
	at, err := time.Parse(time.RFC3339Nano, tag)
	if err != nil {
		return time.Time{}
	}
	return at
}

func standbyTag(standby bool) string {
	if standby {
		return "true"
	}
	return ""
}

// limitsOf picks the `limits.*` keys.
func limitsOf(config map[string]string) map[string]string {
	limits := map[string]string{}
	for key, value := range config {
		if strings.HasPrefix(key, limitPrefix) {
			limits[key] = value
		}
	}
	return limits
}
