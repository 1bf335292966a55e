package readiness

import (
	"context"
	"fmt"
	"time"
)

// interval between two questions: a small part of the seconds that a start takes.
const interval = 200 * time.Millisecond

// Until asks until the answer is nil or the context ends; the error then holds the last answer.
func Until(ctx context.Context, ask func(context.Context) error) error {
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		err := ask(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not ready: %w", err)
		case <-ticker.C:
		}
	}
}
