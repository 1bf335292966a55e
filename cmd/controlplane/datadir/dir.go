package datadir

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
)

// Dir is an absolute path of a data directory.
type Dir string

// PKI is the folder of the certificates.
func (d Dir) PKI() string { return d.join("pki") }

// Etcd is the folder of the data.
func (d Dir) Etcd() string { return d.join("etcd") }

// Run is the folder in which the components run.
func (d Dir) Run() string { return d.join("run") }

// Kubeconfig is the administrator's, unless another file was named.
func (d Dir) Kubeconfig() string { return d.join("kubeconfig") }

// Log is the file that a component's output goes to.
func (d Dir) Log(component string) string { return filepath.Join(d.join("log"), component+".log") }

// ControllerManagerLogin is the kubeconfig of the controller manager.
func (d Dir) ControllerManagerLogin() string {
	return filepath.Join(d.Run(), "kube-controller-manager.kubeconfig")
}

func (d Dir) join(name string) string { return filepath.Join(string(d), name) }

// Open makes the directory, or takes the one that is there, closes it to other users and locks it; closing the lock gives it back. It
// refuses a folder that belongs to another user, or that holds something and is no data directory: closing that would take it from
// those who use it.
func Open(path string) (Dir, io.Closer, error) {
	absolute, err := filepath.Abs(path)
	if err != nil {
		return "", nil, err
	}
	d := Dir(absolute)
	if err := os.MkdirAll(absolute, 0o700); err != nil {
		return "", nil, fmt.Errorf("make the data directory: %w", err)
	}
	if err := d.isOurs(); err != nil {
		return "", nil, err
	}
	if err := os.Chmod(absolute, 0o700); err != nil { //nolint:gosec // a folder needs the bit that lets its owner in
		return "", nil, fmt.Errorf("close the data directory to other users: %w", err)
	}
	// The lock comes before all else, as its file is what the directory is known by when the rest was interrupted.
	lock, err := d.lock()
	if err != nil {
		return "", nil, err
	}
	for _, folder := range []string{d.PKI(), d.Etcd(), d.Run(), d.join("log")} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return "", nil, errors.Join(fmt.Errorf("make the data directory: %w", err), lock.Close())
		}
	}
	return d, lock, nil
}

func (d Dir) isOurs() error {
	info, err := os.Stat(string(d))
	if err != nil {
		return err
	}
	if owner, ok := info.Sys().(*syscall.Stat_t); ok && int(owner.Uid) != os.Geteuid() {
		return fmt.Errorf("%q belongs to another user (uid %d); choose another --data-dir", d, owner.Uid)
	}
	entries, err := os.ReadDir(string(d))
	if err != nil || len(entries) == 0 {
		return err
	}
	if _, err := os.Stat(d.join(lockFile)); errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%q holds other files and is no control plane's data directory; choose another --data-dir", d)
	}
	return nil
}
