package load

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	// requestClients share the rate of one method: each waits for its answer, so as many can be in hand at once.
	requestClients = 10
	// largestAnswer is far above what the stand-in bot answers.
	largestAnswer = 1 << 20
	// botHeader names the bot that answered.
	botHeader = "Botserver-Name"
)

// startRequests begins the clients of one method.
func (l *Load) startRequests(method string, perSecond int, counts *tally) {
	clients := min(requestClients, perSecond)
	for number := range clients {
		l.workers.Go(func() {
			client := l.newClient()
			defer client.CloseIdleConnections()
			ticker := time.NewTicker(time.Second * time.Duration(clients) / time.Duration(perSecond))
			defer ticker.Stop()
			for round := 0; l.await(ticker.C); round++ {
				l.ask(client, request{
					method: method, path: fmt.Sprintf("/api/load/%s-%d-%d", strings.ToLower(method), number, round),
					bytes: bodyLength(method, number, round), query: l.query(method),
				}, counts)
			}
		})
	}
}

// query is what each request of a method asks of the bot.
func (l *Load) query(method string) string {
	if method != http.MethodGet || l.mix.Burn == 0 {
		return ""
	}
	return "?burn=" + l.mix.Burn.String()
}

// newClient is a client with one connection of its own, which it keeps. It speaks HTTP/1.1, where a lost connection is a
// lost request.
func (l *Load) newClient() *http.Client {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	return &http.Client{
		Transport: &http.Transport{
			TLSClientConfig: l.mix.TLS, Protocols: protocols, MaxConnsPerHost: 1, DisableCompression: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// request is one that no other is equal to.
type request struct {
	method, path string
	bytes        int // of its body
	query        string
}

// bodyLength varies between one byte and some network packets; a GET has no body.
func bodyLength(method string, number, round int) int {
	if method == http.MethodGet {
		return 0
	}
	return 1 + (number*requestClients+round*257)%8192
}

// ask sends a request and judges the answer.
func (l *Load) ask(client *http.Client, asked request, counts *tally) {
	ctx, cancel := context.WithTimeout(l.ctx, l.mix.Patience)
	defer cancel()
	counts.sent()
	bot, err := exchange(ctx, client, l.mix.URL, asked)
	switch {
	case l.ctx.Err() != nil:
		// The spec is over; what was in hand is nobody's fault.
	case err != nil:
		counts.failed(l.started, fmt.Errorf("%s %s: %w", asked.method, asked.path, err))
	default:
		counts.servedBy(bot)
		counts.ok()
	}
}

// exchange sends a request once: http.Transport would send an idempotent one again when a kept connection turns out to be
// dead, unless it has a body that cannot be had again.
func exchange(ctx context.Context, client *http.Client, base string, asked request) (bot string, err error) {
	body := io.NopCloser(strings.NewReader(strings.Repeat("b", asked.bytes)))
	sent, err := http.NewRequestWithContext(ctx, asked.method, base+asked.path+asked.query, body)
	if err != nil {
		return "", err
	}
	if asked.bytes > 0 {
		sent.ContentLength = int64(asked.bytes)
	}
	response, err := client.Do(sent)
	if err != nil {
		return "", err
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, largestAnswer))
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return "", fmt.Errorf("reading the answer: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %.200s", response.Status, content)
	}
	return response.Header.Get(botHeader), asked.judge(content)
}

// judge checks that an answer belongs to the request: the stand-in tells what it was asked.
func (r request) judge(content []byte) error {
	var answer struct {
		Method string `json:"method"`
		Path   string `json:"path"`
		Bytes  int    `json:"bytes"`
	}
	if err := json.Unmarshal(content, &answer); err != nil {
		return fmt.Errorf("the answer is none of the stand-in's: %w: %.200s", err, content)
	}
	if (request{method: answer.Method, path: answer.Path, bytes: answer.Bytes, query: r.query}) != r {
		return fmt.Errorf("the answer belongs to another request: %.200s", content)
	}
	return nil
}
