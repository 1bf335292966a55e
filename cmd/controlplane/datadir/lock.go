package datadir

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const lockFile = "lock"

// lock takes the directory for this process until the file is closed or the process ends, however it ends: the kernel drops a flock
// with its holder. Components do not inherit it.
func (d Dir) lock() (io.Closer, error) {
	file, err := os.OpenFile(d.join(lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the data directory: %w", err)
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		holder, _ := io.ReadAll(file) // a holder that cannot be read goes unnamed
		return nil, errors.Join(refused(d, err, strings.TrimSpace(string(holder))), file.Close())
	}
	if err := errors.Join(file.Truncate(0), writeAt0(file, strconv.Itoa(os.Getpid())+"\n")); err != nil {
		return nil, errors.Join(fmt.Errorf("lock the data directory: %w", err), file.Close())
	}
	return file, nil
}

func refused(d Dir, err error, holder string) error {
	if !errors.Is(err, unix.EWOULDBLOCK) {
		return fmt.Errorf("lock the data directory %q: %w", d, err)
	}
	return fmt.Errorf("%q is in use by another serve (process %s); stop that one, or choose another --data-dir", d, holder)
}

func writeAt0(file *os.File, text string) error {
	_, err := file.WriteAt([]byte(text), 0)
	return err
}
