package serve

import (
	"context"
	"os"
	"time"

	"gopkg.in/natefinch/lumberjack.v2"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/generalbots/botcluster-operator/cmd/controlplane/arguments"
	"github.com/generalbots/botcluster-operator/cmd/controlplane/readiness"
	"github.com/generalbots/botcluster-operator/cmd/controlplane/supervise"
)

const (
	// executable is this very program, also after its file was replaced by a newer one.
	executable = "/proc/self/exe"

	// A log keeps one predecessor, so it takes at most twice this much, in megabytes.
	logMegabytes = 10
)

// restarts: soon after the first death, as a crash is rare and a client waits; seldom for a component that cannot run at all.
var restarts = supervise.Backoff{First: 200 * time.Millisecond, Most: 15 * time.Second, Lasting: time.Minute}

// stage is one component, and what is done once it is ready.
type stage struct {
	process supervise.Process
	then    func() error
}

// stages in the order in which they start; they stop in the reverse order.
func (p *plane) stages() []stage {
	return []stage{
		{process: p.process(arguments.Etcd, arguments.ForEtcd(p.settings), p.etcdReady, 10*time.Second)},
		// The API server lets the requests that it has taken finish.
		{process: p.process(arguments.APIServer, arguments.ForAPIServer(p.settings), p.apiServerReady, 20*time.Second), then: p.publish},
		{process: p.process(arguments.ControllerManager, arguments.ForControllerManager(p.settings), nil, 5*time.Second)},
	}
}

func (p *plane) process(name string, list []string, ready func(context.Context) error, stopWithin time.Duration) supervise.Process {
	return supervise.Process{
		Name:       name,
		Executable: executable,
		Arguments:  list,
		Dir:        p.dir.Run(),
		Env:        environment(),
		Output:     &lumberjack.Logger{Filename: p.dir.Log(name), MaxSize: logMegabytes, MaxBackups: 1},
		Ready:      ready,
		StopWithin: stopWithin,
		Backoff:    restarts,
		Report:     p.report,
	}
}

func (p *plane) report(event supervise.Event) {
	if event.State == supervise.Exited {
		p.out.sayf("%s; see %s", event, p.dir.Log(event.Process))
		return
	}
	p.out.sayf("%s", event)
}

func (p *plane) etcdReady(ctx context.Context) error {
	return readiness.Until(ctx, func(ctx context.Context) error {
		return readiness.Etcd(ctx, p.dir.Run(), arguments.ClientSocket)
	})
}

func (p *plane) apiServerReady(ctx context.Context) error {
	return readiness.Until(ctx, func(ctx context.Context) error {
		content, err := p.adminKubeconfig()
		if err != nil {
			return err
		}
		config, err := clientcmd.RESTConfigFromKubeConfig(content)
		if err != nil {
			return err
		}
		return readiness.APIServer(ctx, config)
	})
}

// environment is what the components get of ours: only how the Go runtime is to spend memory and processors. All else would change
// them behind our back: etcd takes ETCD_… as flags, and the API server's calls to webhooks follow the proxy variables.
func environment() []string {
	var kept []string
	for _, name := range []string{"GOGC", "GOMEMLIMIT", "GOMAXPROCS"} {
		if value, set := os.LookupEnv(name); set {
			kept = append(kept, name+"="+value)
		}
	}
	return kept
}
