package secrets

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"

	"github.com/generalbots/botcluster-operator/cmd/caddy/privatefile"
)

// Listener is told what is held, at first and after each change.
type Listener func(revision string, cookieKey []byte)

// Store holds the secrets of an edge. Its methods may be called from many goroutines.
type Store struct {
	path   string
	listen Listener
	ring   atomic.Pointer[keyring]

	mu sync.Mutex
	// held is the hash of what counts, so that the same push is not written again.
	held [sha256.Size]byte
}

// NewStore returns a Store that keeps its content in a file.
func NewStore(path string, listen Listener) *Store {
	s := &Store{path: path, listen: listen}
	s.ring.Store(&keyring{})
	return s
}

// Restore takes in what the file holds. One that does not exist is no error; one that cannot be used is, and changes nothing.
func (s *Store) Restore() error {
	data, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the secrets of an earlier run: %w", err)
	}
	read, ring, err := decode(data)
	if err != nil {
		return fmt.Errorf("the file %s cannot be used: %w", s.path, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.take(read, ring, sha256.Sum256(data))
	return nil
}

// Apply replaces all secrets. When it fails nothing changes. The file is written first: what counts survives a crash.
func (s *Store) Apply(data []byte) error {
	pushed, ring, err := decode(data)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	encoded, err := json.Marshal(pushed)
	if err != nil {
		return fmt.Errorf("encoding the secrets: %w", err)
	}
	sum := sha256.Sum256(encoded)
	if sum == s.held {
		return nil
	}
	if err := privatefile.Write(s.path, encoded); err != nil {
		return fmt.Errorf("keeping the secrets for the next start: %w", err)
	}
	s.take(pushed, ring, sum)
	return nil
}

// take lets a document count. The store is locked.
func (s *Store) take(counts document, ring *keyring, sum [sha256.Size]byte) {
	s.held = sum
	s.ring.Store(ring)
	s.listen(counts.Revision, counts.CookieKey)
}

// Certificate returns the one for a name that a client asks for, nil when there is none at all.
func (s *Store) Certificate(name string) *tls.Certificate { return s.ring.Load().find(name) }
