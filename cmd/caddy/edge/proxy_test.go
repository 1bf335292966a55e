package edge_test

// toPool are the handlers that send requests to the pool.
func toPool() []object {
	return []object{{
		"handler":            "reverse_proxy",
		"dynamic_upstreams":  object{"source": "botcluster"},
		"transport":          object{"protocol": "botcluster"},
		"load_balancing":     object{"selection_policy": object{"policy": "round_robin"}, "try_duration": "1s", "try_interval": "20ms"},
		"stream_close_delay": "1h",
	}}
}
