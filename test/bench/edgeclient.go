package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"
)

// rawClient sends one prepared request over and over on one kept connection: it costs a fraction of net/http's client, which
// would take the processor from what is measured.
type rawClient struct {
	connection net.Conn
	reader     *bufio.Reader
	request    []byte
}

// clientTimeout ends a measurement that got stuck.
const clientTimeout = 5 * time.Minute

func newRawClient(ctx context.Context, address, path string) (*rawClient, error) {
	connection, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("connect a client: %w", err)
	}
	return rawClientOn(connection, fmt.Appendf(nil, "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: bench\r\n\r\n", path, address))
}

func rawClientOn(connection net.Conn, request []byte) (*rawClient, error) {
	client := &rawClient{connection: connection, reader: bufio.NewReader(connection), request: request}
	if err := connection.SetDeadline(time.Now().Add(clientTimeout)); err != nil {
		return nil, errors.Join(err, connection.Close())
	}
	return client, nil
}

var (
	statusOK      = []byte("HTTP/1.1 200 ")
	contentLength = []byte("Content-Length: ")
	botName       = []byte("Bot: ")
)

// exchange sends the request and reads the answer, which is to be 200 and of a told length. It returns the bot's name, which
// is valid until the next exchange.
func (c *rawClient) exchange() (bot []byte, err error) {
	if _, err := c.connection.Write(c.request); err != nil {
		return nil, fmt.Errorf("send a request: %w", err)
	}
	line, err := c.line()
	if err != nil {
		return nil, err
	}
	if !bytes.HasPrefix(line, statusOK) {
		return nil, fmt.Errorf("the answer is %q", line)
	}
	length := -1
	for len(line) > 0 {
		if line, err = c.line(); err != nil {
			return nil, err
		}
		if value, found := bytes.CutPrefix(line, contentLength); found {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return nil, fmt.Errorf("read an answer: %w", err)
			}
		} else if value, found := bytes.CutPrefix(line, botName); found {
			bot = append(bot, value...)
		}
	}
	if length < 0 {
		return nil, errors.New("the answer does not tell its length")
	}
	if _, err := c.reader.Discard(length); err != nil {
		return nil, fmt.Errorf("read an answer: %w", err)
	}
	return bot, nil
}

func (c *rawClient) line() ([]byte, error) {
	line, err := c.reader.ReadSlice('\n')
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, fmt.Errorf("read an answer: %w", err)
	}
	return bytes.TrimRight(line, "\r\n"), nil
}

func (c *rawClient) close() { _ = c.connection.Close() } // nothing is in hand

// burst is what came out of a while of load.
type burst struct {
	perSecond float64
	latencies []float64 // ms
}

// load keeps so many clients busy for a while. With a pause, each client sends at most one request per pause; without one
// it sends the next when it has the answer.
func load(ctx context.Context, address string, clients int, while, pause time.Duration) (burst, error) {
	var group errgroup.Group
	each := make([][]float64, clients)
	started := time.Now()
	for number := range clients {
		group.Go(func() (err error) {
			each[number], err = loadOne(ctx, address, started.Add(while), pause)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return burst{}, err
	}
	out := burst{}
	for _, latencies := range each {
		out.latencies = append(out.latencies, latencies...)
	}
	out.perSecond = float64(len(out.latencies)) / time.Since(started).Seconds()
	return out, nil
}

func loadOne(ctx context.Context, address string, end time.Time, pause time.Duration) ([]float64, error) {
	client, err := newRawClient(ctx, address, "/api/bench")
	if err != nil {
		return nil, err
	}
	defer client.close()
	var ticks <-chan time.Time
	if pause > 0 {
		ticker := time.NewTicker(pause)
		defer ticker.Stop()
		ticks = ticker.C
	}
	latencies := make([]float64, 0, 1<<16)
	for time.Now().Before(end) && ctx.Err() == nil {
		if ticks != nil {
			<-ticks
		}
		sent := time.Now()
		if _, err := client.exchange(); err != nil {
			return nil, err
		}
		latencies = append(latencies, float64(time.Since(sent).Microseconds())/1000)
	}
	return latencies, ctx.Err()
}
