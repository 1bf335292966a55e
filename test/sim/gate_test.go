package sim

import (
	"context"
	"errors"
	"net/http"
	"sync"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

// errDead is what every call of an operator that died gets.
var errDead = errors.New("the operator is dead")

// mode is how one write of the operator fails.
type mode string

const (
	// dieBefore kills the operator when it is about to write; dieAfter when the write was done and not yet answered.
	dieBefore mode = "die before"
	dieAfter  mode = "die after"
	// refuse answers 500, conflict 409, loseAnswer writes and answers 500; for the API server.
	refuse     mode = "refuse"
	conflict   mode = "conflict"
	loseAnswer mode = "lose answer"
)

// gate stands between the operator and all that it writes to. It counts the writes and lets one of them fail.
type gate struct {
	mutex      sync.Mutex
	kill       context.CancelFunc
	isDead     bool
	outside    int // writes to Incus and edges
	kubernetes int // writes to the API server
	// the planned fault: at which write to which side
	atOutside    int
	atKubernetes int
	mode         mode
	reached      bool
	// latest is the BotCluster as the API server last showed it, nil when it is gone; unread before that. Reading it anew
	// for every check would be most of the work of a run.
	latest *v1alpha1.BotCluster
	unread bool
}

func newGate() *gate { return &gate{unread: true} }

func (g *gate) revive(kill context.CancelFunc) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.kill, g.isDead = kill, false
}

func (g *gate) dead() bool {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return g.isDead
}

func (g *gate) kubernetesWrites() int {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return g.kubernetes
}

// die ends the operator: what it does from now on fails.
func (g *gate) die() {
	g.isDead, g.reached = true, true
	g.kill()
}

// before is called for every call to the world.
func (g *gate) before(call fake.Call) error {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if g.isDead {
		return errDead
	}
	if call.Class != fake.Write {
		return nil
	}
	g.outside++
	if g.outside == g.atOutside && g.mode == dieBefore {
		g.die()
		return errDead
	}
	return nil
}

// after is called for every call that the world has carried out.
func (g *gate) after(call fake.Call, _ int) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	if call.Class == fake.Write && g.outside == g.atOutside && g.mode == dieAfter && !g.reached {
		g.die()
	}
}

// client wraps the API server's client.
func (g *gate) client(behind client.WithWatch) client.Client {
	return interceptor.NewClient(behind, interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			err := c.Get(ctx, key, o, opts...)
			g.saw(o, err)
			return err
		},
		Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			return g.write(o, func() error { return c.Create(ctx, o, opts...) })
		},
		Patch: func(ctx context.Context, c client.WithWatch, o client.Object, p client.Patch, opts ...client.PatchOption) error {
			return g.write(o, func() error { return c.Patch(ctx, o, p, opts...) })
		},
		SubResourcePatch: func(ctx context.Context, c client.Client, sub string, o client.Object, p client.Patch, opts ...client.SubResourcePatchOption) error {
			return g.write(o, func() error { return c.SubResource(sub).Patch(ctx, o, p, opts...) })
		},
	})
}

// saw remembers what the API server answered.
func (g *gate) saw(o client.Object, err error) {
	bc, ours := o.(*v1alpha1.BotCluster)
	if !ours {
		return
	}
	g.mutex.Lock()
	defer g.mutex.Unlock()
	switch {
	case apierrors.IsNotFound(err):
		g.latest, g.unread = nil, false
	case err == nil:
		g.latest, g.unread = bc.DeepCopy(), false
	default:
		g.unread = true
	}
}

// seen is the BotCluster as the API server last showed it; false when that is not known.
func (g *gate) seen() (*v1alpha1.BotCluster, bool) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return g.latest, !g.unread
}

// write carries out one write to the API server, or lets it fail as planned.
func (g *gate) write(o client.Object, do func() error) error {
	g.mutex.Lock()
	if g.isDead {
		g.mutex.Unlock()
		return errDead
	}
	g.kubernetes++
	planned := mode("")
	if g.kubernetes == g.atKubernetes {
		planned, g.reached = g.mode, true
	}
	g.mutex.Unlock()
	if refused := g.refusal(planned); refused != nil {
		return refused
	}
	err := do()
	g.saw(o, err)
	if planned == dieAfter {
		return g.killed()
	}
	if planned == loseAnswer {
		return apierrors.NewGenericServerResponse(http.StatusGatewayTimeout, "patch", schema.GroupResource{}, "", "lost by plan", 0, false)
	}
	return err
}

// refusal is the error of a write that is not carried out; nil when it is.
func (g *gate) refusal(planned mode) error {
	if planned == dieBefore {
		return g.killed()
	}
	if planned == refuse {
		return apierrors.NewInternalError(errors.New("refused by plan"))
	}
	if planned == conflict {
		resource := schema.GroupResource{Group: v1alpha1.GroupVersion.Group, Resource: "botclusters"}
		return apierrors.NewConflict(resource, "", errors.New("changed by plan"))
	}
	return nil
}

func (g *gate) killed() error {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.die()
	return errDead
}

// forget makes the next look read the BotCluster anew.
func (g *gate) forget() {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.unread = true
}
