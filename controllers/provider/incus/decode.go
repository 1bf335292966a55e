package incus

import (
	"encoding/json"
	"fmt"
)

// each decodes the next element of a list.
type each func(decoder *json.Decoder) error

// answer is the frame of every answer of Incus; its metadata goes where the caller wants it.
type answer struct{ kind, refusal string }

// decode reads an answer key by key, so that a list of thousands of instances is never in memory as text.
func decode(decoder *json.Decoder, into any) (answer, error) {
	var got answer
	if err := expect(decoder, json.Delim('{')); err != nil {
		return got, err
	}
	for decoder.More() {
		key, err := decoder.Token()
		if err != nil {
			return got, err
		}
		switch key {
		case "type":
			err = decoder.Decode(&got.kind)
		case "error":
			err = decoder.Decode(&got.refusal)
		case "metadata":
			err = decodeMetadata(decoder, into)
		default:
			err = decoder.Decode(&json.RawMessage{})
		}
		if err != nil {
			return got, err
		}
	}
	return got, expect(decoder, json.Delim('}'))
}

func decodeMetadata(decoder *json.Decoder, into any) error {
	element, list := into.(each)
	switch {
	case into == nil:
		return decoder.Decode(&json.RawMessage{})
	case !list:
		return decoder.Decode(into)
	}
	opening, err := decoder.Token()
	if err != nil || opening == nil {
		// A refusal has null for metadata.
		return err
	}
	if opening != json.Delim('[') {
		return fmt.Errorf("%v where a list begins", opening)
	}
	for decoder.More() {
		if err := element(decoder); err != nil {
			return err
		}
	}
	return expect(decoder, json.Delim(']'))
}

func expect(decoder *json.Decoder, want json.Delim) error {
	token, err := decoder.Token()
	if err == nil && token != want {
		err = fmt.Errorf("%v where %v belongs", token, want)
	}
	return err
}
