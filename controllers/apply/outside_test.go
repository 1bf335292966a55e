package apply_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider"
)

// outside stands for all that steps are carried out against. It writes down each call, asks answer what to return, and
// lets a spec hold calls while they are under way.
type outside struct {
	answer func(call string) error
	// held is what a call waits for; nil for no wait.
	held chan struct{}
	// entered gets each call as it begins.
	entered chan string

	mutex         sync.Mutex
	calls         []string
	under, atOnce int
}

func newOutside() *outside {
	return &outside{answer: func(string) error { return nil }, entered: make(chan string, 1000)}
}

func (o *outside) call(ctx context.Context, format string, args ...any) error {
	call := fmt.Sprintf(format, args...)
	o.mutex.Lock()
	o.calls = append(o.calls, call)
	o.under++
	o.atOnce = max(o.atOnce, o.under)
	o.mutex.Unlock()
	o.entered <- call
	if o.held != nil {
		select {
		case <-o.held:
		case <-ctx.Done():
		}
	}
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.under--
	return o.answer(call)
}

// host, instances, volumes and edge are its faces.
type (
	host struct {
		provider.Host
		*outside
	}
	instances struct{ *outside }
	volumes   struct{ *outside }
	edge      struct {
		*outside

		name string
	}
)

func (h host) Instances() provider.Instances { return instances{h.outside} }
func (h host) Volumes() provider.Volumes     { return volumes{h.outside} }

func (i instances) Create(ctx context.Context, want model.InstanceSpec) error {
	return i.call(ctx, "create %s of %s", want.Name, want.Owner.UID)
}

func (i instances) Configure(ctx context.Context, name string, owner model.Owner, files []model.File, hash string) error {
	return i.call(ctx, "configure %s of %s with %d files %s", name, owner.UID, len(files), hash)
}

func (i instances) Change(ctx context.Context, name string, owner model.Owner, change model.InstanceChange) error {
	return i.call(ctx, "change %s of %s: %v %v", name, owner.UID, change.Config, change.DrainingSince)
}

func (i instances) Start(ctx context.Context, name string, owner model.Owner) error {
	return i.call(ctx, "start %s of %s", name, owner.UID)
}

func (i instances) Stop(ctx context.Context, name string, owner model.Owner, grace time.Duration) error {
	return i.call(ctx, "stop %s of %s within %s", name, owner.UID, grace)
}

func (i instances) Freeze(ctx context.Context, name string, owner model.Owner) error {
	return i.call(ctx, "freeze %s of %s", name, owner.UID)
}

func (i instances) Delete(ctx context.Context, name string, owner model.Owner) error {
	return i.call(ctx, "delete %s of %s", name, owner.UID)
}

func (v volumes) Create(ctx context.Context, want model.Volume) error {
	return v.call(ctx, "create volume %s in %s", want.Name, want.Pool)
}

func (v volumes) Delete(ctx context.Context, volume model.Volume) error {
	return v.call(ctx, "delete volume %s in %s", volume.Name, volume.Pool)
}

func (e edge) State(ctx context.Context) (model.EdgeState, error) {
	return model.EdgeState{}, e.call(ctx, "state of %s", e.name)
}

func (e edge) SetSecrets(ctx context.Context, secrets model.EdgeSecrets) error {
	return e.call(ctx, "%s to %s", secrets, e.name)
}

func (e edge) SetRoutes(ctx context.Context, routes model.Routes) error {
	return e.call(ctx, "routes %s to %s", routes.Revision, e.name)
}

func (e edge) SetPool(ctx context.Context, pool model.Pool) (model.EdgeState, error) {
	return model.EdgeState{}, e.call(ctx, "pool %s to %s", pool.Revision, e.name)
}
