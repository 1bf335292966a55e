package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/generalbots/botcluster-operator/test/ground"
)

const (
	// scriptPort is where the script's load balancer listens.
	scriptPort = 28004
	// scriptAllowance is what our 200m come to.
	scriptAllowance = "20ms/100ms"
	// scriptDrain and scriptProbe stand for the document's 30 s and 10 s.
	scriptDrain = 5 * time.Second
	scriptProbe = time.Second
	// killAfter is how far a scale-up comes before it is killed.
	killAfter = 500 * time.Millisecond
)

// documentFleet is what the document's script scales, behind a Caddy on this machine.
type documentFleet struct {
	incus  *ground.Incus
	folder string
	caddy  *ground.Caddy
	binary string
	loops  []*scriptProcess
}

// startDocument starts a Caddy that knows no bots yet.
func startDocument(ctx context.Context, incus *ground.Incus, binary string) (*documentFleet, error) {
	folder, err := os.MkdirTemp("", "botcluster-script-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the script: %w", err)
	}
	f := &documentFleet{incus: incus, folder: folder, binary: binary}
	if f.caddy, err = ground.NewCaddy(binary); err != nil {
		return nil, errors.Join(err, f.stop())
	}
	admin := f.caddy.AdminListen()
	err = errors.Join(
		f.write("Caddyfile", fmt.Sprintf(documentCaddyfile, admin, scriptPort)), f.write("botserver.env", ""),
		f.caddy.Start(fmt.Appendf(nil, `{"admin": {"listen": %q}}`, admin), io.Discard),
	)
	if err == nil {
		err = poll(ctx, func(ctx context.Context) (bool, error) {
			connection, err := f.caddy.Dial(ctx)
			if err != nil {
				return false, nil //nolint:nilerr // it does not listen yet
			}
			return true, connection.Close()
		})
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start Caddy: %w", err), f.stop())
	}
	return f, nil
}

// documentCaddyfile has what the document says of API requests, in words that Caddy takes.
const documentCaddyfile = `{
	admin %s
	auto_https off
}
http://:%d {
	bind 127.0.0.1
	reverse_proxy {
		import upstream.conf
		lb_try_duration 5s
		fail_duration 30s
	}
}
`

// write replaces a file in one step, as the script may be reading it.
func (f *documentFleet) write(name, content string) error {
	path := filepath.Join(f.folder, name)
	if err := os.WriteFile(path+".new", []byte(content), 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

func (f *documentFleet) url() string { return "http://" + loopback(scriptPort) }

// tell writes the CPU use that the script is to believe.
func (f *documentFleet) tell(busy bool) error {
	if busy {
		return f.write("cpu", "100\n")
	}
	return f.write("cpu", "0\n")
}

func (f *documentFleet) bots(ctx context.Context) (int, error) {
	bots, err := botsOf(ctx, f.incus)
	return len(bots), err
}

// final tells that the script refused to grow: it does not touch the load balancer any more.
func (f *documentFleet) final() (bool, error) {
	return f.loops[len(f.loops)-1].said("Already at max instances")
}

// idle runs the script as it reads the CPU in the document, without load, and returns how many bots there are after a while.
func (f *documentFleet) idle(ctx context.Context) (int, error) {
	if err := f.renew(ctx); err != nil {
		return 0, err
	}
	loop, err := f.run("")
	if err != nil {
		return 0, err
	}
	if err := sleep(ctx, idleFor); err != nil {
		return 0, err
	}
	bots, err := f.bots(ctx)
	return bots, errors.Join(err, loop.stop())
}

// begin runs the script with two new bots; it is told that there is nothing to do.
func (f *documentFleet) begin(ctx context.Context) error {
	if err := f.renew(ctx); err != nil {
		return err
	}
	if err := f.write("cpu", "50\n"); err != nil {
		return err
	}
	_, err := f.run("cpu")
	return err
}

// renew removes all bots and makes the first two, which the script itself never does, with its own functions. The load balancer
// is told once more when they have addresses.
func (f *documentFleet) renew(ctx context.Context) error {
	bots, err := botsOf(ctx, f.incus)
	if err != nil {
		return err
	}
	remove := []string{"delete", "--force"}
	for name := range bots {
		remove = append(remove, name)
	}
	if len(bots) > 0 {
		if _, err := f.incus.Run(ctx, remove...); err != nil {
			return err
		}
	}
	for range scriptLeast {
		if err := f.call(ctx, "scale_up"); err != nil {
			return err
		}
	}
	err = poll(ctx, func(ctx context.Context) (bool, error) {
		names, err := unanswering(ctx, f.incus)
		return len(names) == 0, err
	})
	if err != nil {
		return fmt.Errorf("wait for the first bots: %w", err)
	}
	if err := f.call(ctx, "update_load_balancer"); err != nil {
		return err
	}
	return os.Remove(filepath.Join(f.folder, "last_scale_time"))
}

// killed kills the script in the middle of a scale-up, starts it again, and returns what is half made after a while.
func (f *documentFleet) killed(ctx context.Context) ([]string, error) {
	if err := f.loops[len(f.loops)-1].stop(); err != nil {
		return nil, err
	}
	if err := errors.Join(f.renew(ctx), f.tell(true)); err != nil {
		return nil, err
	}
	loop, err := f.run("cpu")
	if err != nil {
		return nil, err
	}
	if err := poll(ctx, func(context.Context) (bool, error) { return loop.said("Scaling up") }); err != nil {
		return nil, fmt.Errorf("wait for a scale-up: %w", err)
	}
	if err := sleep(ctx, killAfter); err != nil {
		return nil, err
	}
	if err := loop.kill(); err != nil {
		return nil, err
	}
	if _, err := f.run("cpu"); err != nil {
		return nil, err
	}
	if err := sleep(ctx, repairTime-silence); err != nil {
		return nil, err
	}
	return silent(ctx, f.incus)
}

// environment is what the script is told; it reads the CPU from a file of the folder, or as in the document.
func (f *documentFleet) environment(cpu string) []string {
	if cpu != "" {
		cpu = filepath.Join(f.folder, cpu)
	}
	admin, _, _ := strings.Cut(f.caddy.AdminListen(), "|")
	return append(os.Environ(),
		"PROJECT="+f.incus.Project, "IMAGE=botcluster-bot", "FOLDER="+f.folder, "CADDY="+f.binary, "CADDY_ADMIN="+admin, "CPU_FILE="+cpu,
		fmt.Sprintf("MIN_INSTANCES=%d", scriptLeast), fmt.Sprintf("MAX_INSTANCES=%d", scriptMost),
		fmt.Sprintf("CPU_THRESHOLD=%d", scriptThreshold), "CPU_ALLOWANCE="+scriptAllowance,
		fmt.Sprintf("SCALE_COOLDOWN=%.0f", scriptCooldown.Seconds()), fmt.Sprintf("CHECK_INTERVAL=%.0f", scriptInterval.Seconds()),
		fmt.Sprintf("DRAIN_SECONDS=%.0f", scriptDrain.Seconds()), "HEALTH_INTERVAL="+scriptProbe.String(),
	)
}

// stop ends what was started here; the bots go with the project.
func (f *documentFleet) stop() error {
	var errs []error
	for _, loop := range f.loops {
		errs = append(errs, loop.stop())
	}
	if f.caddy != nil {
		errs = append(errs, f.caddy.Stop())
	}
	return errors.Join(append(errs, os.RemoveAll(f.folder))...)
}
