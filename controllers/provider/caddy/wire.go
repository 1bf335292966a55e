package caddy

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"time"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// push is the document that PUT /botcluster/pool takes (cmd/caddy/pool/testdata/push.json).
type push struct {
	Revision string       `json:"revision"`
	Probe    pushedProbe  `json:"probe"`
	Members  []pushMember `json:"members"`
}

type pushedProbe struct {
	Path     string `json:"path"`
	Interval string `json:"interval"`
	Timeout  string `json:"timeout"`
	Retries  int    `json:"retries"`
}

type pushMember struct {
	Name    string            `json:"name"`
	Address string            `json:"address"`
	State   model.MemberState `json:"state"`
}

// pushOf leaves out what is removed: an edge removes who is not named.
func pushOf(pool model.Pool) push {
	document := push{
		Revision: pool.Revision,
		Probe: pushedProbe{
			Path: pool.Probe.Path, Interval: pool.Probe.Interval.String(), Timeout: pool.Probe.Timeout.String(), Retries: pool.Probe.Retries,
		},
		Members: make([]pushMember, 0, len(pool.Members)),
	}
	for _, member := range pool.Members {
		if member.State != model.MemberRemoved {
			document.Members = append(document.Members, pushMember(member))
		}
	}
	return document
}

// secretsPush is the document that PUT /botcluster/secrets takes.
type secretsPush struct {
	Revision     string            `json:"revision"`
	CookieKey    []byte            `json:"cookieKey"`
	Certificates []certificatePush `json:"certificates"`
}

type certificatePush struct {
	Chain string `json:"chain"`
	Key   string `json:"key"`
}

func secretsPushOf(secrets model.EdgeSecrets) secretsPush {
	document := secretsPush{
		Revision: secrets.Revision, CookieKey: secrets.CookieKey,
		Certificates: make([]certificatePush, 0, len(secrets.Certificates)),
	}
	for _, certificate := range secrets.Certificates {
		document.Certificates = append(document.Certificates,
			certificatePush{Chain: string(certificate.Chain), Key: string(certificate.Key)})
	}
	return document
}

// document is what GET and PUT /botcluster/pool answer (cmd/caddy/pool/testdata/pool.json), as far as the operator
// reads it. Edges of a newer image may say more.
type document struct {
	Process         string           `json:"process"`
	RoutesRevision  string           `json:"routesRevision"`
	SecretsRevision string           `json:"secretsRevision"`
	Revision        string           `json:"revision"`
	Members         []documentMember `json:"members"`
}

type documentMember struct {
	Name     string            `json:"name"`
	Address  string            `json:"address"`
	State    model.MemberState `json:"state"`
	Since    time.Time         `json:"since"`
	Serving  bool              `json:"serving"`
	Probe    documentProbe     `json:"probe"`
	InFlight int64             `json:"inFlight"`
	Ejected  bool              `json:"ejected"`
	Breakers []documentBreaker `json:"breakers"`
	documentLoad
}

// documentLoad is what was sent to a member.
type documentLoad struct {
	Requests        int64   `json:"requests"`
	Errors5xx       int64   `json:"errors5xx"`
	TransportErrors int64   `json:"transportErrors"`
	LatencySum      float64 `json:"latencySecondsSum"`
	// LatencyHistogram holds the counts of the answers, each in one bucket only.
	LatencyHistogram []int64 `json:"latencyHistogram"`
}

type documentBreaker struct {
	Route string             `json:"route"`
	State model.BreakerState `json:"state"`
}

type documentProbe struct {
	Result  model.ProbeResult `json:"result"`
	Status  int               `json:"status"`
	Message string            `json:"message"`
	// Document is what the member says of itself.
	Document struct {
		Metrics map[string]float64 `json:"metrics"`
	} `json:"document"`
}

// Figures of a health document that the operator knows.
const (
	figureQueueDepth  = "queue_depth"
	figureConnections = "connections"
	// largestFigure is more than anybody counts, and what a float64 holds exactly.
	largestFigure = 1 << 53
)

var (
	errNoDocument = errors.New("it has no process or no members")
	errMember     = errors.New("a member makes no sense")
	errTrailing   = errors.New("something follows the document")
)

// decodeState reads a document and believes none that is not whole: half of a pool would look as if bots had left it.
func decodeState(content []byte) (model.EdgeState, error) {
	decoder := json.NewDecoder(bytes.NewReader(content))
	var read document
	if err := decoder.Decode(&read); err != nil {
		return model.EdgeState{}, fmt.Errorf("decoding the pool document: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return model.EdgeState{}, errTrailing
	}
	if read.Process == "" || read.Members == nil {
		return model.EdgeState{}, errNoDocument
	}
	state := model.EdgeState{
		Process: read.Process, RoutesRevision: read.RoutesRevision, SecretsRevision: read.SecretsRevision, PoolRevision: read.Revision,
		Members: make([]model.MemberStatus, 0, len(read.Members)),
	}
	for i, member := range read.Members {
		if !member.makesSense() {
			return model.EdgeState{}, fmt.Errorf("member %d, %q: %w", i, member.Name, errMember)
		}
		state.Members = append(state.Members, member.status())
	}
	return state, nil
}

func (m documentMember) status() model.MemberStatus {
	status := model.MemberStatus{
		Name: m.Name, Address: m.Address, State: m.State, Since: m.Since, Serving: m.Serving,
		Probe: m.Probe.Result, StatusCode: m.Probe.Status, Message: m.Probe.Message, InFlight: m.InFlight, Ejected: m.Ejected,
		Requests: m.Requests, ServerErrors: m.Errors5xx, Unanswered: m.TransportErrors,
		LatencySum: time.Duration(math.Round(m.LatencySum * float64(time.Second))),
		QueueDepth: m.figure(figureQueueDepth), Connections: m.figure(figureConnections),
	}
	for _, count := range m.LatencyHistogram {
		status.LatencyCount += count
	}
	for _, breaker := range m.Breakers {
		status.Breakers = append(status.Breakers, model.Breaker(breaker))
	}
	return status
}

// figure is a count of the health document, nil when it is not there or is none: a bot is not trusted to make sense.
func (m documentMember) figure(name string) *int64 {
	value, said := m.Probe.Document.Metrics[name]
	if !said || value < 0 || value > largestFigure {
		return nil
	}
	return new(int64(math.Round(value)))
}

func (m documentMember) makesSense() bool {
	switch m.State {
	case model.MemberActive, model.MemberDraining, model.MemberRemoved:
	default:
		return false
	}
	switch m.Probe.Result {
	case model.ProbeUnknown, model.ProbeHealthy, model.ProbeDegraded, model.ProbeUnhealthy:
	default:
		return false
	}
	for _, breaker := range m.Breakers {
		if breaker.Route == "" || (breaker.State != model.BreakerOpen && breaker.State != model.BreakerHalfOpen) {
			return false
		}
	}
	return m.Name != "" && m.Address != "" && m.InFlight >= 0 && m.documentLoad.makesSense()
}

func (l documentLoad) makesSense() bool {
	for _, count := range l.LatencyHistogram {
		if count < 0 {
			return false
		}
	}
	return l.Requests >= 0 && l.Errors5xx >= 0 && l.TransportErrors >= 0 &&
		l.LatencySum >= 0 && l.LatencySum <= math.MaxInt64/float64(time.Second)
}
