package load

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// errEarlyEnd is a stream that ended before its last event.
var errEarlyEnd = errors.New("the stream ended")

// listen holds one stream of server-sent events after another.
func (l *Load) listen(number int) {
	client := l.newClient()
	defer client.CloseIdleConnections()
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for round := 0; l.await(ticker.C); round++ {
		events := max(1, int(l.lifetime(number, l.mix.Streams, round)/beat))
		l.listenOnce(client, events)
	}
}

// listenOnce opens a stream of so many events and reads it to its end.
func (l *Load) listenOnce(client *http.Client, events int) {
	ctx, cancel := context.WithCancel(l.ctx)
	defer cancel()
	// A silent stream is given up; the end of the load ends it too.
	silence := time.AfterFunc(l.mix.Patience, cancel)
	defer silence.Stop()
	l.streams.sent()
	path := fmt.Sprintf("/api/stream?interval=%s&events=%d", beat, events)
	body, bot, err := openStream(ctx, client, l.mix.URL+path)
	if err != nil {
		if l.ctx.Err() == nil {
			l.streams.failed(l.started, fmt.Errorf("GET %s: %w", path, err))
		}
		return
	}
	defer func() { _ = body.Close() }() // what there was to read has been read
	l.streams.servedBy(bot)
	defer l.streams.opened()()
	defer context.AfterFunc(l.working, cancel)()
	received, err := readEvents(body, events, func() {
		silence.Reset(l.mix.Patience)
		l.streams.message()
	})
	switch {
	case err == nil || l.working.Err() != nil:
		l.streams.ok()
	case errors.Is(err, errWrongEvent) || ctx.Err() != nil:
		l.streams.failed(l.started, fmt.Errorf("stream from %s, after %d of %d events: %w", bot, received, events, err))
	default:
		l.streams.cut(l.started, fmt.Errorf("stream from %s, after %d of %d events: %w", bot, received, events, err))
	}
}

func openStream(ctx context.Context, client *http.Client, url string) (body io.ReadCloser, bot string, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, io.NopCloser(strings.NewReader("")))
	if err != nil {
		return nil, "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, "", err
	}
	if kind := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || kind != "text/event-stream" {
		return nil, "", errors.Join(fmt.Errorf("%s, %q instead of an event stream", response.Status, kind), response.Body.Close())
	}
	return response.Body, response.Header.Get(botHeader), nil
}

// errWrongEvent is an event that is not the next one.
var errWrongEvent = errors.New("an event is missing or out of order")

// readEvents reads events numbered from 1 until the last has come and the stream has ended.
func readEvents(body io.Reader, events int, received func()) (int, error) {
	number := 0
	lines := bufio.NewScanner(body)
	for lines.Scan() {
		id, found := strings.CutPrefix(lines.Text(), "id: ")
		if !found {
			continue
		}
		if id != strconv.Itoa(number+1) {
			return number, fmt.Errorf("%w: %q after %d", errWrongEvent, id, number)
		}
		number++
		received()
	}
	if err := lines.Err(); err != nil {
		return number, err
	}
	if number < events {
		return number, errEarlyEnd
	}
	return number, nil
}
