package pool

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// LargestPush bounds a push in bytes: LargestPool members with the longest names and addresses fit.
const LargestPush = 2 << 20

// ErrInvalid is wrapped by every refusal of a push. The text says what is wrong, where, and what to write instead.
var ErrInvalid = errors.New("the pool was not changed")

func invalid(format string, values ...any) error {
	return fmt.Errorf("%w: %w", ErrInvalid, fmt.Errorf(format, values...))
}

// Rules are what a push is checked against beyond its form.
type Rules struct {
	// LoopbackMembers allows addresses such as 127.0.0.1. At an edge in a container that is the edge itself.
	LoopbackMembers bool
}

// DecodePush reads and checks a push. Unknown keys, anything after the object, and values out of range are refused.
func DecodePush(data []byte, rules Rules) (Push, error) {
	if len(data) > LargestPush {
		return Push{}, invalid("the document is longer than %d bytes; push at most %d members", LargestPush, LargestPool)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var push Push
	if err := decoder.Decode(&push); err != nil {
		return Push{}, invalid("reading the document: %w; see the example of a push for the keys and types", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Push{}, invalid("something follows the document; send one JSON object")
	}
	if push.Probe.Scheme == "" {
		push.Probe.Scheme = "http"
	}
	if err := push.validate(rules); err != nil {
		return Push{}, err
	}
	return push, nil
}
