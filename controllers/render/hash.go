package render

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// Hash identifies the content of files: equal hashes of one key, equal files in the same order. It is a keyed
// HMAC-SHA256, shortened.
//
// The hash is kept in a config key of the instance, where whoever may read the Incus project, its backups or its events
// can see it. A plain hash would let them try passwords: they know the rest of the file, and a guess that gives the same
// hash is right. So the key must hold what is not in Incus. The owner's UID alone does not do, because it is a tag of the
// same instance; it only keeps two BotClusters with the same secret from showing the same hash. BotInput.HashKey adds the
// UIDs of the Secrets, 122 random bits each that the API server drew, that stay in Kubernetes, and that are there
// whenever there is something to hide, without a key of the operator's own to keep, rotate or lose. Its price: a Secret
// that was deleted and made anew changes the hash, even with the same content, and the bots are replaced one by one.
func Hash(files []model.File, key string) string {
	sum := hmac.New(sha256.New, []byte(key))
	for _, file := range files {
		writeText(sum, []byte(file.Path))
		writeText(sum, file.Content)
		writeText(sum, []byte(file.LinkTarget))
		writeNumbers(sum, uint64(file.Mode), uint64(file.UID), uint64(file.GID))
	}
	return hex.EncodeToString(sum.Sum(nil))[:revisionDigits]
}

// writeText writes the length first, so that no two lists of texts look the same.
func writeText(sum hash.Hash, text []byte) {
	writeNumbers(sum, uint64(len(text)))
	sum.Write(text)
}

func writeNumbers(sum hash.Hash, numbers ...uint64) {
	for _, number := range numbers {
		var bytes [8]byte
		binary.BigEndian.PutUint64(bytes[:], number)
		sum.Write(bytes[:])
	}
}
