package fake

import (
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// draw is a number that depends on the seed and on what it is for, not on the order of arrival: two calls that race
// get the same numbers in every run.
func (w *World) draw(parts ...any) uint64 {
	h := fnv.New64a()
	_ = binary.Write(h, binary.LittleEndian, w.seed)
	fmt.Fprintln(h, parts...)
	// FNV mixes its last bytes little; the finish of splitmix64 (Steele, Lea, Flood 2014) spreads them.
	x := h.Sum64()
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// newUUID makes identifiers that are the same in every run with the same seed.
func (w *World) newUUID(kind string) string {
	w.serial++
	var id uuid.UUID
	binary.LittleEndian.PutUint64(id[:8], w.draw(kind, w.serial, "low"))
	binary.LittleEndian.PutUint64(id[8:], w.draw(kind, w.serial, "high"))
	id[6] = id[6]&0x0f | 0x40 // RFC 9562: version 4
	id[8] = id[8]&0x3f | 0x80 // RFC 9562: variant
	return id.String()
}

// newSecret is the secret of one websocket: 64 hex digits, as the daemon's.
func (w *World) newSecret() string {
	w.serial++
	secret := &strings.Builder{}
	for part := range 4 {
		fmt.Fprintf(secret, "%016x", w.draw("secret", w.serial, part))
	}
	return secret.String()
}

// below makes a number a duration from 0 to a bound.
func below(number uint64, bound time.Duration) time.Duration {
	return time.Duration(number>>1) % bound
}

// Span is a range of durations from which the world draws.
type Span struct{ Min, Max time.Duration }

// Exactly is the span of one duration.
func Exactly(d time.Duration) Span { return Span{d, d} }

// takes draws how long an action on a name takes; repeated actions differ.
func (w *World) takes(s Span, action, name string) time.Duration {
	if s.Max <= s.Min {
		return s.Min
	}
	key := action + " " + name
	w.draws[key]++
	return s.Min + below(w.draw(key, w.draws[key]), s.Max-s.Min)
}

// Latencies says how long each kind of operation takes. The zero value is a world that acts at once.
type Latencies struct {
	Create Span // the instance's record and its root file system
	Start  Span // until the instance's init runs
	Stop   Span // a kill; a graceful stop takes what the instance's Behaviour says
	Delete Span
	Update Span
	Freeze Span // and unfreeze
}

// MeasuredLatencies are those of a launch of one container at a time, on a 2-core machine with a btrfs pool: 0.32 s from
// the call to the started container, about 0.7 s to kill and delete it.
func MeasuredLatencies() Latencies {
	return Latencies{
		Create: Span{130 * time.Millisecond, 180 * time.Millisecond},
		Start:  Span{150 * time.Millisecond, 200 * time.Millisecond},
		Stop:   Span{550 * time.Millisecond, 700 * time.Millisecond},
		Delete: Span{80 * time.Millisecond, 130 * time.Millisecond},
		Update: Span{10 * time.Millisecond, 30 * time.Millisecond},
		Freeze: Span{2 * time.Millisecond, 10 * time.Millisecond},
	}
}
