package live

import (
	"encoding/json"
	"fmt"

	"github.com/caddyserver/caddy/v2"
)

// rehearse provisions routes and cleans them up again, so that routes that are refused are refused before they touch anything.
// caddy-ratelimit keeps its zones by name for the whole process: provisioning routes sets the limits of the zones that they
// name, and cleaning up after a failure forgets zones that still serve. So the zones have other names here.
func (r *Routes) rehearse(source []byte) error {
	var routes any
	if err := json.Unmarshal(source, &routes); err != nil {
		return fmt.Errorf("server %q: reading the routes: %w", r.Name, err)
	}
	renameZones(routes)
	before := loadedApps(r.ctx)
	tried, err := r.prepare(encode(routes))
	if err != nil {
		return err
	}
	tried.release()
	for name := range loadedApps(r.ctx) {
		if !before[name] { // it is provisioned now, but nobody would start it
			return fmt.Errorf("%w: %s", errMoreThanRoutes, name)
		}
	}
	return nil
}

// renameZones gives every rate limit zone in a value another name.
func renameZones(value any) {
	switch value := value.(type) {
	case map[string]any:
		if zones, is := value["rate_limits"].(map[string]any); is && value["handler"] == "rate_limit" {
			renamed := make(map[string]any, len(zones))
			for name, zone := range zones {
				renamed["rehearsal of "+name] = zone
			}
			value["rate_limits"] = renamed
		}
		for _, element := range value {
			renameZones(element)
		}
	case []any:
		for _, element := range value {
			renameZones(element)
		}
	}
}

// loadedApps lists the apps of a configuration.
func loadedApps(ctx caddy.Context) map[string]bool {
	loaded := map[string]bool{}
	for _, app := range caddy.GetModules("") {
		if _, err := ctx.AppIfConfigured(string(app.ID)); err == nil {
			loaded[string(app.ID)] = true
		}
	}
	return loaded
}
