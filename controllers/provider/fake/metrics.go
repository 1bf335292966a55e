package fake

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// metricsLife is how long the daemon answers with the same figures (Incus: api_metrics.go, cacheDuration).
const metricsLife = 8 * time.Second

type metricsPage struct {
	text string
	till time.Time
}

// gauge is one figure of a running instance.
type gauge struct {
	name, help, kind string
	labels           string // further than those of every instance
	value            func(*World, *instance) float64
}

var gauges = []gauge{
	{"incus_boot_time_seconds", "The unix epoch at the time of the instance start.", "gauge", "",
		func(_ *World, i *instance) float64 { return float64(i.boot.startedAt.Unix()) }},
	{"incus_cpu_seconds_total", "The total number of CPU time used in seconds.", "counter", `cpu="0",mode="user",`,
		func(w *World, i *instance) float64 { return i.usage.cpu(w.now).Seconds() }},
	{"incus_cpu_effective_total", "The total number of effective CPUs.", "counter", "",
		func(w *World, i *instance) float64 {
			return float64(w.effectiveCPUs(w.expandedConfig(i)["limits.cpu"]))
		}},
	{"incus_memory_MemTotal_bytes", "The amount of used memory.", "gauge", "",
		func(w *World, i *instance) float64 {
			return float64(w.memoryLimit(w.expandedConfig(i)["limits.memory"]))
		}},
	{"incus_memory_MemAvailable_bytes", "The amount of available memory.", "gauge", "",
		func(w *World, i *instance) float64 {
			return float64(w.memoryLimit(w.expandedConfig(i)["limits.memory"]) - i.usage.Memory)
		}},
	{"incus_memory_Cached_bytes", "The amount of cached memory.", "gauge", "",
		func(_ *World, i *instance) float64 { return float64(i.usage.PageCache) }},
	{"incus_memory_RSS_bytes", "The amount of anonymous and swap cache memory.", "gauge", "",
		func(_ *World, i *instance) float64 { return float64(i.usage.Memory) }},
	{"incus_memory_Shmem_bytes", "The amount of cached filesystem data that is swap-backed.", "gauge", "",
		func(*World, *instance) float64 { return 0 }},
	{"incus_memory_OOM_kills_total", "The number of out of memory kills.", "counter", "",
		func(*World, *instance) float64 { return 0 }},
	{"incus_procs_total", "The number of running processes.", "counter", "",
		func(_ *World, i *instance) float64 { return float64(i.usage.Processes) }},
	{"incus_time_seconds", "The current unix epoch.", "counter", "",
		func(w *World, _ *instance) float64 { return float64(w.now.Unix()) }},
}

// Metrics is the OpenMetrics page of the running instances of a project, or of all projects if it is empty, on one member
// of a cluster: the target, or else the one that answers. It is made anew only every 8 seconds. So what is absent is not
// zero, and what stays the same is not idle.
func (w *World) Metrics(projectName, target string) (string, error) {
	defer w.enter()()
	location, err := w.metricsOf(target)
	if err != nil {
		return "", err
	}
	key := location + "/" + projectName
	if page, ok := w.metrics[key]; ok && w.now.Before(page.till) {
		return page.text, nil
	}
	text := &strings.Builder{}
	for _, g := range gauges {
		fmt.Fprintf(text, "# HELP %s %s\n# TYPE %s %s\n", g.name, g.help, g.name, g.kind)
		for _, i := range w.inOrder() {
			if i.running() && i.location == location && (projectName == "" || i.ref.Project == projectName) && !w.behaviour(i).NoMetrics {
				fmt.Fprintf(text, "%s{%sname=%q,project=%q,type=\"container\"} %g\n",
					g.name, g.labels, i.ref.Name, i.ref.Project, g.value(w, i))
			}
		}
	}
	fmt.Fprintf(text, "# HELP incus_operations_total The number of running operations\n"+
		"# TYPE incus_operations_total counter\nincus_operations_total %d\n# EOF\n", len(w.operations))
	w.metrics[key] = metricsPage{text: text.String(), till: w.now.Add(metricsLife)}
	return text.String(), nil
}

// metricsOf is the place whose figures are asked for.
func (w *World) metricsOf(target string) (string, error) {
	if target == "" || len(w.members) == 0 {
		return w.location(), nil
	}
	m := w.member(target)
	switch {
	case m == nil:
		return "", refuse(http.StatusNotFound, "Cluster member %q not found", target)
	case m.Status == MemberOffline:
		return "", m.unreachable()
	}
	return target, nil
}
