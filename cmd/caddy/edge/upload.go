package edge

import (
	"errors"
	"io"
	"net/http"
	"sync/atomic"
)

// upload is the body of a request, which remembers whether the client broke off.
type upload struct {
	io.ReadCloser
	closed, failed atomic.Bool
}

// watched returns the request with a body that is watched; a request without a body as it is.
func watched(request *http.Request) (*http.Request, *upload) {
	if request.Body == nil || request.Body == http.NoBody {
		return request, nil
	}
	body := &upload{ReadCloser: request.Body}
	watching := *request // a transport must not change the request that it is given
	watching.Body = body
	return &watching, body
}

// Read implements io.Reader. The transport may read in another goroutine than the one that asks whether the body is broken.
func (u *upload) Read(into []byte) (int, error) {
	read, err := u.ReadCloser.Read(into)
	if err != nil && !errors.Is(err, io.EOF) && !u.closed.Load() {
		u.failed.Store(true)
	}
	return read, err
}

// Close implements io.Closer. The transport closes the body when the member fails; what is read after that says nothing of the
// client.
func (u *upload) Close() error {
	u.closed.Store(true)
	return u.ReadCloser.Close()
}

// broken tells whether the client broke off. It did not if there is no body.
func (u *upload) broken() bool { return u != nil && u.failed.Load() }
