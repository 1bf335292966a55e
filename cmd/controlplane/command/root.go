package command

import "github.com/spf13/cobra"

// New makes the command "controlplane". The version is what --version prints after the name.
func New(version string) *cobra.Command {
	root := &cobra.Command{
		Use:           "controlplane",
		Short:         "A whole Kubernetes control plane in one file",
		Version:       version,
		SilenceUsage:  true, // an error is one sentence, not a page of flags
		SilenceErrors: true, // main prints it
		CompletionOptions: cobra.CompletionOptions{
			HiddenDefaultCmd: true,
		},
	}
	root.AddCommand(newServe(), newWait(), newLinks())
	return root
}
