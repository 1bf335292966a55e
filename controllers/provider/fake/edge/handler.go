package edge

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

// longestWait caps ?wait=, as in cmd/caddy/edge.
const longestWait = time.Minute

// handler is the admin API of one boot of an edge.
func (s *Edges) handler(at fake.Boot) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /load", func(w http.ResponseWriter, r *http.Request) { s.load(at, w, r) })
	mux.HandleFunc("PUT /botcluster/config", func(w http.ResponseWriter, r *http.Request) {
		if s.load(at, w, r) {
			s.answer(at, w)
		}
	})
	mux.HandleFunc("PUT /botcluster/secrets", func(w http.ResponseWriter, r *http.Request) { s.keep(at, w, r) })
	mux.HandleFunc("GET /config/{$}", func(w http.ResponseWriter, _ *http.Request) { s.showConfig(at, w) })
	mux.HandleFunc("GET /botcluster/pool", func(w http.ResponseWriter, r *http.Request) { s.showPool(at, w, r) })
	mux.HandleFunc("PUT /botcluster/pool", func(w http.ResponseWriter, r *http.Request) { s.push(at, w, r) })
	return &fake.Gate{
		World: s.world, Refuse: refuse, Next: mux,
		Describe: func(r *http.Request, body []byte) fake.Call {
			call := fake.Call{
				System: fake.SystemEdge, Class: fake.Write, Verb: r.Method, Path: r.URL.Path,
				Project: at.Ref.Project, Instance: at.Ref.Name, Digest: fake.DigestOf(body),
			}
			switch {
			case r.URL.Query().Get("wait") != "":
				call.Class = fake.Attach
			case r.Method == http.MethodGet:
				call.Class = fake.Read
			}
			return call
		},
	}
}

// refuse writes an error as Caddy's admin API does.
func refuse(w http.ResponseWriter, code int, message string) {
	write(w, code, map[string]string{"error": message})
}

// load replaces the configuration, or refuses it and keeps the old one. What is loaded already is not loaded again. That
// the real edge swaps what it can in place shows only to connections, which this one has none of.
func (s *Edges) load(at fake.Boot, w http.ResponseWriter, r *http.Request) bool {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return false
	}
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		refuse(w, http.StatusBadRequest, "adapting config: unrecognized content type: "+r.Header.Get("Content-Type"))
		return false
	}
	config := struct {
		Apps struct {
			BotCluster struct {
				Revision string `json:"revision"`
			} `json:"botcluster"`
		} `json:"apps"`
	}{}
	refusal := ""
	s.world.Locked(func(l fake.Locked) {
		if refusal = s.refusal; refusal != "" {
			return
		}
		if err := json.Unmarshal(body, &config); err != nil {
			refusal = err.Error()
			return
		}
		e := s.at(l, at)
		if string(e.config) == string(body) {
			return
		}
		e.config, e.revision = body, config.Apps.BotCluster.Revision
		e.loads++
		e.announce()
	})
	if refusal != "" {
		refuse(w, http.StatusBadRequest, "loading config: "+refusal)
	}
	return refusal == ""
}

func (s *Edges) showConfig(at fake.Boot, w http.ResponseWriter) {
	config := []byte("null\n")
	s.world.Locked(func(l fake.Locked) {
		if e := s.at(l, at); e.config != nil {
			config = e.config
		}
	})
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Etag", fmt.Sprintf(`"/config/ %s"`, fake.DigestOf(config)))
	_, _ = w.Write(config) // the caller may be gone
}

// showPool answers with the document, at once or when it has changed.
func (s *Edges) showPool(at fake.Boot, w http.ResponseWriter, r *http.Request) {
	wait, err := time.ParseDuration(r.URL.Query().Get("wait"))
	if text := r.URL.Query().Get("wait"); text != "" && (err != nil || wait < 0) {
		refuse(w, http.StatusBadRequest, fmt.Sprintf("wait: %q is no duration; write one such as 30s", text))
		return
	}
	after, err := strconv.ParseUint(r.URL.Query().Get("after"), 10, 64)
	if text := r.URL.Query().Get("after"); text != "" && err != nil {
		refuse(w, http.StatusBadRequest, fmt.Sprintf("after: %q is no number; write the \"change\" of the document", text))
		return
	}
	if wait > 0 {
		s.await(at, r, min(wait, longestWait), after)
	}
	s.answer(at, w)
}

// await holds a request back until the pool has changed.
func (s *Edges) await(at fake.Boot, r *http.Request, wait time.Duration, after uint64) {
	late, stop := s.world.After(wait)
	defer stop()
	for {
		var changed <-chan struct{}
		s.world.Locked(func(l fake.Locked) {
			if e := s.at(l, at); e.change == after {
				changed = e.changed
			}
		})
		if changed == nil {
			return
		}
		select {
		case <-changed:
		case <-late:
			return
		case <-r.Context().Done():
			return
		}
	}
}

func (s *Edges) push(at fake.Boot, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	push, err := decodePush(body)
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	matched := true
	s.world.Locked(func(l fake.Locked) {
		e := s.at(l, at)
		if matched = matches(r.Header.Values("If-Match"), e.pushed.Revision); matched {
			e.apply(l, push)
		}
	})
	if !matched {
		refuse(w, http.StatusPreconditionFailed, "the pool holds another revision; read the pool again")
		return
	}
	s.answer(at, w)
}

// matches reads If-Match; before the first push only the empty tag matches.
func matches(values []string, held string) bool {
	for tag := range strings.SplitSeq(strings.Join(values, ","), ",") {
		tag = strings.TrimSpace(tag)
		if tag == `"`+held+`"` || tag == "*" && held != "" {
			return true
		}
	}
	return len(values) == 0
}

func (s *Edges) answer(at fake.Boot, w http.ResponseWriter) {
	var document Document
	s.world.Locked(func(l fake.Locked) { document = s.at(l, at).document(l) })
	w.Header().Set("Etag", `"`+document.Revision+`"`)
	write(w, http.StatusOK, document)
}

func write(w http.ResponseWriter, code int, body any) {
	encoded, err := json.Marshal(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = w.Write(encoded) // the caller may be gone
}
