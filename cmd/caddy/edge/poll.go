package edge

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// longestWait caps ?wait=: a reader that went away without a trace is not waited for longer.
const longestWait = time.Minute

// awaitChange holds the request back as ?wait= and ?after= ask.
func awaitChange(w http.ResponseWriter, r *http.Request) error {
	wait, after, err := waitFromQuery(r.URL.Query())
	if err != nil {
		return refusal(http.StatusBadRequest, err)
	}
	if wait == 0 {
		return nil
	}
	// The admin server's read time-out of 10 s would end the request's context in the middle of a longer wait.
	if err := http.NewResponseController(w).SetReadDeadline(time.Time{}); err != nil {
		return fmt.Errorf("preparing to wait: %w", err)
	}
	ctx, cancel := context.WithTimeout(r.Context(), wait)
	defer cancel()
	shared.Wait(ctx, after)
	return nil
}

// waitFromQuery reads how long to wait (0: not at all) and after which change.
func waitFromQuery(query url.Values) (wait time.Duration, after uint64, err error) {
	if text := query.Get("wait"); text != "" {
		if wait, err = time.ParseDuration(text); err != nil || wait < 0 {
			return 0, 0, fmt.Errorf("wait: %q is no duration; write one such as 30s", text)
		}
	}
	if text := query.Get("after"); text != "" {
		if after, err = strconv.ParseUint(text, 10, 64); err != nil {
			return 0, 0, fmt.Errorf("after: %q is no number; write the \"change\" of the document read last", text)
		}
	}
	return min(wait, longestWait), after, nil
}
