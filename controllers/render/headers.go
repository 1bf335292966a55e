package render

import (
	"maps"
	"net/textproto"
	"slices"
	"strings"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
)

type headersHandler struct {
	Handler  string         `json:"handler"`
	Response headerResponse `json:"response"`
}

type headerResponse struct {
	headerChanges
	Deferred bool `json:"deferred,omitempty"`
}

type headerChanges struct {
	Set    map[string][]string `json:"set,omitempty"`
	Delete []string            `json:"delete,omitempty"`
}

// Caddy's server sets two headers of its own: its name, which is nobody's business, and with HTTP/3 the port that it listens
// on, which is not the one that clients know where an edge is published on ports of its host.
const (
	headerServer = "Server"
	headerAltSvc = "Alt-Svc"
)

// responses makes the headers of answers. The zero value serves a server without HTTP/3.
type responses struct{ http3 bool }

// secured are the security headers of the scaling document, with a route's own changes. They are set when the response is
// written, over what a bot may have set itself; where no handler gets that far (answers and errors of Caddy's own) they
// are set at once.
func (r responses) secured(deferred bool, own *v1alpha1.HeaderChanges) headersHandler {
	changes := headerChanges{
		Set: map[string][]string{
			"Referrer-Policy":        {"strict-origin-when-cross-origin"},
			"X-Content-Type-Options": {"nosniff"},
			"X-Frame-Options":        {"DENY"},
		},
		Delete: []string{headerServer},
	}
	if r.http3 {
		changes.Set[headerAltSvc] = []string{`h3=":` + publicPort + `"; ma=2592000`} // Caddy's own: 30 days
	}
	return headersHandler{
		Handler:  "headers",
		Response: headerResponse{headerChanges: changes.with(own), Deferred: deferred},
	}
}

// with are the changes and those of a route, which go first. A header that is both set and deleted is set.
func (c headerChanges) with(own *v1alpha1.HeaderChanges) headerChanges {
	if own == nil {
		return c
	}
	set, remove := map[string][]string{}, map[string]bool{}
	maps.Copy(set, c.Set)
	for _, name := range c.Delete {
		remove[name] = true
	}
	for _, name := range own.Delete {
		name := textproto.CanonicalMIMEHeaderKey(string(name))
		delete(set, name)
		remove[name] = true
	}
	for _, header := range own.Set {
		name := textproto.CanonicalMIMEHeaderKey(string(header.Name))
		set[name] = []string{literal(header.Value)}
		delete(remove, name)
	}
	return headerChanges{Set: set, Delete: slices.Sorted(maps.Keys(remove))}
}

// braces are what Caddy's placeholders stand between; a backslash makes them stand for themselves (caddy.Replacer).
var braces = strings.NewReplacer("{", `\{`, "}", `\}`)

// literal is text that Caddy writes as it is. Without it `{file./etc/shadow}` in a user's text would be the file.
func literal(text string) string { return braces.Replace(text) }
