package live

import (
	"fmt"
	"sync"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/zap"

	"github.com/generalbots/botcluster-operator/cmd/caddy/privatefile"
)

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
	if err := swap(running, wanted); err != nil {
		return err
	}
	frame.Swapped(wanted.revision)
	log := caddy.Log().Named("botcluster.live")
	log.Info("Routes replaced in place", zap.String("revision", wanted.revision))
	if wanted.persist {
		if err := privatefile.Write(caddy.ConfigAutosavePath, wanted.whole); err != nil {
			log.Error("The routes could not be kept for the next start", zap.Error(err))
		}
	}
	return nil
}

// swap gives all handlers their routes, or none.
func swap(running map[string]*Routes, wanted configuration) error {
	prepared := make(map[string]*generation, len(running))
	for name, handler := range running {
		next, err := handler.prepare(wanted.routes[name])
		if err != nil {
			for _, unused := range prepared {
				unused.release()
			}
			return err
		}
		prepared[name] = next
	}
	for name, handler := range running {
		handler.publish(prepared[name])
	}
	return nil
}
