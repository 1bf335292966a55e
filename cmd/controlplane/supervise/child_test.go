package supervise_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"

	"github.com/generalbots/botcluster-operator/cmd/controlplane/supervise"
)

var _ = Describe("A child", func() {
	var (
		process supervise.Process
		output  *gbytes.Buffer
		events  chan supervise.Event
	)

	BeforeEach(func() {
		output = gbytes.NewBuffer()
		events = make(chan supervise.Event, 100)
		process = supervise.Process{
			Name:       "stand-in",
			Executable: "/bin/sh",
			Dir:        GinkgoT().TempDir(),
			Output:     output,
			StopWithin: 10 * time.Second,
			Backoff:    supervise.Backoff{First: 10 * time.Millisecond, Most: 40 * time.Millisecond, Lasting: time.Minute},
			Report:     func(event supervise.Event) { events <- event },
		}
	})

	start := func(script string) *supervise.Child {
		process.Arguments = []string{"-c", script}
		child := supervise.Start(context.Background(), process)
		DeferCleanup(child.Stop)
		return child
	}

	next := func() supervise.Event {
		GinkgoHelper()
		var event supervise.Event
		Eventually(events, "10s").Should(Receive(&event))
		return event
	}

	It("runs under its name, in its folder, with its environment and nothing of ours", func() {
		GinkgoT().Setenv("OURS", "secret")
		process.Env = []string{"ITS=own"}
		start(`echo "$0|$(pwd)|$ITS|$OURS|"; exec sleep 60`)
		Eventually(output, "10s").Should(gbytes.Say(`stand-in\|%s\|own\|\|`, process.Dir))
	})

	It("inherits nothing when it has no environment at all", func() {
		GinkgoT().Setenv("OURS", "secret")
		start(`echo "[$OURS]"; exec sleep 60`)
		Eventually(output, "10s").Should(gbytes.Say(`\[\]`))
	})

	It("is started again each time it dies, later each time", func() {
		start("exit 3")
		var waits []time.Duration
		for range 3 {
			Expect(next().State).To(Equal(supervise.Started))
			died := next()
			Expect(died.State).To(Equal(supervise.Exited))
			Expect(died.Err).To(MatchError("exit status 3"))
			waits = append(waits, died.Within)
		}
		Expect(waits).To(Equal([]time.Duration{10 * time.Millisecond, 20 * time.Millisecond, 40 * time.Millisecond}))
	})

	It("is started again when it ends without an error, as it was not told to", func() {
		start("exit 0")
		Expect(next().State).To(Equal(supervise.Started))
		Expect(next()).To(And(HaveField("State", supervise.Exited), HaveField("Err", MatchError("exit status 0"))))
		Expect(next().State).To(Equal(supervise.Started))
	})

	It("says why when it cannot be started", func() {
		process.Executable = filepath.Join(process.Dir, "absent")
		start("")
		Expect(next()).To(And(HaveField("State", supervise.Exited), HaveField("Err", MatchError(os.ErrNotExist))))
	})

	It("comes back when it is killed, and is ready again", func() {
		process.Ready = func(context.Context) error { return nil }
		child := start("exec sleep 60")
		first := next()
		Expect(next().State).To(Equal(supervise.Ready))
		Eventually(child.Ready(), "10s").Should(BeClosed())
		Expect(syscall.Kill(first.PID, syscall.SIGKILL)).To(Succeed())
		Expect(next()).To(And(HaveField("State", supervise.Exited), HaveField("Err", MatchError("signal: killed"))))
		second := next()
		Expect(second.State).To(Equal(supervise.Started))
		Expect(second.PID).NotTo(Equal(first.PID))
		Expect(next().State).To(Equal(supervise.Ready))
	})

	It("is not ready before it says so", func() {
		agree := make(chan struct{})
		process.Ready = func(ctx context.Context) error {
			select {
			case <-agree:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		child := start("exec sleep 60")
		Expect(next().State).To(Equal(supervise.Started))
		Consistently(child.Ready(), "100ms").ShouldNot(BeClosed())
		close(agree)
		Expect(next().State).To(Equal(supervise.Ready))
		Eventually(child.Ready(), "10s").Should(BeClosed())
	})

	It("is not called ready when it dies before", func() {
		process.Ready = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		child := start("exit 1")
		Expect(next().State).To(Equal(supervise.Started))
		Expect(next().State).To(Equal(supervise.Exited))
		Expect(child.Ready()).NotTo(BeClosed())
	})

	It("ends itself when it is told to stop", func() {
		child := start(`trap 'echo leaving; exit 0' TERM; echo here; while :; do sleep 0.01; done`)
		Eventually(output, "10s").Should(gbytes.Say("here"))
		child.Stop()
		Expect(output).To(gbytes.Say("leaving"))
		started := next()
		Expect(next().State).To(Equal(supervise.Stopped))
		Expect(gone(started.PID)).To(BeTrue())
	})

	It("is killed when it will not stop", func() {
		process.StopWithin = 100 * time.Millisecond
		child := start(`trap '' TERM; echo here; while :; do sleep 0.01; done`)
		Eventually(output, "10s").Should(gbytes.Say("here"))
		child.Stop()
		Expect(gone(next().PID)).To(BeTrue())
	})

	It("is stopped when its context ends", func(ctx context.Context) {
		ctx, cancel := context.WithCancel(ctx)
		process.Arguments = []string{"60"}
		process.Executable = "/bin/sleep"
		DeferCleanup(supervise.Start(ctx, process).Stop)
		Expect(next().State).To(Equal(supervise.Started))
		cancel()
		Expect(next().State).To(Equal(supervise.Stopped))
	})

	It("stays stopped when it was waiting to be started again", func() {
		process.Backoff.First = time.Hour
		child := start("exit 1")
		Expect(next().State).To(Equal(supervise.Started))
		Expect(next().State).To(Equal(supervise.Exited))
		child.Stop()
		Expect(next().State).To(Equal(supervise.Stopped))
		Expect(events).To(BeEmpty())
	})
})

// gone says whether a process was waited for: it is not even a zombie.
func gone(pid int) bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }
