package edge

import "io"

// endingWith returns the body with a function that is called when it is closed. The body of an upgraded connection, such as a
// WebSocket, can be written to as well, and ends when both directions have.
func endingWith(body io.ReadCloser, ended func()) io.ReadCloser {
	connection, upgraded := body.(io.ReadWriteCloser)
	if !upgraded {
		return &endingBody{body, ended}
	}
	if halves, ok := connection.(halfCloser); ok {
		return &endingHalves{halves, ended}
	}
	return &endingConnection{connection, ended}
}

// endingBody is the body of an ordinary answer or a stream.
type endingBody struct {
	io.ReadCloser
	ended func()
}

func (b *endingBody) Close() error {
	defer b.ended()
	return b.ReadCloser.Close()
}

// endingConnection is an upgraded connection.
type endingConnection struct {
	io.ReadWriteCloser
	ended func()
}

func (c *endingConnection) Close() error {
	defer c.ended()
	return c.ReadWriteCloser.Close()
}

// halfCloser is an upgraded connection whose directions close one by one.
type halfCloser interface {
	io.ReadWriteCloser
	CloseWrite() error
}

type endingHalves struct {
	halfCloser
	ended func()
}

func (c *endingHalves) Close() error {
	defer c.ended()
	return c.halfCloser.Close()
}
