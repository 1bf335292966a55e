package incusd

import (
	"bytes"
	"encoding/json"
	"net/http"
	"sync"

	incusapi "github.com/lxc/incus/v6/shared/api"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

// listCache keeps the JSON of instances that did not change since the last list, because a list of 11,000 instances is
// asked for again and again.
type listCache struct {
	mu      sync.Mutex
	entries map[fake.Ref]*listEntry
	size    int // of the last list: the next one has about as much
}

type listEntry struct {
	version     uint64
	plain, full []byte
}

func instancesGet(s *Server, r *request) reply {
	project, err := r.scope()
	if err != nil {
		return failed(err)
	}
	wanted, err := parseFilter(r.URL.Query().Get("filter"))
	if err != nil {
		return refused(http.StatusBadRequest, "Invalid filter: "+err.Error())
	}
	if kind := r.URL.Query().Get("instance-type"); kind != "" && kind != string(incusapi.InstanceTypeContainer) {
		return ok([]string{})
	}
	visible := func(l fake.Listed) bool {
		return r.caller.MayUse(l.Ref.Project) == nil && (wanted == nil || wanted.matches(l.Instance()))
	}
	if r.recursion() == 0 {
		addresses := []string{}
		s.world.EachInstance(project, func(l fake.Listed) {
			if visible(l) {
				addresses = append(addresses, within(l.Ref.Project, "instances", l.Ref.Name))
			}
		})
		return ok(addresses)
	}
	body, err := s.listed(project, r.recursion() > 1, visible)
	return orFailed(err, okJSON(body))
}

// listed is the JSON array of the visible instances.
func (s *Server) listed(project string, full bool, visible func(fake.Listed) bool) ([]byte, error) {
	s.lists.mu.Lock()
	defer s.lists.mu.Unlock()
	buffer := bytes.NewBuffer(make([]byte, 0, s.lists.size+s.lists.size/8))
	buffer.WriteByte('[')
	var failure error
	all := s.world.EachInstance(project, func(l fake.Listed) {
		if failure != nil || !visible(l) {
			return
		}
		encoded, err := s.lists.encoded(l, full)
		if failure = err; err != nil {
			return
		}
		if buffer.Len() > 1 {
			buffer.WriteByte(',')
		}
		buffer.Write(encoded)
	})
	buffer.WriteByte(']')
	s.lists.size = buffer.Len()
	if len(s.lists.entries) > 2*all { // most are of instances that are gone
		clear(s.lists.entries)
	}
	return buffer.Bytes(), failure
}

func (c *listCache) encoded(l fake.Listed, full bool) ([]byte, error) {
	entry := c.entries[l.Ref]
	if entry == nil || entry.version != l.Version || l.Version == 0 {
		entry = &listEntry{version: l.Version}
		c.entries[l.Ref] = entry
	}
	var err error
	switch {
	case full && entry.full == nil:
		entry.full, err = json.Marshal(l.Full())
		return entry.full, err
	case !full && entry.plain == nil:
		entry.plain, err = json.Marshal(l.Instance())
		return entry.plain, err
	case full:
		return entry.full, nil
	}
	return entry.plain, nil
}
