package live

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"github.com/caddyserver/caddy/v2"
)

const (
	// handlerName is that of Routes in a configuration.
	handlerName = "botcluster_routes"
	// revisionKey is where the revision of the routes stands in apps.botcluster.
	revisionKey = "revision"
)

var (
	errNotObject = errors.New("send one JSON object, Caddy's whole configuration")
	errNameTwice = errors.New("two handlers botcluster_routes have the same name")
	errNested    = errors.New("a handler botcluster_routes stands in the routes of another: routes are replaced as a whole, so one is enough")
)

// configuration is a configuration of Caddy, taken apart.
type configuration struct {
	// whole is all of it, as Caddy itself writes it: keys in order, no spaces.
	whole []byte
	// frame is the hash of all but the routes and their revision.
	frame    string
	revision string
	// routes by the name of their handler, written in the same way, without Caddy's "@id" marks.
	routes map[string][]byte
	// persist tells whether it is kept for the next start; so says Caddy's own default.
	persist bool
}

// read takes a configuration apart. The order of keys and the spaces between them do not count.
func read(data []byte) (configuration, error) {
	var document map[string]any
	if err := json.Unmarshal(data, &document); err != nil {
		return configuration{}, fmt.Errorf("reading the configuration: %w; %w", err, errNotObject)
	}
	if document == nil {
		return configuration{}, errNotObject
	}
	out := configuration{routes: map[string][]byte{}, persist: persists(document), whole: encode(document)}
	app := child(document, "apps", poolApp)
	out.revision, _ = app[revisionKey].(string)
	frame, err := out.objectWithoutRoutes(document)
	if err != nil {
		return configuration{}, err
	}
	if stripped := child(frame, "apps", poolApp); stripped != nil {
		delete(stripped, revisionKey)
	}
	sum := sha256.Sum256(encode(frame)) // encoding/json sorts the keys of maps
	out.frame = hex.EncodeToString(sum[:])
	return out, nil
}

// withoutRoutes copies a value without the routes of handlers that can be replaced, and keeps these.
func (c *configuration) withoutRoutes(value any) (any, error) {
	switch value := value.(type) {
	case map[string]any:
		return c.objectWithoutRoutes(value)
	case []any:
		copied := make([]any, len(value))
		for i, element := range value {
			var err error
			if copied[i], err = c.withoutRoutes(element); err != nil {
				return nil, err
			}
		}
		return copied, nil
	default:
		return value, nil
	}
}

func (c *configuration) objectWithoutRoutes(object map[string]any) (map[string]any, error) {
	if object["handler"] == handlerName {
		name, _ := object["name"].(string)
		if name == "" {
			return nil, errNoName
		}
		if _, taken := c.routes[name]; taken {
			return nil, fmt.Errorf("%w: %q", errNameTwice, name)
		}
		inner := configuration{routes: map[string][]byte{}}
		if _, err := inner.withoutRoutes(object["routes"]); err != nil || len(inner.routes) > 0 {
			return nil, errors.Join(err, fmt.Errorf("%w: %q", errNested, name))
		}
		c.routes[name] = caddy.RemoveMetaFields(encode(object["routes"]))
		bare := maps.Clone(object)
		delete(bare, "routes")
		return bare, nil
	}
	copied := make(map[string]any, len(object))
	for key, element := range object {
		var err error
		if copied[key], err = c.withoutRoutes(element); err != nil {
			return nil, err
		}
	}
	return copied, nil
}

// child returns an object inside of objects, nil when it is not there.
func child(object map[string]any, keys ...string) map[string]any {
	for _, key := range keys {
		object, _ = object[key].(map[string]any)
	}
	return object
}

func persists(document map[string]any) bool {
	persist, said := child(document, "admin", "config")["persist"].(bool)
	return persist || !said
}

// encode cannot fail: what came out of JSON goes in again.
func encode(value any) []byte {
	encoded, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("live: a value that was JSON is none: %v", err))
	}
	return encoded
}
