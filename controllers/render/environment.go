package render

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// EnvironmentFile holds the variables of a bot: the path is the scaling document's.
	EnvironmentFile = "/opt/gbo/conf/botserver.env"

	// longestAssignment is what Linux takes as one NAME=value with its closing NUL (MAX_ARG_STRLEN, 32 pages of 4 KiB).
	longestAssignment = 128 << 10
	// largestEnvironment is half of what Linux takes for all variables and arguments of a program together (a quarter of
	// the usual 8 MiB stack), so that the variables leave room for the arguments and for what the unit adds.
	largestEnvironment = 1 << 20
)

var variableName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// What a variable cannot be.
var (
	// ErrVariableName says that a name is not made of letters, digits and _, or begins with a digit.
	ErrVariableName = errors.New("the name of a variable must be letters, digits and _ and not begin with a digit")
	// ErrVariableValue says that a value is not UTF-8 text or holds a NUL, which no process can be given by systemd.
	ErrVariableValue = errors.New("the value of a variable must be UTF-8 text without NUL")
	// ErrEnvironmentSize says that Linux would refuse to start a program with such variables.
	ErrEnvironmentSize = errors.New("variables are limited to 128 KiB each and 1 MiB together")
)

// Environment renders variables in the syntax of systemd's EnvironmentFile=, sorted by name. Errors name the variable and
// never its value.
func Environment(variables map[string]string) ([]byte, error) {
	names := make([]string, 0, len(variables))
	total := 0
	for name, value := range variables {
		if err := checkVariable(name, value); err != nil {
			return nil, fmt.Errorf("variable %q: %w", name, err)
		}
		total += len(name) + len(value) + len("=\x00")
		names = append(names, name)
	}
	if total > largestEnvironment {
		return nil, fmt.Errorf("%d variables: %w", len(variables), ErrEnvironmentSize)
	}
	slices.Sort(names)
	var text strings.Builder
	text.WriteString("# Written by the botcluster operator. Change bot.env and bot.envFrom of the BotCluster instead.\n")
	for _, name := range names {
		text.WriteString(name + "=" + quoteEnvironmentValue(variables[name]) + "\n")
	}
	return []byte(text.String()), nil
}

func checkVariable(name, value string) error {
	switch {
	case !variableName.MatchString(name):
		return ErrVariableName
	case !utf8.ValidString(value) || strings.ContainsRune(value, 0):
		return ErrVariableValue
	case len(name)+len(value)+len("=\x00") > longestAssignment:
		return ErrEnvironmentSize
	}
	return nil
}

// environmentEscapes are the characters that a backslash takes the meaning of inside double quotes.
var environmentEscapes = strings.NewReplacer(`"`, `\"`, `\`, `\\`, `$`, `\$`, "`", "\\`")

// quoteEnvironmentValue puts a value between double quotes, by the rules of systemd.exec(5), EnvironmentFile=, and
// systemd's src/basic/env-file.c:
//   - Between double quotes everything stands for itself, line breaks, blanks, # and single quotes too, but for the
//     double quote that ends it and the backslash.
//   - A backslash before one of " \ $ ` stands for that character. (One before a line break drops both, one before
//     anything else stays: neither is written here.)
//   - Nothing is expanded; escaping $ and ` lets a shell read the same file.
func quoteEnvironmentValue(value string) string {
	return `"` + environmentEscapes.Replace(value) + `"`
}
