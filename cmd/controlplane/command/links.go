package command

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/generalbots/botcluster-operator/cmd/controlplane/arguments"
)

const linksHelp = `Make links to this program under the names of its components. A folder that holds them serves envtest:

  KUBEBUILDER_ASSETS=DIR go test ./...

Links that controlplane made earlier are replaced; anything else of these names is left alone, and reported.`

func newLinks() *cobra.Command {
	var folder string
	command := &cobra.Command{
		Use:   "links --dir DIR",
		Short: "Make links named etcd, kube-apiserver, kube-controller-manager and kubectl",
		Long:  linksHelp,
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			program, err := os.Executable()
			if err != nil {
				return fmt.Errorf("find this program: %w", err)
			}
			return makeLinks(program, folder)
		},
	}
	command.Flags().StringVar(&folder, "dir", "", "`folder` for the links; made when absent")
	markRequired(command, "dir")
	return command
}

func makeLinks(program, folder string) error {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // programs are for everybody
		return fmt.Errorf("make the folder of the links: %w", err)
	}
	target := program
	if filepath.Dir(program) == folder {
		target = filepath.Base(program) // so that the folder can be moved
	}
	for _, name := range []string{arguments.Etcd, arguments.APIServer, arguments.ControllerManager, arguments.Kubectl} {
		if err := link(target, filepath.Join(folder, name)); err != nil {
			return err
		}
	}
	return nil
}

// link makes a link, or turns one of ours in one step to the new target.
func link(target, path string) error {
	have, err := os.Readlink(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return os.Symlink(target, path)
	case err != nil, filepath.Base(have) != filepath.Base(target):
		return fmt.Errorf("%q exists and is no link of ours; remove it, or choose another --dir", path)
	case have == target:
		return nil
	}
	upcoming := fmt.Sprintf("%s.%d", path, os.Getpid())
	if err := os.Symlink(target, upcoming); err != nil {
		return err
	}
	return os.Rename(upcoming, path)
}
