package incus

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"sync"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	promodel "github.com/prometheus/common/model"

	"github.com/generalbots/botcluster-operator/controllers/provider"
)

// Figures of the metrics page that memory is computed from, in bytes. Incus writes available = total − used + page cache, where
// the cache holds what lies on file systems in memory as well; that part cannot be given up, and is shmem.
const (
	figureTotal     = "incus_memory_MemTotal_bytes"
	figureAvailable = "incus_memory_MemAvailable_bytes"
	figureShared    = "incus_memory_Shmem_bytes"
)

// readMemory reads the memory of the instances of which the processor time was read last. Every member of a cluster tells of its
// own instances only; those of one that does not answer are left out. It fails when nobody answered.
func (h *host) readMemory(ctx context.Context) error {
	now := h.options.Clock.Now()
	locations := h.meter.locations()
	found := make([]map[string]memory, len(locations))
	failures := make([]error, len(locations))
	var group sync.WaitGroup
	for i, location := range locations {
		group.Go(func() { found[i], failures[i] = h.memoryOn(ctx, location) })
	}
	group.Wait()
	all := map[string]memory{}
	answered, failure := len(locations) == 0, error(nil)
	for i := range locations {
		maps.Copy(all, found[i])
		if failures[i] == nil {
			answered = true
		} else if failure == nil {
			failure = failures[i]
		}
	}
	h.logMemory(failure)
	if !answered {
		return failure
	}
	h.meter.putMemory(now, all)
	return nil
}

// memoryOn reads the metrics of one member of the cluster.
func (h *host) memoryOn(ctx context.Context, member string) (map[string]memory, error) {
	var found map[string]memory
	_, err := h.do(ctx, request{
		method: http.MethodGet, path: resource("metrics"), query: target(member), doing: "read the metrics of the instances",
	}, page(func(body io.Reader) (err error) {
		found, err = memoryIn(body, h.client.project)
		return err
	}))
	return found, err
}

// logMemory tells of a failure when it is another one than before, and of its end.
func (h *host) logMemory(failure error) {
	message := provider.MessageOf(failure, "")
	if !h.meter.newFailure(message) {
		return
	}
	logger := h.options.Logger.WithValues("host", h.key)
	if failure != nil {
		logger.Info("Memory of instances cannot be measured", "reason", failure.Error())
		return
	}
	logger.Info("Memory of instances is measured again")
}

// memoryIn picks the memory of the instances of a project out of a metrics page. The page has some sixty lines for each instance,
// so only those that count are parsed.
func memoryIn(body io.Reader, project string) (map[string]memory, error) {
	var lines bytes.Buffer
	scanner := bufio.NewScanner(body)
	for scanner.Scan() {
		for _, figure := range []string{figureTotal, figureAvailable, figureShared} {
			if bytes.HasPrefix(scanner.Bytes(), []byte(figure+"{")) {
				lines.Write(append(scanner.Bytes(), '\n'))
			}
		}
	}
	if err := scanner.Err(); err != nil {
		return nil, fmt.Errorf("read the metrics: %w", err)
	}
	parser := expfmt.NewTextParser(promodel.UTF8Validation)
	families, err := parser.TextToMetricFamilies(&lines)
	if err != nil {
		return nil, fmt.Errorf("parse the metrics: %w", err)
	}
	available, shared := byInstance(families[figureAvailable], project), byInstance(families[figureShared], project)
	found := map[string]memory{}
	for name, total := range byInstance(families[figureTotal], project) {
		left, told := available[name]
		if used := int64(total - left + shared[name]); told && used > 0 {
			found[name] = memory{used: used, limit: int64(total)}
		}
	}
	return found, nil
}

// byInstance are the values of a family by the instance that they are of.
func byInstance(family *dto.MetricFamily, project string) map[string]float64 {
	values := map[string]float64{}
	for _, metric := range family.GetMetric() {
		labels := map[string]string{}
		for _, label := range metric.GetLabel() {
			labels[label.GetName()] = label.GetValue()
		}
		if labels["project"] == project && labels["name"] != "" {
			values[labels["name"]] = metric.GetUntyped().GetValue()
		}
	}
	return values
}
