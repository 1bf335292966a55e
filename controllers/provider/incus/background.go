package incus

import (
	"context"
	"strconv"
	"time"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider"
)

// jobLimit ends a job whose calls hang, each within its own deadline: it holds one of a few places, and the instance. Written in
// a second as a rule, on a host that boots many instances in ten.
const jobLimit = 2 * time.Minute

// inBackground carries something out on an instance that takes several calls, and shows it as an operation until it ended:
// the pass that asked for it goes on. When the driver ends in the middle, what was done is seen as it is, and asked for anew.
func (h *host) inBackground(verb, name string, owner model.Owner, do func(ctx context.Context) error) {
	begun := h.operations.beginOurs(verb, name, owner)
	h.jobs.put(func(ctx context.Context) {
		over := ending{operation: begun, known: true}
		limited, cancel := context.WithTimeout(ctx, jobLimit)
		defer cancel()
		if err := do(limited); err != nil {
			h.options.Logger.V(1).Info("Job failed", "host", h.key, "instance", name, "verb", verb, "error", err.Error())
			over.failed = provider.MessageOf(err, "the driver could not carry it out; its log says why")
		}
		if ctx.Err() == nil {
			h.conclude(over)
		}
	})
}

// beginOurs notes an operation that the driver itself carries out.
func (o *operations) beginOurs(verb, name string, owner model.Owner) operation {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.counter++
	begun := &operation{id: verb + "-" + strconv.Itoa(o.counter), verb: verb, name: name, want: model.Instance{Owner: owner}, ours: true}
	o.add(begun)
	return *begun
}
