package fake

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
)

// System names what a call went to.
type System string

// The systems of a World.
const (
	SystemIncus System = "incus" // the daemon's REST API
	SystemEdge  System = "edge"  // Caddy's admin API in an edge instance
)

// Class tells calls that change something from those that do not.
type Class string

// The classes of calls.
const (
	Read  Class = "read"
	Write Class = "write"
	// Attach calls hold their connection: into an instance, for events, to wait. They change nothing by themselves.
	Attach Class = "attach"
)

// Call is one request to a system of the world, as it arrived.
type Call struct {
	Seq      int // among all calls, from 1
	Write    int // among the writes, from 1; 0 for other calls
	System   System
	Class    Class
	Verb     string // HTTP method
	Path     string // without the query
	Project  string
	Instance string // that it is about, if it is about one
	Digest   string // of the body: the first 12 hex digits of its SHA-256; empty without a body
}

// WriteRecord is a write with what became of it.
type WriteRecord struct {
	Call
	Status int  // of the answer; 0 if the call was refused before the world saw it
	Fault  Mode // that met it, if any
}

// journal numbers the calls and keeps the writes; the world's lock guards it.
type journal struct {
	calls  int
	writes []WriteRecord
	before func(Call) error
	after  func(Call, int)
}

// DigestOf is how a body is recorded.
func DigestOf(body []byte) string {
	if len(body) == 0 {
		return ""
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:6])
}

// Writes lists all writes so far, in the order of their arrival.
func (w *World) Writes() []WriteRecord {
	defer w.enter()()
	return slices.Clone(w.journal.writes)
}

// Calls is the number of calls so far, reads included.
func (w *World) Calls() int {
	defer w.enter()()
	return w.journal.calls
}

// OnCall hooks into every call: before it is carried out, and after it was and before it is answered, with the status of
// the answer. An error of before drops the call's connection and nothing is done. Either may be nil. The hooks are called
// without the world's lock and may use it.
func (w *World) OnCall(before func(Call) error, after func(Call, int)) {
	defer w.enter()()
	w.journal.before, w.journal.after = before, after
}

// arrive numbers a call, records it if it is a write, and says what is to go wrong with it.
func (w *World) arrive(call Call) (Call, verdict) {
	leave := w.enter()
	w.journal.calls++
	call.Seq = w.journal.calls
	if call.Class == Write {
		call.Write = len(w.journal.writes) + 1
		w.journal.writes = append(w.journal.writes, WriteRecord{Call: call})
	}
	v := w.faults.onCall(call)
	before := w.journal.before
	leave()
	if before != nil && before(call) != nil {
		v = verdict{mode: RefuseConnection}
	}
	if v.mode != "" && call.Write > 0 {
		defer w.enter()()
		w.journal.writes[call.Write-1].Fault = v.mode
	}
	return call, v
}

// answered completes the record of a call that was carried out, before its answer leaves.
func (w *World) answered(call Call, status int) {
	leave := w.enter()
	if call.Write > 0 {
		w.journal.writes[call.Write-1].Status = status
	}
	after := w.journal.after
	leave()
	if after != nil {
		after(call, status)
	}
}
