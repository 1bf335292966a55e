package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"
)

// gracePeriod is how long requests in hand may take after SIGTERM, as with the real server.
const gracePeriod = 10 * time.Second

// listenAndServe serves the bot until the context ends and it has stopped gracefully.
func listenAndServe(ctx context.Context, address string, bot *Bot) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listening on %s: %w", address, err)
	}
	return serveOn(ctx, listener, bot, gracePeriod)
}

// serveOn serves until the context ends; then requests in hand have the grace period.
func serveOn(ctx context.Context, listener net.Listener, bot *Bot, grace time.Duration) error {
	server := &http.Server{Handler: bot.Handler(), ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serving on %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	// The signal has ended ctx; what is left to do must not end with it.
	ctx = context.WithoutCancel(ctx)
	pause(ctx, time.Duration(bot.settings.Load().ShutdownDelay))
	bot.close()
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("stopping: %w", err)
	}
	return nil
}
