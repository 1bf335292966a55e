package pool

import (
	"net/url"
	"regexp"
	"strings"
	"time"
)

// LargestPool is the most members that a push may hold.
const LargestPool = 5000

// Limits of a probe: below the shortest interval a pool of LargestPool members would do nothing but probe, above the longest
// a dead bot would serve for hours.
const (
	shortestInterval = 100 * time.Millisecond
	longestInterval  = time.Hour
	shortestTimeout  = 10 * time.Millisecond
	longestTimeout   = time.Minute
	mostRetries      = 100
	longestPath      = 1024
)

var (
	// revisionForm keeps the revision fit for an entity tag.
	revisionForm = regexp.MustCompile(`^[A-Za-z0-9._:/+=-]{1,128}$`)
	// nameForm is that of an Incus instance.
	nameForm = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`)
)

func (p Push) validate(rules Rules) error {
	if !revisionForm.MatchString(p.Revision) {
		return invalid("revision: %q is not usable; write 1 to 128 letters, digits or ._:/+=-", shortened(p.Revision))
	}
	if err := p.Probe.validate(); err != nil {
		return err
	}
	if p.Members == nil {
		return invalid("members: the list is missing; write [] to empty the pool")
	}
	if len(p.Members) > LargestPool {
		return invalid("members: %d are too many; push at most %d", len(p.Members), LargestPool)
	}
	return validateMembers(p.Members, rules)
}

func validateMembers(members []PushedMember, rules Rules) error {
	names, addresses := make(map[string]int, len(members)), make(map[string]int, len(members))
	for i, member := range members {
		if !nameForm.MatchString(member.Name) {
			return invalid("members[%d].name: %q is no instance name; write at most 63 letters, digits and inner hyphens", i, shortened(member.Name))
		}
		if first, taken := names[member.Name]; taken {
			return invalid("members[%d].name: %q is that of members[%d]; give every member its own name", i, member.Name, first)
		}
		if err := validateAddress(member.Address, rules); err != nil {
			return invalid("members[%d].address: %w", i, err)
		}
		if first, taken := addresses[member.Address]; taken {
			return invalid("members[%d].address: %q is that of members[%d]; give every member its own address", i, member.Address, first)
		}
		if member.State != Active && member.State != Draining {
			return invalid("members[%d].state: %q is unknown; write active or draining, or leave the member out to remove it",
				i, shortened(string(member.State)))
		}
		names[member.Name], addresses[member.Address] = i, i
	}
	return nil
}

func (p Probe) validate() error {
	if err := validatePath(p.Path); err != nil {
		return err
	}
	if p.Scheme != "http" && p.Scheme != "https" {
		return invalid("probe.scheme: %q is unknown; write http or https", shortened(p.Scheme))
	}
	if interval := time.Duration(p.Interval); interval < shortestInterval || interval > longestInterval {
		return invalid("probe.interval: %s is out of range; write %s to %s", interval, shortestInterval, longestInterval)
	}
	if timeout := time.Duration(p.Timeout); timeout < shortestTimeout || timeout > longestTimeout {
		return invalid("probe.timeout: %s is out of range; write %s to %s", timeout, shortestTimeout, longestTimeout)
	}
	if p.Retries < 1 || p.Retries > mostRetries {
		return invalid("probe.retries: %d is out of range; write 1 to %d", p.Retries, mostRetries)
	}
	return nil
}

func validatePath(path string) error {
	parsed, err := url.ParseRequestURI(path)
	if err != nil || !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || parsed.Host != "" ||
		strings.Contains(path, "#") || len(path) > longestPath {
		return invalid("probe.path: %q is no path; write one that begins with a single /, such as /api/health", shortened(path))
	}
	return nil
}

// shortened keeps a refusal readable when the refused value is not.
func shortened(value string) string {
	const longest = 80
	if len(value) <= longest {
		return value
	}
	return value[:longest] + "…"
}
