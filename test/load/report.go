package load

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

// keptErrors is how many losses of a kind are told in words.
const keptErrors = 10

// Report is what became of the requests, streams and WebSockets of a load.
type Report struct {
	// Gets are idempotent: nothing excuses the loss of one. Posts are not: one that a bot has in hand goes with it.
	Gets, Posts Count
	// Streams and WebSockets are counted once each, whatever went over them.
	Streams, WebSockets Count
}

// Count is what became of one kind.
type Count struct {
	// Sent were begun; of those that ended, OK were whole, Failed were refused, wrong or never answered, and Cut were ended
	// by the other side in the middle.
	Sent, OK, Failed, Cut int64
	// Open streams or WebSockets now.
	Open int64
	// Messages are events received and echoes received.
	Messages int64
	// Served counts answers (streams and WebSockets: openings) by the bot that gave them.
	Served map[string]int64
	// Errors are the first losses in words, with the time since the start.
	Errors []string
}

// Lost is how many failed or were cut.
func (c Count) Lost() int64 { return c.Failed + c.Cut }

// Lost is how many of all kinds failed or were cut.
func (r Report) Lost() int64 {
	return r.Gets.Lost() + r.Posts.Lost() + r.Streams.Lost() + r.WebSockets.Lost()
}

// String is a line for each kind, with its first losses.
func (r Report) String() string {
	var text strings.Builder
	for _, kind := range []struct {
		name  string
		count Count
	}{{"GET", r.Gets}, {"POST", r.Posts}, {"streams", r.Streams}, {"WebSockets", r.WebSockets}} {
		c := kind.count
		fmt.Fprintf(&text, "%s: %d sent, %d ok, %d failed, %d cut, %d messages, %d bots\n",
			kind.name, c.Sent, c.OK, c.Failed, c.Cut, c.Messages, len(c.Served))
		for _, loss := range c.Errors {
			fmt.Fprintf(&text, "  %s\n", loss)
		}
	}
	return text.String()
}

// tally counts one kind.
type tally struct {
	mu    sync.Mutex
	sum   Count
	begun map[string]int64
}

func (t *tally) count() Count {
	t.mu.Lock()
	defer t.mu.Unlock()
	sum := t.sum
	sum.Served = maps.Clone(t.begun)
	sum.Errors = slices.Clone(t.sum.Errors)
	return sum
}

func (t *tally) change(edit func(*Count)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	edit(&t.sum)
}

func (t *tally) sent()    { t.change(func(c *Count) { c.Sent++ }) }
func (t *tally) ok()      { t.change(func(c *Count) { c.OK++ }) }
func (t *tally) message() { t.change(func(c *Count) { c.Messages++ }) }

// opened counts a stream or WebSocket as open until the returned function is called.
func (t *tally) opened() (ended func()) {
	t.change(func(c *Count) { c.Open++ })
	return func() { t.change(func(c *Count) { c.Open-- }) }
}

func (t *tally) servedBy(bot string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.begun == nil {
		t.begun = map[string]int64{}
	}
	t.begun[bot]++
}

func (t *tally) failed(since time.Time, err error) {
	t.change(func(c *Count) {
		c.Failed++
		c.Errors = keep(c.Errors, since, err)
	})
}

func (t *tally) cut(since time.Time, err error) {
	t.change(func(c *Count) {
		c.Cut++
		c.Errors = keep(c.Errors, since, err)
	})
}

// keep adds a loss in words while there are few.
func keep(losses []string, since time.Time, err error) []string {
	if len(losses) == keptErrors {
		return losses
	}
	return append(losses, fmt.Sprintf("after %s: %v", time.Since(since).Round(time.Millisecond), err))
}
