package incusd

import (
	"encoding/json"
	"fmt"
	"net/http"

	incusapi "github.com/lxc/incus/v6/shared/api"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

// reply writes the answer of a handler.
type reply func(w http.ResponseWriter)

// ok is an answer with metadata.
func ok(metadata any) reply { return okETag(metadata, "") }

// okETag is an answer with metadata and an ETag.
func okETag(metadata any, etag string) reply {
	return func(w http.ResponseWriter) {
		if etag != "" {
			w.Header().Set("ETag", fmt.Sprintf("%q", etag))
		}
		writeJSON(w, http.StatusOK, incusapi.ResponseRaw{
			Type: incusapi.SyncResponse, Status: incusapi.Success.String(), StatusCode: int(incusapi.Success), Metadata: metadata,
		})
	}
}

// okJSON is an answer whose metadata are JSON already. They are not looked at again: a list has tens of megabytes.
func okJSON(metadata []byte) reply {
	return func(w http.ResponseWriter) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusOK)
		for _, part := range [][]byte{
			[]byte(`{"type":"sync","status":"Success","status_code":200,"operation":"","error_code":0,"error":"","metadata":`),
			metadata, []byte("}\n"),
		} {
			if _, err := w.Write(part); err != nil {
				return // the caller is gone
			}
		}
	}
}

// empty is the answer to a change that is done.
func empty() reply { return ok(map[string]any{}) }

// created is the answer to something new, with its place.
func created(location string) reply {
	return func(w http.ResponseWriter) {
		w.Header().Set("Location", location)
		writeJSON(w, http.StatusCreated, incusapi.ResponseRaw{
			Type: incusapi.SyncResponse, Status: incusapi.Success.String(), StatusCode: int(incusapi.Success),
		})
	}
}

// started is the answer to what goes on in the background.
func started(op incusapi.Operation) reply {
	return func(w http.ResponseWriter) {
		url := "/1.0/operations/" + op.ID
		w.Header().Set("Location", url)
		writeJSON(w, http.StatusAccepted, incusapi.ResponseRaw{
			Type: incusapi.AsyncResponse, Status: incusapi.OperationCreated.String(), StatusCode: int(incusapi.OperationCreated),
			Operation: url, Metadata: op,
		})
	}
}

// failed is the answer to what went wrong.
func failed(err error) reply { return refused(fake.StatusOf(err), err.Error()) }

func refused(code int, message string) reply {
	return func(w http.ResponseWriter) {
		writeJSON(w, code, incusapi.ResponseRaw{Type: incusapi.ErrorResponse, Error: message, Code: code})
	}
}

// orFailed is what the handlers that only change something end with.
func orFailed(err error, done reply) reply {
	if err != nil {
		return failed(err)
	}
	return done
}

// either answers with an operation, or with why there is none.
func either(op incusapi.Operation, err error) reply {
	if err != nil {
		return failed(err)
	}
	return started(op)
}

func writeJSON(w http.ResponseWriter, code int, body incusapi.ResponseRaw) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	writeBody(w, body)
}

// writeBody writes JSON as the daemon does, without escapes for HTML.
func writeBody(w http.ResponseWriter, body incusapi.ResponseRaw) {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(body); err != nil {
		return // the caller is gone
	}
}
