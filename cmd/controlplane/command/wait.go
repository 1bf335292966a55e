package command

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/generalbots/botcluster-operator/cmd/controlplane/readiness"
)

func newWait() *cobra.Command {
	var kubeconfig string
	var timeout time.Duration
	command := &cobra.Command{
		Use:   "wait --kubeconfig FILE",
		Short: "Return when the API server is ready",
		Long: "Return when the API server of a kubeconfig answers /readyz with ok, or with an error after the timeout.\n" +
			"The file may still be to come.",
		Args: cobra.NoArgs,
		RunE: func(command *cobra.Command, _ []string) error {
			ctx, cancel := context.WithTimeout(command.Context(), timeout)
			defer cancel()
			if err := readiness.Until(ctx, func(ctx context.Context) error { return askServerOf(ctx, kubeconfig) }); err != nil {
				return fmt.Errorf("after %s: %w", timeout, err)
			}
			return nil
		},
	}
	command.Flags().StringVar(&kubeconfig, "kubeconfig", "", "kubeconfig `file`")
	command.Flags().DurationVar(&timeout, "timeout", 2*time.Minute, "how `long` to wait")
	markRequired(command, "kubeconfig")
	return command
}

func askServerOf(ctx context.Context, kubeconfig string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	return readiness.APIServer(ctx, config)
}
