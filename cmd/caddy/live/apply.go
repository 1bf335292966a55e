package live

import (
	"errors"
	"fmt"
	"sync"

	"github.com/caddyserver/caddy/v2"
)

// applying lets one configuration follow the other.
var applying sync.Mutex

// Apply makes a configuration the running one: in place when only routes differ, else by Caddy's own loading. loaded reads the
// configuration that Caddy has loaded last. When the new one is refused, the error says so in Caddy's words, and everything
// stays as it was.
func Apply(data []byte, loaded func() ([]byte, error)) error {
	wanted, err := read(data)
	if err != nil {
		return err
	}
	applying.Lock()
	defer applying.Unlock()
	for {
		set := sets.newest()
		if set == nil {
			return load(wanted)
		}
		alike, err := sameFrame(wanted, loaded)
		if err != nil {
			return err
		}
		if !alike {
			return load(wanted)
		}
		switch err := set.replace(wanted); {
		case errors.Is(err, errReplaced):
			continue // by somebody who used Caddy's own routes of the admin API: look at what runs now
		case errors.Is(err, errMoreThanRoutes):
			return load(wanted)
		default:
			return err
		}
	}
}

// sameFrame tells whether a configuration differs from the loaded one in nothing but what can be replaced. Routes that were
// replaced are not in the loaded one, and need not be.
func sameFrame(wanted configuration, loaded func() ([]byte, error)) (bool, error) {
	data, err := loaded()
	if err != nil {
		return false, fmt.Errorf("reading the running configuration: %w", err)
	}
	base, err := read(data)
	if err != nil {
		return false, fmt.Errorf("the running configuration: %w", err)
	}
	return base.frame == wanted.frame, nil
}

// load lets Caddy do it. By force: Caddy compares with what it has loaded last, which replaced routes are not part of.
func load(wanted configuration) error {
	if err := caddy.Load(wanted.whole, true); err != nil {
		return fmt.Errorf("loading the configuration: %w", err)
	}
	return nil
}
