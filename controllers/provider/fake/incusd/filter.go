package incusd

import (
	"errors"
	"regexp"
	"strings"

	incusapi "github.com/lxc/incus/v6/shared/api"
)

// filter is a parsed ?filter= (Incus: internal/filter): clauses of field, operator and value joined by and, or, from left
// to right without precedence.
type filter []clause

type clause struct {
	or, not bool
	field   string
	unequal bool
	value   string
	pattern *regexp.Regexp // unless the value is a list
}

// parseFilter reads a filter; an empty one is nil.
func parseFilter(text string) (filter, error) {
	words := strings.Fields(text)
	var f filter
	or := false
	for len(words) > 0 {
		c := clause{or: or}
		if strings.EqualFold(words[0], "not") {
			c.not, words = true, words[1:]
		}
		switch len(words) {
		case 0:
			return nil, errors.New("incomplete not clause")
		case 1:
			return nil, errors.New("clause has no operator")
		case 2:
			return nil, errors.New("clause has no value")
		}
		c.field = words[0]
		switch words[1] {
		case "eq":
		case "ne":
			c.unequal = true
		default:
			return nil, errors.New("unknown operator " + words[1])
		}
		var err error
		if c.value, words, err = quoted(words[2:]); err != nil {
			return nil, err
		}
		c.compile()
		f = append(f, c)
		if len(words) == 0 {
			break
		}
		if words[0] != "and" && words[0] != "or" {
			return nil, errors.New("invalid clause composition")
		}
		or, words = words[0] == "or", words[1:]
		if len(words) == 0 {
			return nil, errors.New("unterminated compound clause")
		}
	}
	return f, nil
}

// quoted takes a value, which may be several words in double quotes, from the words.
func quoted(words []string) (string, []string, error) {
	value, isQuoted := strings.CutPrefix(words[0], `"`)
	if !isQuoted {
		return value, words[1:], nil
	}
	for at := range words {
		if at > 0 {
			value += " " + words[at]
		}
		if inner, ends := strings.CutSuffix(value, `"`); ends {
			return inner, words[at+1:], nil
		}
	}
	return "", nil, errors.New("unterminated quote")
}

// compile makes the value a pattern for the whole field unless it is a list; case does not matter.
func (c *clause) compile() {
	if strings.Contains(c.value, ",") {
		return
	}
	expression := c.value
	if !strings.ContainsAny(expression, "^$") {
		expression = "^" + expression + "$"
	}
	c.pattern, _ = regexp.Compile("(?i)" + expression) // what is no pattern is compared as it is
}

func (f filter) matches(i incusapi.Instance) bool {
	match := true
	for _, c := range f {
		fits := c.fits(fieldOf(i, c.field)) != c.unequal
		fits = fits != c.not
		if c.or {
			match = match || fits
		} else {
			match = match && fits
		}
	}
	return match
}

func (c *clause) fits(value string) bool {
	if c.pattern != nil {
		return c.pattern.MatchString(value)
	}
	for one := range strings.SplitSeq(c.value, ",") {
		if strings.EqualFold(value, one) {
			return true
		}
	}
	return false
}

// fieldOf is the value of a field as filters name it; one that is not there is empty.
func fieldOf(i incusapi.Instance, field string) string {
	head, rest, _ := strings.Cut(field, ".")
	switch head {
	case "name":
		return i.Name
	case "status":
		return i.Status
	case "project":
		return i.Project
	case "location":
		return i.Location
	case "type":
		return i.Type
	case "description":
		return i.Description
	case "architecture":
		return i.Architecture
	case "config":
		return i.Config[rest]
	case "expanded_config":
		return i.ExpandedConfig[rest]
	case "devices", "expanded_devices":
		device, key, _ := strings.Cut(rest, ".")
		if head == "devices" {
			return i.Devices[device][key]
		}
		return i.ExpandedDevices[device][key]
	}
	return ""
}
