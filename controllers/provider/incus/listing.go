package incus

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	incusapi "github.com/lxc/incus/v6/shared/api"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

const (
	// resyncEvery is how often all instances are read although events come, against what no event tells: new addresses,
	// members of a cluster that come and go.
	resyncEvery = 30 * time.Second
	// resyncVolumesEvery is the same for volumes, of which every change comes with an event.
	resyncVolumesEvery = 5 * time.Minute
	// oldest is the age of a list above which a call waits for a new one, though events come: a resync has failed then.
	oldest = 45 * time.Second
	// oldestVolumes is the same for volumes.
	oldestVolumes = resyncVolumesEvery + 30*time.Second
	// silence is how long an operation is not heard of before it is asked after, while events come.
	silence = 5 * time.Second
	// silenceWithoutEvents is the same while no events come; Incus forgets an operation 5 s after its end.
	silenceWithoutEvents = 200 * time.Millisecond
)

// catchUp begins what is due while events come.
func (h *host) catchUp() {
	now := h.options.Clock.Now()
	if !h.listing.fresh(now.Add(-resyncEvery)) {
		h.listing.start()
	}
	if !h.shelf.fresh(now.Add(-resyncVolumesEvery)) {
		h.shelf.start()
	}
	h.askAfterSilent("", silence)
}

// freshen returns nil when what is indexed is as new as it is to be: kept up by events, or else listed a moment ago.
func (h *host) freshen(ctx context.Context) error {
	now := h.options.Clock.Now()
	notBefore, shelfNotBefore := now.Add(-pauseBetweenLists), now.Add(-pauseBetweenLists)
	if since, live := h.stream.live(); live {
		notBefore, shelfNotBefore = later(since, now.Add(-oldest)), later(since, now.Add(-oldestVolumes))
	}
	if err := h.listing.ensure(ctx, notBefore); err != nil {
		return err
	}
	return h.shelf.ensure(ctx, shelfNotBefore)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// listInstances reads the operations and all instances of the project.
func (h *host) listInstances(ctx context.Context) error {
	if err := h.checkProject(ctx); err != nil {
		return err
	}
	if err := h.listOperations(ctx); err != nil {
		return err
	}
	began := h.index.begin()
	var list []model.Instance
	_, err := h.do(ctx, request{
		method: http.MethodGet, path: resource("instances"), query: url.Values{"recursion": {"2"}},
		limit: listLimit, doing: "list the instances",
	}, each(func(decoder *json.Decoder) error {
		var full fullInstance
		err := decoder.Decode(&full)
		list = append(list, convert(full))
		return err
	}))
	if err != nil {
		return err
	}
	changed := h.index.replace(began, list)
	h.operations.forget(func(name string) bool {
		_, present, _ := h.index.get(name)
		return present
	})
	h.notify(changed)
	return nil
}

// listOperations takes in what Incus has in hand. What we took to be running and Incus does not list has ended.
func (h *host) listOperations(ctx context.Context) error {
	known := h.operations.ids()
	// By status.
	var lists map[string][]incusapi.Operation
	_, err := h.do(ctx, request{
		method: http.MethodGet, path: resource("operations"), query: url.Values{"recursion": {"1"}}, doing: "list the operations",
	}, &lists)
	if err != nil {
		return err
	}
	listed := map[string]struct{}{}
	for _, list := range lists {
		for _, shown := range list {
			listed[shown.ID] = struct{}{}
			h.hearOperation(shown)
		}
	}
	for _, id := range known {
		if _, ok := listed[id]; !ok {
			h.loseOperation(id)
		}
	}
	return nil
}

// hearOperation takes in an operation as Incus shows it.
func (h *host) hearOperation(shown incusapi.Operation) {
	if over, ok := h.operations.hear(shown); ok {
		h.conclude(over)
	}
}

func (h *host) loseOperation(id string) {
	if over, ok := h.operations.lose(id); ok {
		h.conclude(over)
	}
}

// conclude reads the instance that an operation was about, and tells its owner. Until it was read the operation counts as
// running, so that nobody waits for the read.
func (h *host) conclude(over ending) {
	owner := over.want.Owner
	if instance, present, _ := h.index.get(over.name); present {
		owner = instance.Owner
	}
	if over.failed != "" {
		h.options.Logger.Info("Operation failed", "host", h.key, "instance", over.name, "verb", over.verb, "reason", words(over.failed))
	}
	if over.verb == verbCreate && over.failed != "" {
		// What it was made of may not be there any more, or have no room.
		h.facts.doubt()
	}
	h.index.mark(over.name)
	h.finishAfterReading(over, owner)
}

// finishAfterReading ends an operation once its instance was read as it left it. When that fails, the instance is to be read
// by whoever wants to know.
func (h *host) finishAfterReading(over ending, owner model.Owner) {
	h.readings.requestThen(over.name, func(err error) {
		if _, _, stale := h.index.get(over.name); stale && err == nil {
			h.finishAfterReading(over, owner) // that reading had begun before the end, or something happened since
			return
		}
		if begun := h.operations.finish(over); begun.UID != owner.UID {
			h.notify([]model.Owner{begun}) // the end overtook the answer to the call that began it
		}
	}, owner)
}

// askAfterSilent asks, in the background, after the operations that were not heard of for a while.
func (h *host) askAfterSilent(name string, since time.Duration) {
	for _, id := range h.operations.silent(name, since) {
		h.queue.put(func(ctx context.Context) { h.askAfter(ctx, id) })
	}
}

// askAfter asks Incus for an operation that was not heard of.
func (h *host) askAfter(ctx context.Context, id string) {
	var shown incusapi.Operation
	_, err := h.do(ctx, request{method: http.MethodGet, path: resource("operations", id), doing: "ask after an operation"}, &shown)
	switch {
	case err == nil:
		h.hearOperation(shown)
	case hasStatus(err, http.StatusNotFound):
		h.loseOperation(id)
	}
}
