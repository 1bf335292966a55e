package incusd

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

func fileGet(s *Server, r *request) reply {
	name := r.URL.Query().Get("path")
	if name == "" {
		return errNoPath()
	}
	file, entries, err := s.world.ReadFile(r.ref(), name)
	if err != nil {
		return failed(err)
	}
	return func(w http.ResponseWriter) {
		w.Header().Set("X-Incus-Uid", strconv.FormatInt(file.UID, 10))
		w.Header().Set("X-Incus-Gid", strconv.FormatInt(file.GID, 10))
		w.Header().Set("X-Incus-Mode", fmt.Sprintf("%04o", file.Mode))
		w.Header().Set("X-Incus-Type", string(file.Type))
		if file.Type == fake.FileDirectory {
			ok(entries)(w)
			return
		}
		w.Header().Set("Content-Type", "application/octet-stream")
		_, _ = w.Write(file.Content) //nolint:gosec // a file is shown as it is; the caller may be gone
	}
}

func errNoPath() reply { return refused(http.StatusBadRequest, "Missing path argument") }
