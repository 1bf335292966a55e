package privatefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// unfinished is the end of the name under which a file is written first. It is always the same, so that what a crash leaves
// behind is gone with the next write; callers write one file one after the other.
const unfinished = ".unfinished"

// Write puts content in the place of a file, with mode 0600, and makes the folder when it is missing, with 0700. After a crash
// there is either what was there before or all of the new, and once Write has returned it is the new.
func Write(path string, content []byte) error {
	if err := replace(path, content); err != nil {
		return fmt.Errorf("writing %s: %w", path, err)
	}
	return nil
}

func replace(path string, content []byte) error {
	directory := filepath.Dir(path)
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return err
	}
	fresh := path + unfinished
	if err := os.Remove(fresh); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := create(fresh, content); err != nil {
		return errors.Join(err, os.Remove(fresh))
	}
	if err := os.Rename(fresh, path); err != nil {
		return errors.Join(err, os.Remove(fresh))
	}
	return sync(directory)
}

func create(path string, content []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// sync makes a new name in a folder last.
func sync(directory string) error {
	folder, err := os.Open(directory)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
