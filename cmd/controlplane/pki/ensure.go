package pki

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/generalbots/botcluster-operator/cmd/controlplane/atomicfile"
)

// Ensure issues what is missing, near its expiry or no longer right, and returns the names of the files it wrote.
//
// A new authority means new certificates for all, and kubeconfig files written before are no longer accepted. The authority and the
// key of service accounts are never replaced because they cannot be read: that would lock every holder of a token or kubeconfig
// out. A leaf is.
func (s Store) Ensure(apiServer Names, now time.Time) (written []string, err error) {
	authority, written, err := s.ensureAuthority(now)
	if err != nil {
		return written, err
	}
	leaves, err := s.ensureLeaves(authority, apiServer, now)
	if written = append(written, leaves...); err != nil {
		return written, err
	}
	made, err := s.ensureServiceAccountKey()
	return append(written, made...), err
}

// Renew is Ensure for a control plane that runs: it renews the leaves, which servers and clients read again by themselves, and never
// the authority, which they would not; the next start does that. The API server keeps the names it has.
func (s Store) Renew(now time.Time) (written []string, err error) {
	authority, err := read(s.path(authorityFile))
	if err != nil {
		return nil, err
	}
	server, err := read(s.APIServer())
	if err != nil {
		return nil, err
	}
	return s.ensureLeaves(authority, namesOf(server.certificate), now)
}

func (s Store) ensureAuthority(now time.Time) (authority keypair, written []string, err error) {
	authority, err = read(s.path(authorityFile))
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && near(authority.certificate, authorityRenewal, now):
		if authority, err = newAuthority(now); err != nil {
			return authority, nil, err
		}
		if err := s.write(authorityFile, authority); err != nil {
			return authority, nil, err
		}
		written = append(written, authorityFile)
	case err != nil:
		return authority, nil, fmt.Errorf("%w; put it back from a copy, or remove it and have all certificates made anew", err)
	}
	// A crash may have come between the two files, so the second is compared, not assumed.
	public := encodeCertificate(authority.certificate)
	if have, err := os.ReadFile(s.AuthorityCertificate()); err == nil && bytes.Equal(have, public) {
		return authority, written, nil
	}
	return authority, append(written, authorityPublicFile), atomicfile.Write(s.AuthorityCertificate(), public)
}

func (s Store) ensureLeaves(authority keypair, apiServer Names, now time.Time) (written []string, err error) {
	for _, wanted := range identities(apiServer) {
		if have, err := read(s.path(wanted.file)); err == nil && wanted.heldBy(have, authority, now) {
			continue
		}
		issued, err := wanted.issue(authority, now)
		if err != nil {
			return written, err
		}
		if err := s.write(wanted.file, issued); err != nil {
			return written, err
		}
		written = append(written, wanted.file)
	}
	return written, nil
}

func (s Store) ensureServiceAccountKey() (written []string, err error) {
	if _, err := os.Stat(s.ServiceAccountKey()); !errors.Is(err, fs.ErrNotExist) {
		return nil, err // nil when it is there
	}
	key, err := newKey()
	if err != nil {
		return nil, fmt.Errorf("make the key of service accounts: %w", err)
	}
	encoded, err := encodeKey(key)
	if err != nil {
		return nil, err
	}
	return []string{serviceAccountFile}, atomicfile.Write(s.ServiceAccountKey(), encoded)
}
