package atomicfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Write replaces the file by one that only its owner can read (mode 0600), through a temporary file in the same folder.
func Write(path string, content []byte) error {
	// CreateTemp makes it with mode 0600, so it is never open to others, not even for a moment.
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("write %q: %w", path, err)
	}
	_, err = file.Write(content)
	if err := errors.Join(err, file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("write %q: %w", path, errors.Join(err, os.Remove(file.Name())))
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return fmt.Errorf("write %q: %w", path, errors.Join(err, os.Remove(file.Name())))
	}
	return nil
}
