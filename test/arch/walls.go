package arch

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Wall is what some packages may see. Paths of our own packages are relative to the module. A path that ends in "/..."
// means the package and all below it; any other means that one package.
type Wall struct {
	// Name is the rule as a sentence.
	Name string
	// Around are the packages of ours that stand inside.
	Around []string
	// Ours are the packages of this module that they may import, besides those inside. Nil: any.
	Ours []string
	// Foreign are the packages of other modules that they may import. Nil: any; empty: none.
	Foreign []string
	// NotStandard are packages of the standard library that they may not import.
	NotStandard []string
	// NeverReach are packages, ours (relative) or foreign, that they may not import even through others.
	NeverReach []string
}

// Breach is one import that a wall forbids.
type Breach struct {
	Wall    string
	Package string
	// Via is the chain of imports that leads to what is forbidden, its last element.
	Via []string
}

// String tells the breach in a sentence.
func (b Breach) String() string {
	return fmt.Sprintf("%s: %s imports %s", b.Wall, b.Package, strings.Join(b.Via, ", which imports "))
}

// Breaches holds a graph against walls. The result is sorted, so that equal graphs give equal reports.
func Breaches(graph Graph, walls []Wall) []Breach {
	var found []Breach
	for _, path := range slices.Sorted(maps.Keys(graph)) {
		if !graph[path].Ours() {
			continue
		}
		for _, wall := range walls {
			if matchesAny(relative(path), wall.Around) {
				found = append(found, wall.direct(graph, path)...)
				found = append(found, wall.indirect(graph, path)...)
			}
		}
	}
	return found
}

func (w Wall) direct(graph Graph, path string) []Breach {
	var found []Breach
	for _, imported := range graph[path].Imports {
		if !w.mayImport(graph[imported], imported) {
			found = append(found, Breach{Wall: w.Name, Package: path, Via: []string{imported}})
		}
	}
	return found
}

func (w Wall) mayImport(p Package, path string) bool {
	switch {
	case p.Standard:
		return !matchesAny(path, w.NotStandard)
	case p.Ours():
		return w.Ours == nil || matchesAny(relative(path), w.Ours) || matchesAny(relative(path), w.Around)
	default:
		return w.Foreign == nil || matchesAny(path, w.Foreign)
	}
}

func (w Wall) indirect(graph Graph, path string) []Breach {
	if len(w.NeverReach) == 0 {
		return nil
	}
	var found []Breach
	for target, chain := range graph.reach(path) {
		if matchesAny(relative(target), w.NeverReach) {
			found = append(found, Breach{Wall: w.Name, Package: path, Via: chain})
		}
	}
	slices.SortFunc(found, func(a, b Breach) int {
		return cmp.Or(len(a.Via)-len(b.Via), slices.Compare(a.Via, b.Via))
	})
	return found
}

// relative cuts the module off the path of a package of ours; other paths stay as they are.
func relative(path string) string { return strings.TrimPrefix(path, Module+"/") }

func matchesAny(path string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return matches(path, pattern) })
}

func matches(path, pattern string) bool {
	if stem, below := strings.CutSuffix(pattern, "/..."); below {
		return path == stem || strings.HasPrefix(path, stem+"/")
	}
	return path == pattern
}
