package incus

import (
	"context"
	"strings"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// Inventory implements provider.Host.
func (h *host) Inventory(ctx context.Context, owner model.Owner) (model.Inventory, error) {
	if err := h.ready(ctx); err != nil {
		return model.Inventory{}, err
	}
	if err := h.freshen(ctx); err != nil {
		return model.Inventory{}, err
	}
	if _, live := h.stream.live(); !live {
		for _, name := range h.namesFor(owner) {
			h.askAfterSilent(name, silenceWithoutEvents)
		}
	}
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	unread := map[string]struct{}{}
	for first := true; ; first = false {
		instances, due := h.survey(owner, unread, first)
		if len(due) == 0 {
			inventory := model.Inventory{
				Instances: instances, Volumes: h.volumes.of(owner), Failures: h.operations.failuresOf(owned(instances), owner.Prefix),
			}
			if len(unread) == 0 {
				return inventory, nil
			}
			// Perhaps the server went away while it was being asked; then nothing is known.
			return inventory, h.link.await(ctx)
		}
		h.reread(limited, due, unread)
		if err := ctx.Err(); err != nil {
			return model.Inventory{}, transient(reasonServerUnreachable, err, "gave up waiting for the instances to be read")
		}
	}
}

func owned(instances []model.Instance) []string {
	var names []string
	for i := range instances {
		if instances[i].Owned {
			names = append(names, instances[i].Name)
		}
	}
	return names
}

// namesFor returns the sorted names of an owner's instances, and of those that are being made for it.
func (h *host) namesFor(owner model.Owner) []string {
	names := sortedNames{names: h.index.namesFor(owner)}
	for _, name := range h.operations.under(owner.Prefix) {
		names.insert(name)
	}
	return names.names
}

// survey returns the instances as an owner sees them, and the names of those that are to be read before that is true. Those
// that could not be read are not asked for again. What only its age asks for is read in the background when aged is set.
func (h *host) survey(owner model.Owner, unread map[string]struct{}, aged bool) (instances []model.Instance, due []string) {
	for _, name := range h.namesFor(owner) {
		// In this order: an operation that ended before it was looked up has marked its instance as stale.
		operation := h.operations.about(name)
		instance, present, stale := h.index.get(name)
		if aged && present && !stale && h.hasAged(instance) {
			h.readings.request(name) // whoever it concerns is told when something changed
		}
		// Nobody acts on an instance that is busy, and Incus takes up to a second to describe one that boots among many: it is
		// shown as it was, until the read that follows the end of its operation.
		busy := operation.verb != "" && h.readings.failed(name) == nil
		if _, failed := unread[name]; !failed && stale && !busy {
			due = append(due, name)
			continue
		}
		if !present {
			instance, present = h.unseen(name, operation, stale)
		} else if stale && !busy {
			// What was read before is no answer. The tags are, as nobody else changes them.
			instance.State, instance.Operation = model.StateUnknown, ""
		}
		if present && concerns(owner, &instance, operation) {
			instances = append(instances, instance)
		}
	}
	return instances, due
}

// concerns tells whether an owner is to see an instance, and completes it for that.
func concerns(owner model.Owner, instance *model.Instance, operation operation) bool {
	instance.Owned = belongs(instance.Owner, owner)
	if operation.verb != "" {
		instance.Operation = operation.verb
	}
	return instance.Owned || (owner.Prefix != "" && strings.HasPrefix(instance.Name, owner.Prefix))
}

// hasAged tells whether an instance of which no event will be heard was read too long ago.
func (h *host) hasAged(instance model.Instance) bool {
	pause := pauseOf(&instance)
	return pause > 0 && h.readings.due(instance.Name, pause)
}

// unseen is what is shown of an instance that was not read: what is being made of it, or that it is not known whether there
// is one.
func (h *host) unseen(name string, operation operation, stale bool) (model.Instance, bool) {
	switch {
	case operation.verb == verbCreate && operation.want.Name != "":
		return operation.want, true
	case operation.verb == verbCreate || stale:
		return model.Instance{Name: name, Ordinal: noOrdinal, State: model.StateUnknown}, true
	default:
		return model.Instance{}, false
	}
}

// reread reads instances again and adds those that could not be read in time to unread. One whose member of a cluster hangs
// does not keep the others from being seen.
func (h *host) reread(ctx context.Context, names []string, unread map[string]struct{}) {
	asked := map[string]*reading{}
	for _, name := range names {
		if h.readings.failed(name) != nil {
			unread[name] = struct{}{}
			continue
		}
		asked[name] = h.readings.request(name)
	}
	for name, pending := range asked {
		select {
		case <-pending.done:
			if pending.err != nil {
				unread[name] = struct{}{}
			}
		case <-ctx.Done():
			unread[name] = struct{}{}
		}
	}
}
