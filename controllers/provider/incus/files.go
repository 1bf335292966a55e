package incus

import (
	"context"

	incusapi "github.com/lxc/incus/v6/shared/api"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

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
	if err := i.writeFiles(ctx, name, files); err != nil {
		return err
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
