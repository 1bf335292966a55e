package command

import (
	"context"
	"fmt"
	"net/netip"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/generalbots/botcluster-operator/cmd/controlplane/serve"
)

const serveHelp = `Run etcd, kube-apiserver and kube-controller-manager (garbage collection, namespaces, service accounts, aggregated
roles), restart what dies, and write a kubeconfig for the administrator once the API server is ready. The data directory
keeps everything; a later run continues with it, also after a crash.

SIGTERM and Ctrl-C stop all in order. One line per transition goes to stderr, and what the components write to DIR/log.`

func newServe() *cobra.Command {
	var options serve.Options
	var bind, serviceRange string
	command := &cobra.Command{
		Use:     "serve --data-dir DIR",
		Short:   "Run a control plane and keep it running",
		Long:    serveHelp,
		Example: "  controlplane serve --data-dir /var/lib/botcluster/controlplane\n  controlplane serve --data-dir /tmp/plane --port 0",
		Args:    cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			if err := parseAddresses(&options, bind, serviceRange); err != nil {
				return err
			}
			// Whatever a component makes is for its owner only, beside the data directory being closed.
			syscall.Umask(0o077)
			ctx, restore := signal.NotifyContext(command.Context(), syscall.SIGTERM, syscall.SIGINT)
			defer restore()
			context.AfterFunc(ctx, restore) // a second signal ends the command at once, and the kernel its components with it
			options.Messages = command.ErrOrStderr()
			return serve.Run(ctx, options)
		},
	}
	flags := command.Flags()
	flags.StringVar(&options.DataDir, "data-dir", "", "`folder` of the data and the certificates; made when absent, and closed to other users")
	flags.StringVar(&bind, "bind-address", "127.0.0.1", "`address` the API server listens on; 0.0.0.0 for all")
	flags.Uint16Var(&options.Port, "port", 6443, "`port` of the API server; 0 for a free one, chosen once and kept")
	flags.StringVar(&options.Kubeconfig, "kubeconfig", "", "`file` the administrator's kubeconfig is written to (default DIR/kubeconfig)")
	flags.StringVar(&serviceRange, "service-cluster-ip-range", "10.0.0.0/24", "`addresses` given to Services; not to be changed later")
	flags.DurationVar(&options.StartTimeout, "start-timeout", 3*time.Minute, "how `long` each component may take to become ready at the start")
	markRequired(command, "data-dir")
	return command
}

func parseAddresses(options *serve.Options, bind, serviceRange string) (err error) {
	if options.BindAddress, err = netip.ParseAddr(bind); err != nil {
		return fmt.Errorf("--bind-address %q is no IP address: %w", bind, err)
	}
	if options.ServiceRange, err = netip.ParsePrefix(serviceRange); err != nil {
		return fmt.Errorf("--service-cluster-ip-range %q is no range such as 10.0.0.0/24: %w", serviceRange, err)
	}
	return nil
}

// markRequired panics for a flag that does not exist, which is a mistake in this package and shows in its first test.
func markRequired(command *cobra.Command, flag string) {
	if err := command.MarkFlagRequired(flag); err != nil {
		panic(err)
	}
}
