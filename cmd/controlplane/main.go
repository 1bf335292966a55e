package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/generalbots/botcluster-operator/cmd/controlplane/command"
	"github.com/generalbots/botcluster-operator/cmd/controlplane/component"
)

func main() {
	if run, found := component.Lookup(filepath.Base(os.Args[0])); found {
		os.Exit(run())
	}
	// The components put flags of theirs, --version among them, into the process-wide set, and cobra takes that set in.
	pflag.CommandLine = pflag.NewFlagSet("controlplane", pflag.ContinueOnError)
	if err := command.New(component.Version()).Execute(); err != nil {
		fmt.Fprintln(os.Stderr, "controlplane:", err)
		os.Exit(1)
	}
}
