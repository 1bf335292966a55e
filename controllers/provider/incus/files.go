package incus

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"strconv"

	incusapi "github.com/lxc/incus/v6/shared/api"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider"
)

// directoryMode is the mode of directories that are made on the way to a file; they belong to root.
const directoryMode = 0o755

// Configure implements provider.Instances. Writing takes several calls, so it goes on in the background and is shown as an
// operation on the instance. The mark is the last thing written, and an older one is taken away first, so that a crash in
// the middle never leaves a mark beside files that it does not stand for; the start comes after the mark.
func (i instances) Configure(ctx context.Context, name string, owner model.Owner, files []model.File, hash string) error {
	for _, file := range files {
		if err := checkPath(file.Path); err != nil {
			return err
		}
	}
	found, err := i.owned(ctx, name, owner)
	if err != nil {
		return err
	}
	mark := found.Config[tagConfigured]
	if mark == hash && hash != "" {
		return i.Start(ctx, name, owner)
	}
	if under, err := i.busy(name, verbConfigure); under || err != nil {
		return err
	}
	if state, _ := powerState(found.StatusCode); state != model.StateStopped {
		return conflict(nil, "files are written into the instance %s only while it is stopped", name)
	}
	i.inBackground(verbConfigure, name, owner, func(ctx context.Context) error {
		if err := i.writeAll(ctx, found, files, hash); err != nil {
			return err
		}
		return i.start(ctx, name, verbStart)
	})
	return nil
}

// writeAll writes the files and then the mark. An instance that somebody started meanwhile booted without all of them and is
// not marked.
func (i instances) writeAll(ctx context.Context, before *incusapi.Instance, files []model.File, hash string) error {
	name := before.Name
	if before.Config[tagConfigured] != "" {
		if err := i.patch(ctx, name, map[string]string{tagConfigured: ""}, nil); err != nil {
			return err
		}
	}
	for _, file := range files {
		if err := i.write(ctx, name, file); err != nil {
			return err
		}
	}
	after, _, err := i.record(ctx, name)
	if err != nil {
		return err
	}
	if state, _ := powerState(after.StatusCode); state != model.StateStopped || !after.LastUsedAt.Equal(before.LastUsedAt) {
		return conflict(nil, "the instance %s was started by somebody while its files were written", name)
	}
	return i.patch(ctx, name, map[string]string{tagConfigured: hash}, nil)
}

// makeDirectory makes a directory, and those above it that are missing. The deepest is tried first: each call makes Incus
// mount the instance, and mostly only that one is missing.
func (i instances) makeDirectory(ctx context.Context, name, directory string) error {
	push := func() error { return i.push(ctx, name, directory, directoryMode, 0, 0, "directory", nil) }
	err := push()
	if !hasStatus(err, http.StatusNotFound) || path.Dir(directory) == "/" {
		return err
	}
	if err := i.makeDirectory(ctx, name, path.Dir(directory)); err != nil {
		return err
	}
	return push()
}

// write puts a file in the place of what is there: Incus sets mode and owner only on files that it makes.
func (i instances) write(ctx context.Context, name string, file model.File) error {
	_, err := i.do(ctx, request{
		method: http.MethodDelete, path: resource("instances", name, "files"), query: url.Values{"path": {file.Path}}, limit: writeLimit,
		doing: fmt.Sprintf("replace %s in the instance %s", file.Path, name),
	}, nil)
	if err := provider.IgnoreNotFound(err); err != nil {
		return err
	}
	kind, content := "file", file.Content
	if file.LinkTarget != "" {
		kind, content = "symlink", []byte(file.LinkTarget)
	}
	err = i.push(ctx, name, file.Path, file.Mode, file.UID, file.GID, kind, content)
	if !hasStatus(err, http.StatusNotFound) || path.Dir(file.Path) == "/" {
		return err
	}
	if err := i.makeDirectory(ctx, name, path.Dir(file.Path)); err != nil {
		return err
	}
	return i.push(ctx, name, file.Path, file.Mode, file.UID, file.GID, kind, content)
}

func (i instances) push(ctx context.Context, name, file string, mode int, uid, gid int64, kind string, content []byte) error {
	header := http.Header{}
	header.Set("X-Incus-Type", kind)
	header.Set("X-Incus-Mode", fmt.Sprintf("%04o", mode))
	header.Set("X-Incus-Uid", strconv.FormatInt(uid, 10))
	header.Set("X-Incus-Gid", strconv.FormatInt(gid, 10))
	header.Set("X-Incus-Write", "overwrite")
	_, err := i.do(ctx, request{
		method: http.MethodPost, path: resource("instances", name, "files"), query: url.Values{"path": {file}},
		header: header, raw: content, limit: writeLimit,
		doing: fmt.Sprintf("write %s into the instance %s", file, name),
	}, nil)
	if hasStatus(err, http.StatusNotFound) {
		return conflict(err, "%s cannot be written into the instance %s: the way there leads nowhere, or the instance went", file, name)
	}
	return err
}
