package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "botserver:", err)
		os.Exit(1)
	}
}

// run dispatches the subcommand; without one the server runs until it is told to stop.
func run(arguments []string) error {
	identity, err := identityFromEnvironment(os.LookupEnv)
	if err != nil {
		return err
	}
	if len(arguments) == 0 {
		return serve(identity)
	}
	if arguments[0] != "drain" {
		return fmt.Errorf("unknown subcommand %q: the only one is drain", arguments[0])
	}
	flags := flag.NewFlagSet("drain", flag.ContinueOnError)
	wait := flags.Duration("wait", 0, "how long to wait until nothing is in hand, e.g. 30s")
	if err := flags.Parse(arguments[1:]); err != nil {
		return fmt.Errorf("reading the flags of drain: %w", err)
	}
	return drain(context.Background(), http.DefaultClient, "http://127.0.0.1:"+identity.Port, *wait)
}

func serve(identity Identity) error {
	settings, err := settingsFromEnvironment(os.LookupEnv)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	return listenAndServe(ctx, ":"+identity.Port, newBot(identity.Name, settings))
}
