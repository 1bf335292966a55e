package readiness

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/client-go/rest"
)

const (
	// answerWithin bounds one question: a server that takes longer is not ready.
	answerWithin = 5 * time.Second

	// reasonBytes is how much of a refusal is worth reading: the list of checks that failed.
	reasonBytes = 4 << 10
)

// APIServer asks the API server's /readyz, with the credentials of the configuration.
func APIServer(ctx context.Context, config *rest.Config) error {
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return fmt.Errorf("connect to %q: %w", config.Host, err)
	}
	return get(ctx, client, strings.TrimSuffix(config.Host, "/")+"/readyz")
}

// Etcd asks the /readyz of an etcd that listens on a unix socket in a folder.
func Etcd(ctx context.Context, folder, socket string) error {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return dialIn(ctx, folder, socket)
	}}
	defer transport.CloseIdleConnections()
	return get(ctx, &http.Client{Transport: transport}, "http://"+filepath.Base(socket)+"/readyz")
}

func get(ctx context.Context, client *http.Client, url string) error {
	ctx, cancel := context.WithTimeout(ctx, answerWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, reasonBytes))
	if closing := response.Body.Close(); err == nil {
		err = closing
	}
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answers %s%s", url, response.Status, failedChecks(string(body)))
	}
	return err
}

// failedChecks keeps, of the list that a component answers with, the checks that failed: the lines that begin with "[-]".
func failedChecks(body string) string {
	var failed []string
	for line := range strings.Lines(body) {
		if check, found := strings.CutPrefix(line, "[-]"); found {
			failed = append(failed, strings.TrimSpace(check))
		}
	}
	if len(failed) == 0 {
		return ""
	}
	return ": " + strings.Join(failed, "; ")
}
