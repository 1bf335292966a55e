package fake

import (
	"fmt"
	"net/http"

	incusapi "github.com/lxc/incus/v6/shared/api"
)

// The texts of errors are the daemon's own, because people read them in conditions; no code may depend on them.

// refuse is an error that the daemon answers with a status code of its own.
func refuse(code int, format string, args ...any) error {
	return incusapi.StatusErrorf(code, "%s", fmt.Sprintf(format, args...))
}

// fail is an error that the daemon has no status code for: it answers 500, or ends an operation with the text.
func fail(format string, args ...any) error {
	return refuse(http.StatusInternalServerError, format, args...)
}

// within says where an error happened and keeps its status code.
func within(err error, format string, args ...any) error {
	return refuse(StatusOf(err), "%s: %s", fmt.Sprintf(format, args...), err)
}

// StatusOf is the status code that the daemon answers an error with.
func StatusOf(err error) int {
	if code, ok := incusapi.StatusErrorMatch(err); ok {
		return code
	}
	return http.StatusInternalServerError
}
