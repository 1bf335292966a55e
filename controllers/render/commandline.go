package render

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

var (
	// ErrArgument says that an argument is not UTF-8 text or holds a NUL.
	ErrArgument = errors.New("an argument must be UTF-8 text without NUL")
	// ErrProgram says that a command does not begin with the absolute path of a program.
	ErrProgram = errors.New("a command must begin with the absolute path of a program, such as /opt/gbo/bin/botserver")

	programPath   = regexp.MustCompile(`^(/[A-Za-z0-9._+-]+)+$`)
	plainArgument = regexp.MustCompile(`^[A-Za-z0-9_./:=,@+-]+$`)
)

// commandLine renders a command for ExecStart=. Errors name the position of the argument and not its text.
func commandLine[T ~string](command []T) (string, error) {
	if len(command) == 0 || !programPath.MatchString(string(command[0])) {
		return "", ErrProgram
	}
	words := make([]string, 0, len(command))
	for i, argument := range command {
		if !utf8.ValidString(string(argument)) || strings.ContainsRune(string(argument), 0) {
			return "", fmt.Errorf("argument %d: %w", i, ErrArgument)
		}
		words = append(words, quoteArgument(string(argument)))
	}
	return strings.Join(words, " "), nil
}

// quoteArgument quotes one argument by the rules of systemd.service(5), "Command lines", and systemd.syntax(7), "Quoting":
//   - Between double quotes blanks, #, ; and single quotes stand for themselves; backslash escapes are those of C, and an
//     unknown one makes systemd ignore the line. Here: \" \\ and \xHH for control characters, line breaks among them.
//   - % begins a specifier and $ a variable, inside quotes too: they are doubled.
func quoteArgument(argument string) string {
	if plainArgument.MatchString(argument) {
		return argument
	}
	var quoted strings.Builder
	quoted.WriteByte('"')
	for _, character := range argument {
		switch {
		case character == '"' || character == '\\':
			quoted.WriteByte('\\')
			quoted.WriteRune(character)
		case character == '%' || character == '$':
			quoted.WriteRune(character)
			quoted.WriteRune(character)
		case character < ' ' || character == 0x7f:
			fmt.Fprintf(&quoted, `\x%02x`, character)
		default:
			quoted.WriteRune(character)
		}
	}
	quoted.WriteByte('"')
	return quoted.String()
}
