package secrets

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"regexp"
)

// Bounds of a document. One certificate for each host that a BotCluster may have fits several times.
const (
	LargestDocument  = 4 << 20 // bytes
	mostCertificates = 128
	// shortestKey is what HMAC-SHA256 asks for: as many bytes as it gives (RFC 2104).
	shortestKey = 32
	longestKey  = 128
)

// ErrInvalid is wrapped by every refusal. The text says what is wrong and where; it holds nothing of what was sent.
var ErrInvalid = errors.New("the secrets were not changed")

func invalid(format string, values ...any) error {
	return fmt.Errorf("%w: %w", ErrInvalid, fmt.Errorf(format, values...))
}

// revisionForm is that of a pool's revision.
var revisionForm = regexp.MustCompile(`^[A-Za-z0-9._:/+=-]{1,128}$`)

// document is what is pushed, and what is in the file.
type document struct {
	// Revision names the content and tells nothing of it.
	Revision string `json:"revision"`
	// CookieKey signs the cookies of sticky sessions.
	CookieKey []byte `json:"cookieKey"`
	// Certificates are what clients see; the first is for those who ask for none of their names.
	Certificates []certificate `json:"certificates,omitempty"`
}

// certificate is a chain, the leaf first, and its private key, both PEM.
type certificate struct {
	Chain string `json:"chain"`
	Key   string `json:"key"`
}

// decode reads and checks a document.
func decode(data []byte) (document, *keyring, error) {
	if len(data) > LargestDocument {
		return document{}, nil, invalid("the document is longer than %d bytes", LargestDocument)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var read document
	if err := decoder.Decode(&read); err != nil {
		return document{}, nil, invalid("%s", unreadable(err))
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return document{}, nil, invalid("something follows the document; send one JSON object")
	}
	ring, err := read.keyring()
	return read, ring, err
}

// unreadable says what is wrong with a document. The words of the decoder may quote a value, which may be a secret.
func unreadable(err error) string {
	if mismatch, is := errors.AsType[*json.UnmarshalTypeError](err); is {
		return fmt.Sprintf("%s is of the wrong type", mismatch.Field)
	}
	if syntax, is := errors.AsType[*json.SyntaxError](err); is {
		return fmt.Sprintf("the document is no JSON from byte %d on", syntax.Offset)
	}
	return "the document is not one object with the keys revision, cookieKey (base64) and certificates (chain, key)"
}

// keyring checks the content and makes it ready for use.
func (d document) keyring() (*keyring, error) {
	if !revisionForm.MatchString(d.Revision) {
		return nil, invalid("revision: it is not usable; write 1 to 128 letters, digits or ._:/+=-")
	}
	if len(d.CookieKey) < shortestKey || len(d.CookieKey) > longestKey {
		return nil, invalid("cookieKey: it has %d bytes; write %d to %d, base64", len(d.CookieKey), shortestKey, longestKey)
	}
	if len(d.Certificates) > mostCertificates {
		return nil, invalid("certificates: %d are too many; push at most %d", len(d.Certificates), mostCertificates)
	}
	ring := &keyring{byName: map[string]*tls.Certificate{}}
	for i, pair := range d.Certificates {
		loaded, err := pair.load()
		if err != nil {
			return nil, invalid("certificates[%d].%w", i, err)
		}
		ring.add(loaded)
	}
	return ring, nil
}

var (
	errNoChain = errors.New("chain: there is no certificate in it; write the leaf and what signed it, in PEM")
	errNotKey  = errors.New("key: it is not the private key of the first certificate of the chain; write that, in PEM, without a passphrase")
)

// load reads the pair. The words of crypto/tls are kept out of the errors: they quote the marks around what they skip.
func (c certificate) load() (*tls.Certificate, error) {
	count := 0
	for block, rest := pem.Decode([]byte(c.Chain)); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		if _, err := x509.ParseCertificate(block.Bytes); err != nil {
			return nil, fmt.Errorf("chain: its certificate %d cannot be read; write certificates in PEM", count)
		}
		count++
	}
	if count == 0 {
		return nil, errNoChain
	}
	loaded, err := tls.X509KeyPair([]byte(c.Chain), []byte(c.Key))
	if err != nil {
		return nil, errNotKey
	}
	return &loaded, nil
}
