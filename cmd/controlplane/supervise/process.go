package supervise

import (
	"context"
	"io"
	"os/exec"
	"syscall"
	"time"
)

// Process is what to keep alive.
type Process struct {
	Name       string   // argv[0], and the name in events
	Executable string   // path
	Arguments  []string // after argv[0]
	Dir        string   // working directory
	Env        []string // all of it: nothing is inherited
	Output     io.Writer

	// Ready returns when the process does its work, or with an error when the context ended before. It is called after every start.
	// Without one the process counts as ready when it started, and that is no transition.
	Ready func(context.Context) error

	// StopWithin is how long the process has to end itself before it is killed.
	StopWithin time.Duration
	Backoff    Backoff

	// Report is told every transition; it may be called from two goroutines at once.
	Report func(Event)
}

// command is one run of the process, which is asked to stop when the context ends.
func (p *Process) command(ctx context.Context) *exec.Cmd {
	command := exec.CommandContext(ctx, p.Executable, p.Arguments...)
	command.Args[0] = p.Name
	command.Dir = p.Dir
	command.Env = append([]string{}, p.Env...) // not nil, which would inherit ours
	command.Stdout, command.Stderr = p.Output, p.Output
	command.Cancel = func() error { return command.Process.Signal(syscall.SIGTERM) }
	command.WaitDelay = p.StopWithin
	command.SysProcAttr = &syscall.SysProcAttr{
		Pdeathsig: syscall.SIGKILL, // with its parent, however that ends; the data of all components survives a SIGKILL
		Setpgid:   true,            // a Ctrl-C at the terminal reaches the parent alone, which stops the processes in order
	}
	return command
}
