package ground

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// Caddy is the edge's Caddy as a process of this machine, run as the edge's image runs it but for the places of its files.
type Caddy struct {
	binary, folder string
	command        *exec.Cmd
	done           chan struct{}
}

// BuildCaddy builds the edge's Caddy and returns the path of the binary.
func BuildCaddy(ctx context.Context) (string, error) { return Script(ctx, "setup/caddy.sh") }

// NewCaddy makes the folder of a process that is to be started. Stop removes it.
func NewCaddy(binary string) (*Caddy, error) {
	// The system's folder for temporary files keeps the socket's path short enough.
	folder, err := os.MkdirTemp("", "edge")
	if err != nil {
		return nil, fmt.Errorf("make a folder for Caddy: %w", err)
	}
	return &Caddy{binary: binary, folder: folder}, nil
}

// AdminListen is where the admin API listens, in Caddy's words.
func (c *Caddy) AdminListen() string { return "unix/" + c.socket() + "|0600" }

func (c *Caddy) socket() string { return filepath.Join(c.folder, "admin.sock") }

// Start begins the process with a configuration, which is to name AdminListen; it serves a moment later. Its log goes to log.
func (c *Caddy) Start(config []byte, log io.Writer) error {
	file := filepath.Join(c.folder, "config.json")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		return fmt.Errorf("write Caddy's configuration: %w", err)
	}
	command := exec.Command(c.binary, "run", "--config", file)
	command.Env = []string{
		"HOME=" + c.folder, "XDG_DATA_HOME=" + c.folder, "XDG_CONFIG_HOME=" + c.folder, "CADDY_ADMIN=" + c.AdminListen(),
	}
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		return fmt.Errorf("start Caddy: %w", err)
	}
	c.command, c.done = command, make(chan struct{})
	go func() {
		defer close(c.done)
		_ = command.Wait() // how it ended shows in its log
	}()
	return nil
}

// Dial connects to the admin API.
func (c *Caddy) Dial(ctx context.Context) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "unix", c.socket())
}

// PID is the process id.
func (c *Caddy) PID() int { return c.command.Process.Pid }

// Stop ends the process and removes its folder.
func (c *Caddy) Stop() error {
	var err error
	if c.command != nil {
		if err = c.command.Process.Kill(); errors.Is(err, os.ErrProcessDone) {
			err = nil
		}
		<-c.done
	}
	return errors.Join(err, os.RemoveAll(c.folder))
}
