package privatefile

import (
	"fmt"
	"os"
	"path/filepath"
)

// Write puts content in the place of a file, with mode 0600, and makes the folder when it is missing, with 0700. After a crash
// there is either what was there before or all of the new.
func Write(path string, content []byte) error {
	directory := filepath.Dir(path)
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return fmt.Errorf("making the folder of %s: %w", path, err)
	}
	file, err := os.CreateTemp(directory, filepath.Base(path)+".*") // with mode 0600
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	defer func() { _ = os.Remove(file.Name()) }() // gone already when all went well
	_, err = file.Write(content)
	if err == nil {
		err = file.Sync()
	}
	if closeErr := file.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}
