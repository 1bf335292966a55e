package incus

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io/fs"
	"net/http"
	"strings"

	incusapi "github.com/lxc/incus/v6/shared/api"

	"github.com/generalbots/botcluster-operator/controllers/provider"
)

// explain turns what a request came to into an error with a class, a reason and a sentence. ctx is the caller's.
func (c *client) explain(ctx context.Context, doing string, err error) error {
	if refusal, ok := errors.AsType[incusapi.StatusError](err); ok {
		return c.refused(doing, refusal)
	}
	if odd, ok := errors.AsType[*notIncusError](err); ok && odd.status < http.StatusInternalServerError {
		return terminal(reasonIdentityInvalid, err, "%s answers, but not as an Incus server does: correct the server's address", c.server)
	}
	switch {
	case ctx.Err() != nil:
		return transient(reasonServerUnreachable, err, "gave up to %s on %s before it answered", doing, c.server)
	case isDistrust(err):
		return terminal(reasonServerUntrusted, err, "the certificate of %s is not the one that the identity names: "+
			"compare the key `server-crt` of the Secret with the server's certificate (incus info)", c.server)
	case errors.Is(err, fs.ErrPermission):
		return terminal(reasonNotAuthorized, err, "the operator may not open the socket %s: let its user open it", c.server)
	default:
		return transient(reasonServerUnreachable, err,
			"the Incus server %s does not answer: check that it runs and that the operator can reach it", c.server)
	}
}

func (c *client) refused(doing string, refusal incusapi.StatusError) error {
	switch refusal.Status() {
	case http.StatusForbidden, http.StatusUnauthorized:
		return terminal(reasonNotAuthorized, refusal, "the operator's identity may not %s in the project %q of %s: "+
			"give its certificate the project (incus config trust edit), or use another one", doing, c.project, c.server)
	case http.StatusNotFound:
		return notFound(refusal, "could not %s on %s: %s", doing, c.server, words(refusal.Error()))
	case http.StatusConflict, http.StatusPreconditionFailed:
		return conflict(refusal, "could not %s on %s, because it changed meanwhile", doing, c.server)
	case http.StatusLocked:
		return waiting(refusal, "could not %s on %s yet: %s", doing, c.server, words(refusal.Error()))
	case http.StatusBadRequest:
		return terminal(reasonInvalidRequest, refusal, "%s refused to %s: %s", c.server, doing, words(refusal.Error()))
	default:
		return transient(reasonOperationFailed, refusal, "%s could not %s: %s", c.server, doing, words(refusal.Error()))
	}
}

// wordsLimit keeps a condition readable: Incus quotes what the programs that it runs have printed.
const wordsLimit = 600

// words is what Incus says, in one line.
func words(refusal string) string {
	line := strings.Join(strings.Fields(refusal), " ")
	if len(line) > wordsLimit {
		line = line[:wordsLimit] + "…"
	}
	return strings.ToValidUTF8(line, "")
}

// isDistrust tells whether a TLS handshake failed because of a certificate, or because the other side speaks no TLS.
func isDistrust(err error) bool {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return true
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return true
	}
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return true
	}
	if _, ok := errors.AsType[tls.AlertError](err); ok {
		return true
	}
	_, ok := errors.AsType[tls.RecordHeaderError](err)
	return ok
}

// hasStatus tells whether the server refused with one of the statuses.
func hasStatus(err error, statuses ...int) bool { return incusapi.StatusErrorCheck(err, statuses...) }

// isUnreachable tells whether no answer came at all.
func isUnreachable(err error) bool {
	return provider.ReasonOf(err, "") == reasonServerUnreachable
}
