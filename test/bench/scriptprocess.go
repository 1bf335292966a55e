package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"

	"github.com/generalbots/botcluster-operator/test/ground"
)

// documentScript is the document's script.
func documentScript() string {
	return filepath.Join(ground.Root(), "test", "bench", "testdata", "autoscale.sh")
}

// scriptProcess is a running script. Its clients of Incus, in which its bots run, are in its process group.
type scriptProcess struct {
	command *exec.Cmd
	log     string
	ended   bool
}

// run starts the script's loop.
func (f *documentFleet) run(cpu string) (*scriptProcess, error) {
	log, err := os.CreateTemp(f.folder, "loop-*.log")
	if err != nil {
		return nil, fmt.Errorf("make the script's log: %w", err)
	}
	// A file and no pipe, which the clients of Incus would keep open.
	command := exec.Command(documentScript())
	command.Env, command.Stdout, command.Stderr = f.environment(cpu), log, log
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	if err := errors.Join(command.Start(), log.Close()); err != nil {
		return nil, fmt.Errorf("start the script: %w", err)
	}
	process := &scriptProcess{command: command, log: log.Name()}
	f.loops = append(f.loops, process)
	return process, nil
}

// call runs one function of the script.
func (f *documentFleet) call(ctx context.Context, function string) error {
	log, err := os.CreateTemp(f.folder, function+"-*.log")
	if err != nil {
		return fmt.Errorf("make the script's log: %w", err)
	}
	command := exec.CommandContext(ctx, documentScript(), function)
	command.Env, command.Stdout, command.Stderr = f.environment("cpu"), log, log
	if err := errors.Join(command.Run(), log.Close()); err != nil {
		text, readErr := os.ReadFile(log.Name())
		return errors.Join(fmt.Errorf("the script's %s: %w: %s", function, err, text), readErr)
	}
	return nil
}

// said tells whether the script has printed a text.
func (p *scriptProcess) said(text string) (bool, error) {
	content, err := os.ReadFile(p.log)
	return bytes.Contains(content, []byte(text)), err
}

// kill ends the script alone, as kill -9 does: what it began goes on.
func (p *scriptProcess) kill() error { return p.end(p.command.Process.Pid) }

// stop ends the script and all that it began, its bots included.
func (p *scriptProcess) stop() error { return p.end(-p.command.Process.Pid) }

// end sends SIGKILL to the process or its group. Until it is waited for, the number belongs to nobody else.
func (p *scriptProcess) end(target int) error {
	if p.ended {
		return nil
	}
	p.ended = true
	err := syscall.Kill(target, syscall.SIGKILL)
	_ = p.command.Wait() // it was killed
	if err != nil {
		return fmt.Errorf("end the script: %w", err)
	}
	return nil
}
