package live

import (
	"errors"
	"fmt"
	"sync"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/generalbots/botcluster-operator/cmd/caddy/privatefile"
)

// errOvertaken means that a configuration was loaded past PUT /botcluster/config. The next one is compared with that.
var errOvertaken = errors.New("another configuration was loaded at the same time: send this one again")

// applying lets one configuration follow the other.
var applying sync.Mutex

// Apply makes a configuration the running one: in place when only routes differ, else by Caddy's own loading. When it is
// refused everything stays as it was.
func Apply(data []byte) error {
	wanted, err := read(data)
	if err != nil {
		return err
	}
	applying.Lock()
	defer applying.Unlock()
	frame, running := runningFrame(), runningHandlers()
	if frame.Hash == "" || frame.Hash != wanted.frame || !sameNames(running, wanted.routes) {
		// By force: Caddy compares with what it has loaded last, which swapped routes are not part of.
		if err := caddy.Load(wanted.whole, true); err != nil {
			return fmt.Errorf("loading the configuration: %w", err)
		}
		return nil
	}
	next, err := prepare(running, wanted)
	if err != nil {
		return err
	}
	if wanted.persist {
		if err := privatefile.Write(caddy.ConfigAutosavePath, wanted.whole); err != nil {
			release(next)
			return fmt.Errorf("keeping the configuration for the next start: %w", err)
		}
	}
	if !publish(running, next) {
		return errOvertaken
	}
	frame.Swapped(wanted.revision)
	caddy.Log().Named("botcluster.live").Info("Routes replaced in place", zap.String("revision", wanted.revision))
	return nil
}

// prepare makes the routes of all handlers, or of none.
func prepare(running map[string]*Routes, wanted configuration) (map[string]*generation, error) {
	prepared := make(map[string]*generation, len(running))
	for name, handler := range running {
		next, err := handler.prepare(wanted.routes[name])
		if err != nil {
			release(prepared)
			return nil, err
		}
		prepared[name] = next
	}
	return prepared, nil
}

// release ends generations that did not come to count.
func release(unused map[string]*generation) {
	for _, one := range unused {
		one.release()
	}
}

// publish lets the routes count. It is false when somebody else had Caddy load a configuration meanwhile.
func publish(running map[string]*Routes, next map[string]*generation) bool {
	all := true
	for name, handler := range running {
		all = handler.publish(next[name]) && all
	}
	return all
}
