package pool

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Checker probes one address once. It does not outlast the timeout of the probe or the context.
type Checker interface {
	// Check probes. hurried says that the target has never answered yet: a dial without an answer is then given up early,
	// as the next one may find the bot up while the first still waits for its retransmission.
	Check(ctx context.Context, probe Probe, address string, hurried bool) Observation
}

// hurriedDial bounds the dial of a hurried probe. It is below the one second after which Linux sends the first
// retransmission of a SYN, and far above a round trip inside a site.
const hurriedDial = 500 * time.Millisecond

// httpChecker probes over HTTP/1.1, with a connection of its own for each probe: a bot that cannot accept a connection is
// not healthy, and a thousand idle connections would cost more memory than a dial costs time.
type httpChecker struct{ patient, hurried *http.Transport }

// NewHTTPChecker returns the Checker of a real edge.
func NewHTTPChecker() Checker {
	return httpChecker{patient: probeTransport(longestTimeout), hurried: probeTransport(hurriedDial)}
}

func probeTransport(dialTimeout time.Duration) *http.Transport {
	return &http.Transport{
		DialContext:            (&net.Dialer{Timeout: dialTimeout}).DialContext,
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: 16 << 10,
		// The scheme https is for bots that speak nothing else. They hold no certificate for an address, a probe sends no
		// secret, and its answer only decides whether requests are sent, as with the kubelet's probes.
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}, //nolint:gosec // see above
	}
}

// Check implements Checker. Redirects are answers like any other: they do not pass.
func (c httpChecker) Check(ctx context.Context, probe Probe, address string, hurried bool) Observation {
	transport := c.patient
	if hurried {
		transport = c.hurried
	}
	ctx, cancel := context.WithTimeout(ctx, time.Duration(probe.Timeout))
	defer cancel()
	begin := time.Now()
	status, body, err := get(ctx, transport, probe.Scheme+"://"+address+probe.Path)
	seen := observationOf(status, body, err)
	if errors.Is(err, context.DeadlineExceeded) {
		seen.Message = fmt.Sprintf("no whole answer within %s", time.Duration(probe.Timeout))
	}
	seen.CheckedAt = time.Now()
	seen.Latency = seen.CheckedAt.Sub(begin)
	return seen
}

// get returns the status and the first bytes of the body, as much as a health document may have.
func get(ctx context.Context, transport http.RoundTripper, url string) (status int, body []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, nil, fmt.Errorf("making the probe: %w", err)
	}
	request.Header.Set("User-Agent", "botcluster-edge-probe")
	response, err := transport.RoundTrip(request)
	if err != nil {
		return 0, nil, fmt.Errorf("probing: %w", err)
	}
	body, err = io.ReadAll(io.LimitReader(response.Body, largestHealthDocument+1))
	if err = errors.Join(err, response.Body.Close()); err != nil {
		return response.StatusCode, nil, fmt.Errorf("reading the answer: %w", err)
	}
	return response.StatusCode, body, nil
}

// observationOf says what one answer, or the lack of it, means.
func observationOf(status int, body []byte, err error) Observation {
	seen := Observation{Result: Unhealthy, Status: status}
	if err != nil {
		seen.Message = err.Error()
		return seen
	}
	if len(body) <= largestHealthDocument {
		seen.Document = parseHealthDocument(body)
	}
	switch {
	case status >= 200 && status < 300:
		seen.Result = Healthy
	case status == http.StatusServiceUnavailable && seen.Document != nil && seen.Document.Status == string(Degraded):
		seen.Result = Degraded
		seen.Message = "answered 503 with the status degraded"
	default:
		seen.Message = fmt.Sprintf("answered %d %s", status, http.StatusText(status))
	}
	return seen
}
