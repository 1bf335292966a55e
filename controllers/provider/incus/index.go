package incus

import (
	"reflect"
	"slices"
	"sync"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// ownerKey is what owners are looked up by.
type ownerKey struct{ manager, uid string }

func keyOf(owner model.Owner) ownerKey { return ownerKey{manager: owner.Manager, uid: owner.UID} }

// index is what was last read of each instance of a project, by name and by owner.
//
// Reads overlap, and events come late or twice. So nothing here goes by time: a counter numbers the reasons to read and
// the beginnings of reads. An instance is stale when a reason is younger than the beginning of the last read that
// succeeded, and an answer is dropped when one of a younger read is there already.
type index struct {
	mu      sync.Mutex
	counter uint64
	entries map[string]*entry
	names   sortedNames
	owners  map[ownerKey]map[string]struct{}
}

// entry is what is known of one instance. That of an instance that went stays until two lists have missed it, so that the late
// answer of a list that began before is known for old.
type entry struct {
	instance model.Instance
	present  bool
	// wanted is the number of the youngest reason to read it, covered of the beginning of the youngest read.
	wanted, covered uint64
}

func newIndex() *index {
	return &index{entries: map[string]*entry{}, owners: map[ownerKey]map[string]struct{}{}}
}

// mark gives a reason to read an instance again.
func (x *index) mark(name string) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.counter++
	x.entry(name).wanted = x.counter
}

// begin numbers the beginning of a read.
func (x *index) begin() uint64 {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.counter++
	return x.counter
}

// get returns an instance as it was last read, and whether it is to be read again.
func (x *index) get(name string) (instance model.Instance, present, stale bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	found := x.entries[name]
	if found == nil {
		return model.Instance{}, false, false
	}
	return found.instance, found.present, found.wanted > found.covered
}

// namesFor returns the sorted names that concern an owner: those with its tags, and those with its prefix.
func (x *index) namesFor(owner model.Owner) []string {
	x.mu.Lock()
	defer x.mu.Unlock()
	var names []string
	if owner.Prefix != "" {
		names = x.names.under(owner.Prefix)
	}
	if owner.UID != "" {
		for name := range x.owners[keyOf(owner)] {
			names = append(names, name)
		}
	} else {
		for key, owned := range x.owners {
			if key.manager != owner.Manager {
				continue
			}
			for name := range owned {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// set takes in what a read that began as number `began` found; nil says that there is no such instance. It returns the
// owners for whom something changed.
func (x *index) set(name string, began uint64, read *model.Instance) []model.Owner {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.put(name, began, read)
}

// replace takes in a list of all instances.
func (x *index) replace(began uint64, list []model.Instance) []model.Owner {
	x.mu.Lock()
	defer x.mu.Unlock()
	var changed []model.Owner
	listed := make(map[string]struct{}, len(list))
	for i := range list {
		listed[list[i].Name] = struct{}{}
		changed = append(changed, x.put(list[i].Name, began, &list[i])...)
	}
	for _, name := range x.names.under("") {
		if _, ok := listed[name]; ok {
			continue
		}
		known := x.entries[name].present
		changed = append(changed, x.put(name, began, nil)...)
		if gone := x.entries[name]; !known && gone.wanted <= gone.covered {
			x.drop(name)
		}
	}
	return changed
}

func (x *index) put(name string, began uint64, read *model.Instance) []model.Owner {
	kept := x.entry(name)
	if began < kept.covered {
		return nil
	}
	before, was := kept.instance, kept.present
	kept.covered = began
	x.disown(kept)
	kept.present, kept.instance = read != nil, model.Instance{}
	if read != nil {
		kept.instance = *read
		x.own(kept)
	}
	if was == kept.present && reflect.DeepEqual(before, kept.instance) {
		return nil
	}
	changed := []model.Owner{before.Owner}
	if before.Owner != kept.instance.Owner {
		changed = append(changed, kept.instance.Owner)
	}
	return slices.DeleteFunc(changed, func(owner model.Owner) bool { return owner.UID == "" })
}

func (x *index) entry(name string) *entry {
	if found := x.entries[name]; found != nil {
		return found
	}
	added := &entry{}
	x.entries[name] = added
	x.names.insert(name)
	return added
}

func (x *index) drop(name string) {
	delete(x.entries, name)
	x.names.remove(name)
}

func (x *index) own(kept *entry) {
	key := keyOf(kept.instance.Owner)
	if key.uid == "" || key.manager == "" {
		return
	}
	if x.owners[key] == nil {
		x.owners[key] = map[string]struct{}{}
	}
	x.owners[key][kept.instance.Name] = struct{}{}
}

func (x *index) disown(kept *entry) {
	key := keyOf(kept.instance.Owner)
	delete(x.owners[key], kept.instance.Name)
	if len(x.owners[key]) == 0 {
		delete(x.owners, key)
	}
}
