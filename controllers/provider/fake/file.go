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
		if err := i.checkParent(path.Clean(name)); err != nil {
			return File{}, nil, err
		}
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

// CreateFile makes an empty file; the name must be free.
func (w *World) CreateFile(ref Ref, name string) error {
	return w.addFile(ref, name, File{Type: FileRegular, Mode: 0o644})
}

// CreateDirectory makes a directory; the name must be free.
func (w *World) CreateDirectory(ref Ref, name string) error {
	return w.addFile(ref, name, File{Type: FileDirectory, Mode: 0o755})
}

// CreateLink makes a symbolic link; the name must be free.
func (w *World) CreateLink(ref Ref, name, target string) error {
	return w.addFile(ref, name, File{Type: FileSymlink, Content: []byte(target), Mode: 0o777})
}

func (w *World) addFile(ref Ref, name string, file File) error {
	return w.changeFiles(ref, func(i *instance, files map[string]File) error {
		if _, exists := files[name]; exists {
			return fail("open %s: file exists", name)
		}
		if err := i.checkParent(name); err != nil {
			return err
		}
		files[name] = file
		return nil
	})
}

// ChangeFile changes content, mode or owner of a file or directory that exists.
func (w *World) ChangeFile(ref Ref, name string, change func(*File)) error {
	return w.changeFiles(ref, func(_ *instance, files map[string]File) error {
		file, ok := files[name]
		if !ok {
			return errNoFile()
		}
		file.Content = slices.Clone(file.Content)
		change(&file)
		files[name] = file
		return nil
	})
}

// DeleteFile removes a file, or a directory that is empty.
func (w *World) DeleteFile(ref Ref, name string) error {
	return w.changeFiles(ref, func(i *instance, files map[string]File) error {
		if _, ok := files[name]; !ok {
			return errNoFile()
		}
		if len(i.entries(name)) > 0 {
			return fail("remove %s: directory not empty", name)
		}
		delete(files, name)
		return nil
	})
}

// changeFiles changes the files of an instance, running or not. Instances of one image share theirs until then.
func (w *World) changeFiles(ref Ref, change func(i *instance, files map[string]File) error) error {
	defer w.enter()()
	i, err := w.reach(ref)
	if err != nil {
		return err
	}
	files := maps.Clone(i.files)
	if err := change(i, files); err != nil {
		return err
	}
	i.files = files
	return nil
}

// checkParent tells whether something may be in the folder of a name.
func (i *instance) checkParent(name string) error {
	parent, ok := i.files[path.Dir(name)]
	switch {
	case ok && parent.Type == FileRegular:
		return fail("open %s: not a directory", name)
	case ok:
		return nil
	case path.Dir(name) == "/":
		return errNoFile()
	}
	if err := i.checkParent(path.Dir(name)); err != nil {
		return err
	}
	return errNoFile()
}

func errNoFile() error { return refuse(http.StatusNotFound, "Not Found") }
