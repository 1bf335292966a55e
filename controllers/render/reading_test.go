package render_test

import (
	"encoding/json"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// What follows reads rendered Caddy JSON, as far as the specs need it.

func decode(config []byte) map[string]any {
	GinkgoHelper()
	var decoded map[string]any
	Expect(json.Unmarshal(config, &decoded)).To(Succeed())
	return decoded
}

// at follows keys into decoded JSON.
func at(config map[string]any, keys ...string) any {
	GinkgoHelper()
	var here any = config
	for _, key := range keys {
		inside, isObject := here.(map[string]any)
		Expect(isObject).To(BeTrue(), "%v at %q", keys, key)
		here = inside[key]
	}
	return here
}

// handlers are all handlers of a name, in their order.
func handlers(config any, name string) []map[string]any {
	var found []map[string]any
	walk(config, func(object map[string]any) {
		if object["handler"] == name {
			found = append(found, object)
		}
	})
	return found
}

// walk visits all objects, lists in order.
func walk(value any, visit func(map[string]any)) {
	switch value := value.(type) {
	case map[string]any:
		visit(value)
		for _, inside := range value {
			walk(inside, visit)
		}
	case []any:
		for _, inside := range value {
			walk(inside, visit)
		}
	}
}

// wayOf is a route to the bots: all its handlers, the choice of the bot and the proxy.
type wayOf struct {
	match         any
	handle        []any
	choice, proxy map[string]any
}

// headers are those that the way sets and deletes in answers.
func (w wayOf) headers() map[string]any {
	GinkgoHelper()
	found := handlers(w.handle, "headers")
	Expect(found).To(HaveLen(1))
	return found[0]["response"].(map[string]any)
}

// ways are the routes to the bots by their names.
func ways(config any) map[string]wayOf {
	GinkgoHelper()
	found := map[string]wayOf{}
	walk(config, func(object map[string]any) {
		handle, isRoute := object["handle"].([]any)
		if !isRoute || len(handle) < 2 {
			return
		}
		choice := handle[len(handle)-2].(map[string]any)
		if choice["handler"] != "botcluster_route" {
			return
		}
		proxy := handle[len(handle)-1].(map[string]any)
		Expect(proxy).To(HaveKeyWithValue("handler", "reverse_proxy"))
		Expect(object).To(HaveKeyWithValue("terminal", true))
		name := choice["route"].(string)
		Expect(found).NotTo(HaveKey(name))
		found[name] = wayOf{match: object["match"], handle: handle, choice: choice, proxy: proxy}
	})
	return found
}

// zones are the zones of all limits by their names, which are unique.
func zones(config any) map[string]any {
	GinkgoHelper()
	found := map[string]any{}
	for _, handler := range handlers(config, "rate_limit") {
		for name, zone := range handler["rate_limits"].(map[string]any) {
			Expect(found).NotTo(HaveKey(name))
			found[name] = zone
		}
	}
	return found
}

// withoutSwapped is the configuration without the routes that are swapped in place.
func withoutSwapped(config map[string]any) map[string]any {
	GinkgoHelper()
	text, err := json.Marshal(config)
	Expect(err).NotTo(HaveOccurred())
	bare := decode(text)
	for _, handler := range handlers(bare, "botcluster_routes") {
		delete(handler, "routes")
	}
	delete(at(bare, "apps", "botcluster").(map[string]any), "revision")
	return bare
}
