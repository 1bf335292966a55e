package edge

import (
	"net/http"
	"strings"
)

// entityTag is the strong entity tag of a revision, whose form needs no escaping.
func entityTag(revision string) string { return `"` + revision + `"` }

// precondition returns what an If-Match header asks of the revision held; nil if there is none.
// Before the first push only the empty tag matches, so that a push can ask to be the first.
func precondition(header http.Header) func(held string) bool {
	values := header.Values("If-Match")
	if len(values) == 0 {
		return nil
	}
	return func(held string) bool {
		for tag := range strings.SplitSeq(strings.Join(values, ","), ",") {
			tag = strings.TrimSpace(tag)
			if tag == entityTag(held) || tag == "*" && held != "" {
				return true
			}
		}
		return false
	}
}
