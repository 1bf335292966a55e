package main

import (
	"encoding/json"
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/render"
)

// Where the measured processes listen, on the loopback only.
const (
	ourPort   = 28001
	stockPort = 28002
	barePort  = 28003
)

// shippedConfig is what the operator gives an edge with a plain spec, moved to a port of the loopback.
func shippedConfig(admin string, port int) (map[string]any, error) {
	routes := render.Routes(v1alpha1.BotClusterSpec{Edge: v1alpha1.EdgeSpec{TLS: v1alpha1.EdgeTLS{Mode: v1alpha1.TLSModeOff}}})
	var config map[string]any
	if err := json.Unmarshal(routes.Config, &config); err != nil {
		return nil, fmt.Errorf("read the rendered routes: %w", err)
	}
	servers, _, err := unstructured.NestedMap(config, "apps", "http", "servers")
	if err != nil {
		return nil, fmt.Errorf("read the rendered servers: %w", err)
	}
	errs := []error{
		unstructured.SetNestedField(config, admin, "admin", "listen"),
		unstructured.SetNestedField(config, true, "apps", "botcluster", "loopback_members"),
	}
	for name := range servers {
		errs = append(errs, unstructured.SetNestedField(config, []any{loopback(port)}, "apps", "http", "servers", name, "listen"))
	}
	return config, errors.Join(errs...)
}

// stockConfig is the same with the modules that Caddy comes with: the bots are written down, each gets a request in turn, and
// nothing is probed.
func stockConfig(bots []*loopbackBot) configure {
	return func(admin string, port int) (map[string]any, error) {
		config, err := shippedConfig(admin, port)
		if err != nil {
			return nil, err
		}
		unstructured.RemoveNestedField(config, "apps", "botcluster")
		for key, value := range config {
			config[key] = withStockHandlers(value, upstreams(bots))
		}
		return config, nil
	}
}

// bareConfig is the least that Caddy needs to pass requests on in turn: no headers, no compression, no paths.
func bareConfig(bots []*loopbackBot) configure {
	return func(admin string, port int) (map[string]any, error) {
		server := map[string]any{
			"listen": []any{loopback(port)}, "automatic_https": map[string]any{"disable": true},
			"routes": []any{map[string]any{"handle": []any{stockProxy(upstreams(bots))}}},
		}
		return map[string]any{
			"admin": map[string]any{"listen": admin},
			"apps":  map[string]any{"http": map[string]any{"servers": map[string]any{"http": server}}},
		}, nil
	}
}

func upstreams(bots []*loopbackBot) []any {
	out := make([]any, 0, len(bots))
	for _, bot := range bots {
		out = append(out, map[string]any{"dial": bot.address})
	}
	return out
}

func stockProxy(upstreams []any) map[string]any {
	return map[string]any{
		"handler": "reverse_proxy", "upstreams": upstreams,
		"load_balancing": map[string]any{
			"selection_policy": map[string]any{"policy": "round_robin"}, "try_duration": "5s", "try_interval": "50ms",
		},
		"transport": map[string]any{"protocol": "http", "dial_timeout": "500ms"},
	}
}

// withStockHandlers replaces the handlers of cmd/caddy, wherever they are.
func withStockHandlers(value any, upstreams []any) any {
	switch value := value.(type) {
	case map[string]any:
		switch value["handler"] {
		case "botcluster_routes":
			return withStockHandlers(map[string]any{"handler": "subroute", "routes": value["routes"]}, upstreams)
		case "reverse_proxy":
			return stockProxy(upstreams)
		}
		for key, inner := range value {
			value[key] = withStockHandlers(inner, upstreams)
		}
		return value
	case []any:
		out := make([]any, 0, len(value))
		for _, inner := range value {
			if handler, isMap := inner.(map[string]any); isMap && handler["handler"] == "botcluster_route" {
				continue // it chooses the member for the proxy behind it
			}
			out = append(out, withStockHandlers(inner, upstreams))
		}
		return out
	default:
		return value
	}
}
