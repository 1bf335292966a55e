package render_test

import (
	"fmt"
	"strconv"
	"strings"
)

// readEnvironmentFile reads a file as systemd reads an EnvironmentFile= (src/basic/env-file.c, parse_env_file_internal):
// a machine of states over single characters.
func readEnvironmentFile(content string) (map[string]string, error) {
	reader := environmentReader{variables: map[string]string{}, state: beforeName}
	for _, character := range []byte(content) {
		reader.read(character)
	}
	reader.read('\n')
	if reader.state != beforeName {
		return nil, fmt.Errorf("the file ends inside of a value (state %d)", reader.state)
	}
	return reader.variables, nil
}

type environmentState int

const (
	beforeName environmentState = iota
	inName
	beforeValue
	inValue
	escapedInValue
	inSingleQuotes
	inDoubleQuotes
	escapedInDoubleQuotes
	inComment
	escapedInComment
)

type environmentReader struct {
	variables   map[string]string
	state       environmentState
	name, value strings.Builder
	trailing    int // blanks at the end of an unquoted value, which are dropped
}

func (r *environmentReader) read(character byte) {
	switch r.state {
	case beforeName:
		r.readBeforeName(character)
	case inName:
		r.readName(character)
	case beforeValue, inValue, escapedInValue:
		r.readValue(character)
	case inSingleQuotes:
		if character == '\'' {
			r.state = beforeValue
			return
		}
		r.value.WriteByte(character)
	case inDoubleQuotes, escapedInDoubleQuotes:
		r.readDoubleQuotes(character)
	case inComment, escapedInComment:
		r.readComment(character)
	}
}

func (r *environmentReader) readBeforeName(character byte) {
	switch {
	case character == '#' || character == ';':
		r.state = inComment
	case !isBlank(character) && !isLineEnd(character):
		r.state = inName
		r.name.WriteByte(character)
	}
}

func (r *environmentReader) readName(character byte) {
	switch {
	case isLineEnd(character): // a line without = is ignored
		r.name.Reset()
		r.state = beforeName
	case character == '=':
		r.state = beforeValue
	default:
		r.name.WriteByte(character)
	}
}

func (r *environmentReader) readValue(character byte) {
	switch {
	case r.state == escapedInValue:
		r.state = inValue
		if !isLineEnd(character) {
			r.value.WriteByte(character)
		}
		r.trailing = 0
	case isLineEnd(character):
		r.finish()
	case r.state == beforeValue && character == '\'':
		r.state = inSingleQuotes
	case r.state == beforeValue && character == '"':
		r.state = inDoubleQuotes
	case character == '\\':
		r.state = escapedInValue
	case r.state == beforeValue && isBlank(character):
	default:
		r.state = inValue
		r.value.WriteByte(character)
		r.trailing++
		if !isBlank(character) {
			r.trailing = 0
		}
	}
}

func (r *environmentReader) finish() {
	value := r.value.String()
	r.variables[strings.TrimRight(r.name.String(), " \t")] = value[:len(value)-r.trailing]
	r.name.Reset()
	r.value.Reset()
	r.trailing = 0
	r.state = beforeName
}

func (r *environmentReader) readDoubleQuotes(character byte) {
	switch {
	case r.state == escapedInDoubleQuotes:
		r.state = inDoubleQuotes
		if strings.IndexByte("\"\\`$", character) >= 0 {
			r.value.WriteByte(character)
		} else if character != '\n' {
			r.value.WriteString(`\` + string([]byte{character}))
		}
	case character == '"':
		r.state = beforeValue
	case character == '\\':
		r.state = escapedInDoubleQuotes
	default:
		r.value.WriteByte(character)
	}
}

func (r *environmentReader) readComment(character byte) {
	switch {
	case r.state == escapedInComment:
		r.state = inComment
	case character == '\\':
		r.state = escapedInComment
	case isLineEnd(character):
		r.state = beforeName
	}
}

func isBlank(character byte) bool   { return character == ' ' || character == '\t' }
func isLineEnd(character byte) bool { return character == '\n' || character == '\r' }

// readCommandLine reads an ExecStart= as systemd does: words by extract_first_word with C escapes (src/basic/extract-word.c),
// then specifiers (src/shared/specifier.c), then variables (src/basic/env-util.c, replace_env_argv) of which none is set.
func readCommandLine(line string) ([]string, error) {
	var words []string
	for rest := strings.TrimLeft(line, " \t"); rest != ""; rest = strings.TrimLeft(rest, " \t") {
		if rest == ";" || strings.HasPrefix(rest, "; ") {
			return nil, fmt.Errorf("a second command begins: %q", rest)
		}
		word, after, err := readWord(rest)
		if err != nil {
			return nil, err
		}
		rest = after
		plain, err := readSpecifiers(word)
		if err != nil {
			return nil, err
		}
		final, err := readVariables(plain)
		if err != nil {
			return nil, err
		}
		words = append(words, final)
	}
	return words, nil
}

func readWord(line string) (word, rest string, err error) {
	var text strings.Builder
	quote := byte(0)
	for i := 0; i < len(line); i++ {
		character := line[i]
		switch {
		case character == '\\':
			length, unescaped, err := readEscape(line[i+1:])
			if err != nil {
				return "", "", err
			}
			text.WriteByte(unescaped)
			i += length
		case quote != 0 && character == quote:
			quote = 0
		case quote != 0:
			text.WriteByte(character)
		case character == '"' || character == '\'':
			quote = character
		case isBlank(character):
			return text.String(), line[i:], nil
		default:
			text.WriteByte(character)
		}
	}
	if quote != 0 {
		return "", "", fmt.Errorf("a quote is not closed in %q", line)
	}
	return text.String(), "", nil
}

// readEscape knows those of C that stand for one byte; systemd refuses what is none.
func readEscape(text string) (length int, unescaped byte, err error) {
	if text == "" {
		return 0, 0, fmt.Errorf("a backslash ends the line")
	}
	if index := strings.IndexByte(`abfnrtv\"'s`, text[0]); index >= 0 {
		return 1, "\a\b\f\n\r\t\v\\\"' "[index], nil
	}
	if text[0] == 'x' && len(text) >= 3 {
		code, err := strconv.ParseUint(text[1:3], 16, 8)
		if err == nil && code != 0 {
			return 3, byte(code), nil
		}
	}
	return 0, 0, fmt.Errorf("unknown escape \\%c", text[0])
}

func readSpecifiers(word string) (string, error) {
	return readDoubled(word, '%')
}

func readVariables(word string) (string, error) {
	return readDoubled(word, '$')
}

// readDoubled takes one of two marks; a single one would be expanded.
func readDoubled(word string, mark byte) (string, error) {
	var text strings.Builder
	for i := 0; i < len(word); i++ {
		text.WriteByte(word[i])
		if word[i] != mark {
			continue
		}
		i++
		if i == len(word) || word[i] != mark {
			return "", fmt.Errorf("a single %c in %q", mark, word)
		}
	}
	return text.String(), nil
}
