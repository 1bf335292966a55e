package fake

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
)

// etagOf hashes what a resource's ETag depends on.
func etagOf(parts ...any) string {
	encoded, err := json.Marshal(parts)
	if err != nil {
		panic(err) // only plain values come here
	}
	sum := sha256.Sum256(encoded)
	return hex.EncodeToString(sum[:])
}

// checkETag compares an If-Match header with the present ETag; the error is the daemon's 412.
func checkETag(match, present string) error {
	match = strings.Trim(match, `"`)
	if match == "" || match == present {
		return nil
	}
	return refuse(http.StatusPreconditionFailed, "ETag doesn't match: %s vs %s", present, match)
}
