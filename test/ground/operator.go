package ground

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// stopTimeout is how long an operator may take to end after SIGTERM.
const stopTimeout = 30 * time.Second

// Operator is a running operator process.
type Operator struct {
	command *exec.Cmd
	done    chan struct{}
}

// StartOperator runs the built operator with a kubeconfig and more arguments; its log goes to log. It ends with this
// process.
func StartOperator(binary, kubeconfig string, log io.Writer, arguments ...string) (*Operator, error) {
	arguments = append([]string{
		"--kubeconfig", kubeconfig, "--metrics-bind-address", "0", "--health-probe-bind-address", "0",
	}, arguments...)
	command := exec.Command(binary, arguments...)
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start the operator: %w", err)
	}
	operator := &Operator{command: command, done: make(chan struct{})}
	go func() {
		_ = command.Wait() // how it ended is for the spec to judge
		close(operator.done)
	}()
	return operator, nil
}

// BuildOperator builds the operator and returns the path of the binary.
func BuildOperator(ctx context.Context) (string, error) { return Script(ctx, "setup/manager.sh") }

// Kill ends the operator by SIGKILL.
func (o *Operator) Kill() {
	_ = o.command.Process.Kill() // it may have ended already
	<-o.done
}

// Stop ends the operator by SIGTERM, and by SIGKILL when it does not listen.
func (o *Operator) Stop() error {
	_ = o.command.Process.Signal(os.Interrupt) // it may have ended already
	select {
	case <-o.done:
		return nil
	case <-time.After(stopTimeout):
		o.Kill()
		return fmt.Errorf("the operator did not end within %s", stopTimeout)
	}
}

// Running tells whether the process lives.
func (o *Operator) Running() bool {
	select {
	case <-o.done:
		return false
	default:
		return true
	}
}

// PID is the process id.
func (o *Operator) PID() int { return o.command.Process.Pid }
