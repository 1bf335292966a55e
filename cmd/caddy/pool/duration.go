package pool

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// Duration is a time.Duration that JSON holds as text such as "10s".
type Duration time.Duration

// errDuration says what a duration looks like; a bare number is refused, as it would not say its unit.
var errDuration = errors.New(`not a duration; write a number with a unit, such as "10s" or "250ms"`)

// MarshalJSON writes the form that UnmarshalJSON reads.
func (d Duration) MarshalJSON() ([]byte, error) {
	return json.Marshal(time.Duration(d).String())
}

// UnmarshalJSON reads text such as "10s".
func (d *Duration) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("%s is %w", data, errDuration)
	}
	parsed, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("%q is %w", text, errDuration)
	}
	*d = Duration(parsed)
	return nil
}
