package incusd

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"

	"github.com/pkg/sftp"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

// switching is the head of the daemon's answer to a request for SFTP.
const switching = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: sftp\r\nConnection: Upgrade\r\n\r\n"

// serveFiles takes the connection over and speaks SFTP about the files of an instance until the caller ends it.
func (s *Server) serveFiles(w http.ResponseWriter, r *request) {
	if r.Header.Get("Upgrade") != "sftp" {
		refused(http.StatusBadRequest, "Missing or invalid upgrade header")(w)
		return
	}
	if _, _, err := s.world.ReadFile(r.ref(), "/"); err != nil {
		failed(err)(w)
		return
	}
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		failed(err)(w)
		return
	}
	s.adopt(conn)
	defer s.abandon(conn)
	if _, err := io.WriteString(conn, switching); err != nil {
		return // the caller is gone
	}
	files := &fileSession{world: s.world, request: r, conn: conn}
	server := sftp.NewRequestServer(conn, sftp.Handlers{FileGet: files, FilePut: files, FileCmd: files, FileList: files})
	_ = server.Serve() // ends with the connection
	_ = server.Close()
}

// fileSession carries out what comes over one connection. Every call goes through the world's gate by itself; a change of
// mode or owner belongs to the making of what it is about, and is not counted.
type fileSession struct {
	world   *fake.World
	request *request
	conn    net.Conn
}

// call lets a call through the gate, and closes the connection when that says so.
func (f *fileSession) call(ctx context.Context, class fake.Class, verb string, body []byte, do func() error) error {
	about := fake.Call{
		System: fake.SystemIncus, Class: class, Verb: verb, Path: f.request.URL.Path, Project: f.request.project(),
		Instance: f.request.PathValue("name"), Digest: fake.DigestOf(body),
	}
	err := f.world.Pass(ctx, about, do)
	if errors.Is(err, fake.ErrCut) {
		_ = f.conn.Close()
	}
	if err != nil && fake.StatusOf(err) == http.StatusNotFound {
		return sftp.ErrSSHFxNoSuchFile
	}
	return err
}

// Filewrite implements sftp.FileWriter. Only new files are made: the caller removes what is there.
func (f *fileSession) Filewrite(r *sftp.Request) (io.WriterAt, error) {
	if flags := r.Pflags(); !flags.Creat || !flags.Excl {
		return nil, sftp.ErrSSHFxOpUnsupported
	}
	err := f.call(r.Context(), fake.Write, "Put", nil, func() error { return f.world.CreateFile(f.request.ref(), r.Filepath) })
	return &openFile{session: f, request: r}, err
}

// Filecmd implements sftp.FileCmder.
func (f *fileSession) Filecmd(r *sftp.Request) error {
	ref := f.request.ref()
	switch r.Method {
	case "Setstat":
		return f.setAttributes(r)
	case "Mkdir":
		return f.call(r.Context(), fake.Write, r.Method, nil, func() error { return f.world.CreateDirectory(ref, r.Filepath) })
	case "Symlink":
		// The library's request has the target in Filepath, and the link in Target.
		return f.call(r.Context(), fake.Write, r.Method, nil, func() error { return f.world.CreateLink(ref, r.Target, r.Filepath) })
	case "Remove", "Rmdir":
		return f.call(r.Context(), fake.Write, r.Method, nil, func() error { return f.world.DeleteFile(ref, r.Filepath) })
	default:
		return sftp.ErrSSHFxOpUnsupported
	}
}

func (f *fileSession) setAttributes(r *sftp.Request) error {
	flags, wanted := r.AttrFlags(), r.Attributes()
	return f.world.ChangeFile(f.request.ref(), r.Filepath, func(file *fake.File) {
		if flags.Permissions {
			file.Mode = int(wanted.Mode & 0o7777)
		}
		if flags.UidGid {
			file.UID, file.GID = int64(wanted.UID), int64(wanted.GID)
		}
	})
}

// Fileread implements sftp.FileReader.
func (f *fileSession) Fileread(*sftp.Request) (io.ReaderAt, error) {
	return nil, sftp.ErrSSHFxOpUnsupported // files are read by the route for that
}

// Filelist implements sftp.FileLister: what is at a path, links not followed.
func (f *fileSession) Filelist(r *sftp.Request) (sftp.ListerAt, error) {
	if r.Method != "Stat" && r.Method != "Lstat" {
		return nil, sftp.ErrSSHFxOpUnsupported
	}
	var found fake.File
	err := f.call(r.Context(), fake.Read, r.Method, nil, func() (err error) {
		found, _, err = f.world.ReadFile(f.request.ref(), r.Filepath)
		return err
	})
	return listed{name: r.Filepath, File: found}, err
}

// Lstat implements sftp.LstatFileLister.
func (f *fileSession) Lstat(r *sftp.Request) (sftp.ListerAt, error) { return f.Filelist(r) }

// openFile is a file that is being written.
type openFile struct {
	session *fileSession
	request *sftp.Request
}

// WriteAt implements io.WriterAt.
func (o *openFile) WriteAt(content []byte, offset int64) (int, error) {
	write := func(file *fake.File) {
		if missing := int(offset) + len(content) - len(file.Content); missing > 0 {
			file.Content = append(file.Content, make([]byte, missing)...)
		}
		copy(file.Content[offset:], content)
	}
	err := o.session.call(o.request.Context(), fake.Write, "Write", content, func() error {
		return o.session.world.ChangeFile(o.session.request.ref(), o.request.Filepath, write)
	})
	if err != nil {
		return 0, err
	}
	return len(content), nil
}

var (
	_ sftp.FileWriter      = (*fileSession)(nil)
	_ sftp.LstatFileLister = (*fileSession)(nil)
	_ fs.FileInfo          = listed{}
)
