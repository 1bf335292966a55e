package incusd

import (
	"io"
	"io/fs"
	"path"
	"time"

	"github.com/pkg/sftp"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

// listed is a file as SFTP shows it.
type listed struct {
	name string
	fake.File
}

// ListAt implements sftp.ListerAt: a list of the one file.
func (l listed) ListAt(list []fs.FileInfo, offset int64) (int, error) {
	if offset > 0 || len(list) == 0 {
		return 0, io.EOF
	}
	list[0] = l
	return 1, io.EOF
}

// Name implements fs.FileInfo.
func (l listed) Name() string { return path.Base(l.name) }

// Size implements fs.FileInfo.
func (l listed) Size() int64 { return int64(len(l.Content)) }

// Mode implements fs.FileInfo.
func (l listed) Mode() fs.FileMode {
	mode := fs.FileMode(l.File.Mode).Perm()
	switch l.Type {
	case fake.FileDirectory:
		mode |= fs.ModeDir
	case fake.FileSymlink:
		mode |= fs.ModeSymlink
	case fake.FileRegular:
	}
	return mode
}

// ModTime implements fs.FileInfo; the world keeps no times of files.
func (l listed) ModTime() time.Time { return time.Time{} }

// IsDir implements fs.FileInfo.
func (l listed) IsDir() bool { return l.Type == fake.FileDirectory }

// Sys implements fs.FileInfo.
func (l listed) Sys() any { return &sftp.FileStat{UID: uint32(l.UID), GID: uint32(l.GID)} }
