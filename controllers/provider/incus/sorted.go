package incus

import (
	"slices"
	"strings"
)

// sortedNames is a set of names in which a prefix is a range.
type sortedNames struct{ names []string }

func (s *sortedNames) insert(name string) {
	if at, found := slices.BinarySearch(s.names, name); !found {
		s.names = slices.Insert(s.names, at, name)
	}
}

func (s *sortedNames) remove(name string) {
	if at, found := slices.BinarySearch(s.names, name); found {
		s.names = slices.Delete(s.names, at, at+1)
	}
}

// under returns a copy of the names that begin with the prefix.
func (s *sortedNames) under(prefix string) []string {
	from, _ := slices.BinarySearch(s.names, prefix)
	to := from
	for to < len(s.names) && strings.HasPrefix(s.names[to], prefix) {
		to++
	}
	return slices.Clone(s.names[from:to])
}
