package incusd

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"

	incusapi "github.com/lxc/incus/v6/shared/api"

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

func filePost(s *Server, r *request) reply {
	name := r.URL.Query().Get("path")
	if name == "" {
		return errNoPath()
	}
	uid, gid, mode, kind, writeMode := incusapi.ParseFileHeaders(r.Header)
	if !slices.Contains([]string{"overwrite", "append"}, writeMode) {
		return refused(http.StatusBadRequest, "Bad file write mode: "+writeMode)
	}
	if !slices.Contains([]fake.FileType{fake.FileRegular, fake.FileDirectory, fake.FileSymlink}, fake.FileType(kind)) {
		return refused(http.StatusBadRequest, "Bad file type: "+kind)
	}
	file := fake.File{Type: fake.FileType(kind), Content: r.body, UID: uid, GID: gid, Mode: mode}
	return orFailed(s.world.WriteFile(r.ref(), name, file, writeMode == "append"), empty())
}

func fileDelete(s *Server, r *request) reply {
	name := r.URL.Query().Get("path")
	if name == "" {
		return errNoPath()
	}
	return orFailed(s.world.DeleteFile(r.ref(), name, isTrue(r.Header.Get("X-Incus-force"))), empty())
}

func errNoPath() reply { return refused(http.StatusBadRequest, "Missing path argument") }
