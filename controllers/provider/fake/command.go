package fake

import (
	"io"
	"net/http"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Command is a program that an exec may run inside instances.
type Command struct {
	Image    string // alias or fingerprint of the images that have it; empty: all
	Instance string // pattern of path.Match for the "project/name" of those that have it; empty: all
	Name     string // of the program, without its folder
	// Run returns the exit status. It must return when Killed is closed.
	Run func(Invocation) int
}

// Invocation is one run of a Command.
type Invocation struct {
	At     Boot
	Args   []string // without the program itself
	Env    map[string]string
	Stdin  io.Reader
	Stdout io.Writer
	Stderr io.Writer
	Killed <-chan struct{}
}

// AddCommand installs a program; of several with the same name, the last one added runs.
func (w *World) AddCommand(c Command) {
	defer w.enter()()
	w.commands = append(w.commands, c)
}

// commandNotFound is the exit status and the error of a program that is not there (Incus: driver_lxc_cmd.go).
const commandNotFound = 127

// spawn starts a command in a running instance; the world is locked.
func (w *World) spawn(i *instance, argv []string, env map[string]string) *Process {
	p := w.process(i, argv, env)
	select {
	case <-p.ended:
	default:
		i.processes[p] = struct{}{}
	}
	return p
}

func (w *World) process(i *instance, argv []string, env map[string]string) *Process {
	name := ""
	if len(argv) > 0 {
		name = path.Base(argv[0])
	}
	if slices.Contains(w.behaviour(i).MissingPrograms, name) {
		return w.notFound(i)
	}
	for _, c := range slices.Backward(w.commands) {
		if c.Name == name && matches(i, c.Image, c.Instance) {
			return w.runs(i, c.Run, argv[1:], env)
		}
	}
	if name == "socat" {
		return w.socat(i, argv[1:])
	}
	if run := w.builtin(name); run != nil {
		return w.runs(i, run, argv[1:], env)
	}
	return w.notFound(i)
}

func (w *World) notFound(i *instance) *Process {
	return w.failed(i, commandNotFound, "", refuse(http.StatusNotFound, "Command not found"))
}

// socat connects to a unix socket or a port of the loopback; options of its own and of the addresses are ignored.
func (w *World) socat(i *instance, args []string) *Process {
	args = slices.DeleteFunc(slices.Clone(args), func(arg string) bool { return strings.HasPrefix(arg, "-") && arg != "-" })
	if len(args) != 2 || args[0] != "-" && !strings.HasPrefix(args[0], "STDIO") {
		return w.failed(i, 1, "socat E exactly 2 addresses required\n", nil)
	}
	address, _, _ := strings.Cut(args[1], ",")
	kind, rest, _ := strings.Cut(address, ":")
	network := map[string]string{
		"UNIX-CONNECT": "unix", "UNIX": "unix", "TCP": "tcp", "TCP4": "tcp", "TCP-CONNECT": "tcp",
	}[strings.ToUpper(kind)]
	if network == "" {
		return w.failed(i, 1, "socat E unknown device/address \""+kind+"\"\n", nil)
	}
	s := w.listening(i, network, rest)
	if s == nil {
		reason := "Connection refused"
		if network == "unix" {
			reason = "No such file or directory"
		}
		return w.failed(i, 1, "socat E connect("+rest+"): "+reason+"\n", nil)
	}
	p, _ := w.tunnel(i, s)
	return p
}

// builtin are the few programs that every image has.
func (w *World) builtin(name string) func(Invocation) int {
	switch name {
	case "true":
		return func(Invocation) int { return 0 }
	case "false":
		return func(Invocation) int { return 1 }
	case "cat":
		return func(c Invocation) int {
			if _, err := io.Copy(c.Stdout, c.Stdin); err != nil {
				return 1
			}
			return 0
		}
	case "echo":
		return func(c Invocation) int {
			if _, err := io.WriteString(c.Stdout, strings.Join(c.Args, " ")+"\n"); err != nil {
				return 1
			}
			return 0
		}
	case "sleep":
		return w.sleep
	}
	return nil
}

func (w *World) sleep(c Invocation) int {
	seconds := 0
	if len(c.Args) == 1 {
		seconds, _ = strconv.Atoi(c.Args[0])
	}
	passed, stop := w.After(time.Duration(seconds) * time.Second)
	defer stop()
	select {
	case <-passed:
	case <-c.Killed:
	}
	return 0
}

// runs starts a command of Go.
func (w *World) runs(i *instance, run func(Invocation) int, args []string, env map[string]string) *Process {
	stdin, stdinWriter := io.Pipe()
	stdoutReader, stdout := io.Pipe()
	stderrReader, stderr := io.Pipe()
	p := &Process{world: w, instance: i, ended: make(chan struct{}), Stderr: stderrReader}
	p.Stdin = gate{process: p, write: stdinWriter, closing: stdinWriter.Close}
	p.Stdout = gate{process: p, read: stdoutReader}
	p.close = func() {
		_ = stdin.Close()
		_ = stdout.Close()
		_ = stderr.Close()
	}
	call := Invocation{
		At: i.present(), Args: args, Env: env, Stdin: stdin, Stdout: stdout, Stderr: stderr, Killed: p.ended,
	}
	go func() { p.end(run(call), nil) }()
	return p
}
