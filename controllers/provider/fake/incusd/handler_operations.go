package incusd

import (
	"net/http"
	"strconv"
	"time"

	incusapi "github.com/lxc/incus/v6/shared/api"
)

func operationsGet(s *Server, r *request) reply {
	project, err := r.scope()
	if err != nil {
		return failed(err)
	}
	operations := s.world.Operations(project)
	for status, group := range operations {
		shown := group[:0]
		for _, op := range group {
			if r.caller.MayUse(r.project()) == nil {
				shown = append(shown, op)
			}
		}
		operations[status] = shown
	}
	if r.recursion() > 0 {
		return ok(operations)
	}
	addresses := map[string][]string{}
	for status, group := range operations {
		for _, op := range group {
			addresses[status] = append(addresses[status], within("", "operations", op.ID))
		}
	}
	return ok(addresses)
}

func operationGet(s *Server, r *request) reply {
	op, err := s.world.Operation(r.PathValue("name"))
	return orFailed(err, ok(op))
}

func operationDelete(s *Server, r *request) reply {
	return orFailed(s.world.CancelOperation(r.PathValue("name")), empty())
}

// operationWait sends the head of the answer at once and the body when the operation is over, as the daemon does: a
// client whose time-out is on the head does not give up.
func operationWait(s *Server, r *request) reply {
	seconds := -1
	if text := r.URL.Query().Get("timeout"); text != "" {
		var err error
		if seconds, err = strconv.Atoi(text); err != nil {
			return failed(err)
		}
	}
	if _, err := s.world.Operation(r.PathValue("name")); err != nil {
		return failed(err)
	}
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusOK)
		if err := http.NewResponseController(w).Flush(); err != nil {
			return
		}
		op, err := s.world.WaitOperation(r.Context(), r.PathValue("name"), time.Duration(seconds)*time.Second)
		if err != nil || r.Context().Err() != nil {
			panic(http.ErrAbortHandler) // the head is out: all that is left is to break off
		}
		writeBody(w, incusapi.ResponseRaw{
			Type: incusapi.SyncResponse, Status: incusapi.Success.String(), StatusCode: int(incusapi.Success), Metadata: op,
		})
	}
}
