package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// loopbackBot answers GET on a loopback address of its own with as little work as possible, so that what is measured is the
// edge. It knows its health, which it is asked by the edge's probes, and one answer.
type loopbackBot struct {
	name, address string
	listener      net.Listener
	health, reply []byte
	// probed is when its health was first asked, in nanoseconds since 1970; zero before.
	probed atomic.Int64
}

// botPort is where loopback bots listen, each on an address of its own.
const botPort = 28080

// newLoopbackBot makes the bot of a number below 65,536; it does not listen yet.
func newLoopbackBot(number int) *loopbackBot {
	name := fmt.Sprintf("bot-%d", number)
	return &loopbackBot{
		name: name, address: fmt.Sprintf("127.3.%d.%d:%d", number>>8, number&0xff, botPort),
		health: httpAnswer(name, `{"status":"healthy","service":"botserver"}`),
		reply:  httpAnswer(name, `{"answer":"`+strings.Repeat("All work and no play. ", 10)+`"}`),
	}
}

func httpAnswer(bot, body string) []byte {
	header := "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nBot: %s\r\nContent-Length: %d\r\n\r\n%s"
	return fmt.Appendf(nil, header, bot, len(body), body)
}

func (b *loopbackBot) member(state model.MemberState) model.Member {
	return model.Member{Name: b.name, Address: b.address, State: state}
}

func (b *loopbackBot) listen(ctx context.Context) error {
	var err error
	if b.listener, err = new(net.ListenConfig).Listen(ctx, "tcp", b.address); err != nil {
		return fmt.Errorf("let %s listen: %w", b.name, err)
	}
	go func() {
		for {
			connection, err := b.listener.Accept()
			if err != nil {
				return // closed
			}
			go b.serve(connection)
		}
	}()
	return nil
}

func (b *loopbackBot) close() error {
	if b.listener == nil {
		return nil
	}
	return b.listener.Close()
}

// serve answers requests without a body until the other side closes.
func (b *loopbackBot) serve(connection net.Conn) {
	defer func() { _ = connection.Close() }() // nobody is there any more
	reader := bufio.NewReader(connection)
	for {
		first, err := reader.ReadSlice('\n')
		if err != nil {
			return
		}
		answer := b.reply
		if bytes.HasPrefix(first, []byte("GET /api/health ")) {
			b.probed.CompareAndSwap(0, time.Now().UnixNano())
			answer = b.health
		}
		for line := first; len(bytes.TrimSpace(line)) > 0; {
			if line, err = reader.ReadSlice('\n'); err != nil {
				return
			}
		}
		if _, err := connection.Write(answer); err != nil {
			return
		}
	}
}

// startLoopbackBots lets so many bots listen, numbered from 1.
func startLoopbackBots(ctx context.Context, count int) (bots []*loopbackBot, stop func() error, err error) {
	stop = func() error {
		var errs []error
		for _, bot := range bots {
			errs = append(errs, bot.close())
		}
		return errors.Join(errs...)
	}
	for number := range count {
		bot := newLoopbackBot(1 + number)
		if err := bot.listen(ctx); err != nil {
			return nil, nil, errors.Join(err, stop())
		}
		bots = append(bots, bot)
	}
	return bots, stop, nil
}
