package fake

import (
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
)

// FileType is the kind of a file as the API writes it.
type FileType string

// The kinds of files.
const (
	FileRegular   FileType = "file"
	FileDirectory FileType = "directory"
	FileSymlink   FileType = "symlink"
)

// File is one file inside an instance; the content of a symbolic link is its target.
type File struct {
	Type     FileType // default FileRegular
	Content  []byte
	UID, GID int64
	Mode     int // permission bits
}

// standardFolders are what every root file system has.
var standardFolders = []string{
	"/", "/bin", "/dev", "/etc", "/etc/systemd", "/etc/systemd/system", "/home", "/opt", "/opt/gbo", "/opt/gbo/bin",
	"/opt/gbo/conf", "/opt/gbo/data", "/opt/gbo/logs", "/root", "/run", "/srv", "/tmp", "/usr", "/usr/local", "/usr/local/bin",
	"/var", "/var/lib", "/var/log",
}

// volatileFolders are emptied at every start.
var volatileFolders = []string{"/run/", "/tmp/"}

// rootFiles is the content of a new root file system.
func rootFiles(files map[string]File) map[string]File {
	root := make(map[string]File, len(standardFolders)+len(files))
	for _, folder := range standardFolders {
		root[folder] = File{Type: FileDirectory, Mode: 0o755}
	}
	for name, file := range files {
		for parent := path.Dir(name); parent != "/"; parent = path.Dir(parent) {
			root[parent] = File{Type: FileDirectory, Mode: 0o755}
		}
		if file.Type == "" {
			file.Type = FileRegular
		}
		root[name] = file
	}
	return root
}

// withoutVolatileFiles is what a start leaves of the files.
func withoutVolatileFiles(files map[string]File) map[string]File {
	gone := func(name string, _ File) bool {
		return slices.ContainsFunc(volatileFolders, func(folder string) bool { return strings.HasPrefix(name, folder) })
	}
	for name, file := range files {
		if gone(name, file) {
			kept := maps.Clone(files)
			maps.DeleteFunc(kept, gone)
			return kept
		}
	}
	return files
}

// ReadFile shows a file of an instance, running or not; entries are the names in a directory.
func (w *World) ReadFile(ref Ref, name string) (file File, entries []string, err error) {
	defer w.enter()()
	i, err := w.reach(ref)
	if err != nil {
		return File{}, nil, err
	}
	file, ok := i.files[path.Clean(name)]
	if !ok {
		return File{}, nil, errNoFile()
	}
	if file.Type == FileDirectory {
		entries = i.entries(path.Clean(name))
	}
	return file, entries, nil
}

func (i *instance) entries(folder string) []string {
	names := []string{}
	for name := range i.files {
		if name != "/" && path.Dir(name) == folder {
			names = append(names, path.Base(name))
		}
	}
	slices.Sort(names)
	return names
}

// WriteFile makes or replaces a file. The owner and the mode of a file that exists stay, as in the
// daemon; a negative one means the default.
func (w *World) WriteFile(ref Ref, name string, file File, appending bool) error {
	defer w.enter()()
	i, err := w.reach(ref)
	if err != nil {
		return err
	}
	name = path.Clean(name)
	if parent, ok := i.files[path.Dir(name)]; !ok || parent.Type == FileRegular {
		return errNoFile()
	}
	old, exists := i.files[name]
	switch {
	case exists && file.Type == FileDirectory: // whatever it is
		return nil
	case exists && old.Type == FileDirectory:
		return fail("sftp: \"open %s: is a directory\" (SSH_FX_FAILURE)", name)
	case exists && file.Type == FileSymlink && string(old.Content) != string(file.Content):
		return fail("sftp: \"symlink %s %s: file exists\" (SSH_FX_FAILURE)", file.Content, name)
	case exists:
		file.UID, file.GID, file.Mode = old.UID, old.GID, old.Mode
	case appending:
		return errNoFile()
	}
	if appending {
		file.Content = append(slices.Clone(old.Content), file.Content...)
	}
	files := maps.Clone(i.files)
	files[name] = file.withDefaults()
	i.files = files
	w.instanceEvent(i, "instance-file-pushed", nil, map[string]any{"path": name})
	return nil
}

func (f File) withDefaults() File {
	f.UID, f.GID = max(f.UID, 0), max(f.GID, 0)
	if f.Mode < 0 {
		f.Mode = 0o644
		if f.Type == FileDirectory {
			f.Mode = 0o755
		}
	}
	return f
}

// DeleteFile removes a file; a directory that is not empty only with force.
func (w *World) DeleteFile(ref Ref, name string, force bool) error {
	defer w.enter()()
	i, err := w.reach(ref)
	if err != nil {
		return err
	}
	name = path.Clean(name)
	if _, ok := i.files[name]; !ok {
		return errNoFile()
	}
	if !force && len(i.entries(name)) > 0 {
		return fail("sftp: \"remove %s: directory not empty\" (SSH_FX_FAILURE)", name)
	}
	files := maps.Clone(i.files)
	maps.DeleteFunc(files, func(other string, _ File) bool {
		return other == name || strings.HasPrefix(other, name+"/")
	})
	i.files = files
	w.instanceEvent(i, "instance-file-deleted", nil, map[string]any{"path": name})
	return nil
}

func errNoFile() error { return refuse(http.StatusNotFound, "Not Found") }
