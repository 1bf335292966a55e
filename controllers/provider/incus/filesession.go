package incus

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"

	"github.com/pkg/sftp"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

const (
	// directoryMode is the mode of directories that are made on the way to a file; they belong to root.
	directoryMode fs.FileMode = 0o755
	// sessionLimit bounds the writing of all files of an instance: a start of Incus's SFTP server and some kilobytes.
	sessionLimit = writeLimit
)

// fileSession is an SFTP session about the files of one instance.
//
// One session does it all, because Incus's calls for single files each open one of their own: at the end of each, Incus syncs
// the whole file system of the storage pool, and when the SFTP server of an instance ends for lack of work while such a call
// comes, the next calls for this instance fail as long as they come.
type fileSession struct {
	client *sftp.Client
	// connection is what the client speaks over.
	connection io.Writer
}

// writeFiles writes files into a stopped instance, each in the place of what is there.
func (i instances) writeFiles(ctx context.Context, name string, files []model.File) error {
	if len(files) == 0 {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, sessionLimit)
	defer cancel()
	session, err := i.openFiles(limited, name)
	if err != nil {
		return err
	}
	defer func() { _ = session.client.Close() }()
	for _, file := range files {
		if err := session.write(file); err != nil {
			return i.explainFile(limited, name, file.Path, err)
		}
	}
	session.finish()
	return nil
}

// openFiles opens a session, which ends with ctx.
func (i instances) openFiles(ctx context.Context, name string) (*fileSession, error) {
	doing := "write files into the instance " + name
	connection, err := i.client.upgrade(ctx, request{method: http.MethodGet, path: resource("instances", name, "sftp"), doing: doing}, "sftp")
	if err != nil {
		if isUnreachable(err) {
			i.link.doubt()
		}
		return nil, err
	}
	client, err := sftp.NewClientPipe(connection, connection)
	if err != nil {
		_ = connection.Close()
		return nil, i.client.explain(ctx, doing, err)
	}
	return &fileSession{client: client, connection: connection}, nil
}

// explainFile turns what became of a file into an error with a class and a sentence.
func (i instances) explainFile(ctx context.Context, name, file string, err error) error {
	_, refused := errors.AsType[*sftp.StatusError](err)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return conflict(err, "%s cannot be written into the instance %s: the way there leads nowhere, or the instance went", file, name)
	case ctx.Err() == nil && (refused || errors.Is(err, fs.ErrPermission)):
		return transient(reasonOperationFailed, err, "%s could not write %s into the instance %s: %s",
			i.client.server, file, name, words(err.Error()))
	default:
		return transient(reasonServerUnreachable, err, "the connection to the files of the instance %s ended before %s was written", name, file)
	}
}

// write puts a file in the place of what is there, so that nothing of that is left: neither mode nor owner, nor a link that
// leads elsewhere.
func (s *fileSession) write(file model.File) error {
	if _, err := s.client.Lstat(file.Path); err == nil {
		if err := s.client.Remove(file.Path); err != nil {
			return err
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	err := s.create(file)
	if !errors.Is(err, fs.ErrNotExist) || path.Dir(file.Path) == "/" {
		return err
	}
	if err := s.makeDirectory(path.Dir(file.Path)); err != nil {
		return err
	}
	return s.create(file)
}

// finish ends the session and waits until what was written is on disk. When we hang up, Incus hangs up at once and syncs the
// pool beside it, and a start that comes in between waits in steps of a second. So we have the server hang up: it takes a
// packet without a length for the end, syncs, and then closes. That we cannot wait for this is no failure: all is written.
func (s *fileSession) finish() {
	if _, err := s.connection.Write(make([]byte, 4)); err == nil {
		_ = s.client.Wait()
	}
}

func (s *fileSession) create(file model.File) error {
	if file.LinkTarget != "" {
		return s.client.Symlink(file.LinkTarget, file.Path)
	}
	created, err := s.client.OpenFile(file.Path, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return err
	}
	// Before the content: a secret is never in a file that others may read.
	steps := []func() error{
		func() error { return created.Chmod(fs.FileMode(file.Mode)) },
		func() error { return created.Chown(int(file.UID), int(file.GID)) },
		func() error { _, err := created.Write(file.Content); return err },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			_ = created.Close()
			return err
		}
	}
	return created.Close()
}

// makeDirectory makes a directory that is missing, and those above it that are. The umask of Incus's SFTP server is not known,
// so the mode is set.
func (s *fileSession) makeDirectory(directory string) error {
	err := s.client.Mkdir(directory)
	if errors.Is(err, fs.ErrNotExist) && path.Dir(directory) != "/" {
		if err := s.makeDirectory(path.Dir(directory)); err != nil {
			return err
		}
		err = s.client.Mkdir(directory)
	}
	if err != nil {
		return err
	}
	if err := s.client.Chmod(directory, directoryMode); err != nil {
		return err
	}
	return s.client.Chown(directory, 0, 0)
}
