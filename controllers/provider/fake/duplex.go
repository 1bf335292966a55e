package fake

import (
	"net"
	"time"
)

// duplex is one end of a stream socket in memory. Unlike net.Pipe it can be closed for writing alone, so that one side
// may send the end of its input and still read the answer.
type duplex struct {
	in, out net.Conn
}

// newDuplex returns the two ends.
func newDuplex() (*duplex, *duplex) {
	aIn, bOut := net.Pipe()
	bIn, aOut := net.Pipe()
	return &duplex{in: aIn, out: aOut}, &duplex{in: bIn, out: bOut}
}

func (d *duplex) Read(p []byte) (int, error)  { return d.in.Read(p) }
func (d *duplex) Write(p []byte) (int, error) { return d.out.Write(p) }

// CloseWrite tells the other end that nothing more comes.
func (d *duplex) CloseWrite() error { return d.out.Close() }

// Close ends both directions; what the other end still writes fails.
func (d *duplex) Close() error {
	errOut, errIn := d.out.Close(), d.in.Close()
	if errOut != nil {
		return errOut
	}
	return errIn
}

func (d *duplex) LocalAddr() net.Addr  { return memoryAddress{} }
func (d *duplex) RemoteAddr() net.Addr { return memoryAddress{} }

func (d *duplex) SetDeadline(t time.Time) error {
	errIn, errOut := d.in.SetReadDeadline(t), d.out.SetWriteDeadline(t)
	if errIn != nil {
		return errIn
	}
	return errOut
}

func (d *duplex) SetReadDeadline(t time.Time) error  { return d.in.SetReadDeadline(t) }
func (d *duplex) SetWriteDeadline(t time.Time) error { return d.out.SetWriteDeadline(t) }

type memoryAddress struct{}

func (memoryAddress) Network() string { return "memory" }
func (memoryAddress) String() string  { return "memory" }
