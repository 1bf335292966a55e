package arch

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// Root returns the top folder of the checkout that the working directory is in.
func Root() (string, error) {
	out, err := exec.Command("git", "rev-parse", "--show-toplevel").Output()
	if err != nil {
		return "", fmt.Errorf("looking for the top of the checkout: %w", err)
	}
	return strings.TrimSpace(string(out)), nil
}

// Tree holds the text files of a checkout: slash-separated path from its top to content.
type Tree map[string]string

// ReadTree reads the files that git tracks, and those that it would if they were added. Binary files are left out.
func ReadTree(root string) (Tree, error) {
	list := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = root
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("listing the files of %q: %w", root, err)
	}
	tree := Tree{}
	for name := range strings.SplitSeq(strings.TrimRight(string(out), "\x00"), "\x00") {
		content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if errors.Is(err, fs.ErrNotExist) {
			continue // deleted, and not yet committed
		}
		if err != nil {
			return nil, fmt.Errorf("reading a file of the checkout: %w", err)
		}
		if !bytes.ContainsRune(content, 0) {
			tree[name] = string(content)
		}
	}
	return tree, nil
}

// Written returns the files that people write and read, sorted: Go without what is generated, and shell.
func (t Tree) Written() []string {
	var names []string
	for name := range t {
		generated := strings.HasPrefix(path.Base(name), "zz_generated.")
		if (path.Ext(name) == ".go" && !generated) || path.Ext(name) == ".sh" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// Lines counts the lines of a file.
func (t Tree) Lines(name string) int { return strings.Count(t[name], "\n") }

// LongestAllowed is the hard cap on the lines of a file: API types explain every field, and tables of specs are long.
func LongestAllowed(name string) int {
	switch {
	case strings.HasSuffix(name, "_test.go"):
		return 800
	case strings.HasSuffix(name, "_types.go"):
		return 700
	default:
		return 500
	}
}

// TooLong returns "file: lines" for every file above its cap, sorted.
func (t Tree) TooLong() []string {
	var found []string
	for _, name := range t.Written() {
		if lines, most := t.Lines(name), LongestAllowed(name); lines > most {
			found = append(found, fmt.Sprintf("%s: %d lines, %d are allowed", name, lines, most))
		}
	}
	return found
}

// MedianLines is the median length of Go files that are no tests, zero for a tree without any.
func (t Tree) MedianLines() int {
	var lengths []int
	for _, name := range t.Written() {
		if path.Ext(name) == ".go" && !strings.HasSuffix(name, "_test.go") {
			lengths = append(lengths, t.Lines(name))
		}
	}
	if len(lengths) == 0 {
		return 0
	}
	slices.Sort(lengths)
	return lengths[len(lengths)/2]
}

// Undocumented returns the folders that hold Go and no doc.go, sorted.
func (t Tree) Undocumented() []string {
	var found []string
	for name := range t {
		folder := path.Dir(name)
		_, documented := t[path.Join(folder, "doc.go")]
		if path.Ext(name) == ".go" && !documented && !strings.Contains(name, "testdata/") && !slices.Contains(found, folder) {
			found = append(found, folder)
		}
	}
	slices.Sort(found)
	return found
}
