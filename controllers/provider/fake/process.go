package fake

import (
	"errors"
	"io"
	"strings"
	"sync"
	"time"
)

// Process is a command that runs in an instance. Its streams stand still while the instance is frozen.
type Process struct {
	Stdin  io.WriteCloser // closing it sends the end of input
	Stdout io.Reader
	Stderr io.Reader

	world    *World
	instance *instance
	close    func() // of the streams
	once     sync.Once
	ended    chan struct{}
	code     int
	err      error
}

// Ended is closed when the command is over.
func (p *Process) Ended() <-chan struct{} { return p.ended }

// Result is the exit status of a command that is over, and the error that the daemon makes of some of them.
func (p *Process) Result() (int, error) {
	<-p.ended
	return p.code, p.err
}

// Kill ends the command as a signal does.
func (p *Process) Kill(signal int) { p.end(128+signal, nil) }

func (p *Process) end(code int, err error) {
	p.once.Do(func() {
		p.code, p.err = code, err
		if p.close != nil {
			p.close()
		}
		close(p.ended)
	})
}

// thawed waits while the instance is frozen and the command lives.
func (p *Process) thawed() {
	for {
		leave := p.world.enter()
		frozen, thawed := p.instance.frozen, p.instance.thawed
		leave()
		if !frozen {
			return
		}
		select {
		case <-thawed:
		case <-p.ended:
			return
		}
	}
}

// gate holds a stream of the command back while the instance is frozen.
type gate struct {
	process *Process
	read    io.Reader
	write   io.Writer
	closing func() error
}

func (g gate) Read(p []byte) (int, error) {
	n, err := g.read.Read(p)
	g.process.thawed()
	if errors.Is(err, io.ErrClosedPipe) { // the command is over
		err = io.EOF
	}
	return n, err
}

func (g gate) Write(p []byte) (int, error) {
	g.process.thawed()
	return g.write.Write(p)
}

func (g gate) Close() error { return g.closing() }

// killProcesses ends what was exec'd; the world is locked.
func (i *instance) killProcesses(code int) {
	for p := range i.processes {
		p.end(code, nil)
	}
	i.processes = map[*Process]struct{}{}
}

// tunnelPatience is how long socat goes on after the end of its input (its option -t).
const tunnelPatience = 500 * time.Millisecond

// tunnel is a process that connects its streams to a service, as socat does, and the connection that it has to it.
func (w *World) tunnel(i *instance, s *Service) (*Process, *duplex) {
	near, far := newDuplex()
	diagnostics, diagnosticsIn := io.Pipe()
	p := &Process{world: w, instance: i, ended: make(chan struct{})}
	p.close = func() {
		_ = near.Close()
		_ = far.Close()
		_ = diagnosticsIn.Close()
	}
	p.Stdout, p.Stderr = gate{process: p, read: near}, diagnostics
	p.Stdin = gate{process: p, write: near, closing: func() error {
		defer w.enter()()
		w.in(tunnelPatience, func() { p.end(0, nil) })
		return near.CloseWrite()
	}}
	at := i.present()
	go func() {
		s.Serve(far, at)
		p.end(0, nil)
		defer w.enter()()
		delete(i.processes, p)
	}()
	return p, near
}

// failed is a process that ended at once, with a line on its standard error.
func (w *World) failed(i *instance, code int, line string, err error) *Process {
	p := &Process{
		world: w, instance: i, ended: make(chan struct{}),
		Stdin: discard{}, Stdout: strings.NewReader(""), Stderr: strings.NewReader(line),
	}
	p.end(code, err)
	return p
}

type discard struct{}

func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) Close() error                { return nil }
