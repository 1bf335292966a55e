package edge_test

// toPool are the handlers that send requests to the pool.
func toPool() []object {
	return []object{
		{"handler": "botcluster_route", "route": "all", "policy": "round_robin"},
		{
			"handler":           "reverse_proxy",
			"dynamic_upstreams": object{"source": "botcluster"},
			"transport":         object{"protocol": "botcluster"},
			"load_balancing":    object{"selection_policy": object{"policy": "botcluster"}, "try_duration": "10s", "try_interval": "20ms"},
		},
	}
}
