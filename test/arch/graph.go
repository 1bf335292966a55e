package arch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// Module is the path of the operator's module.
const Module = "github.com/generalbots/botcluster-operator"

// Package is one node of an import graph, without its tests.
type Package struct {
	ImportPath string `json:"ImportPath"`
	// Standard tells that it belongs to Go's standard library.
	Standard bool     `json:"Standard"`
	Imports  []string `json:"Imports"`
}

// Ours tells that the package belongs to the operator's module.
func (p Package) Ours() bool {
	return p.ImportPath == Module || strings.HasPrefix(p.ImportPath, Module+"/")
}

// Graph holds packages by their import path.
type Graph map[string]Package

// Load reads the import graph of all packages of the module at root, down to the standard library.
func Load(root string) (Graph, error) {
	list := exec.Command("go", "list", "-deps", "-json=ImportPath,Standard,Imports", "./...")
	list.Dir = root
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("listing the packages of %q: %w", root, err)
	}
	return decode(out)
}

func decode(stream []byte) (Graph, error) {
	graph := Graph{}
	decoder := json.NewDecoder(bytes.NewReader(stream))
	for {
		var p Package
		switch err := decoder.Decode(&p); {
		case errors.Is(err, io.EOF):
			return graph, nil
		case err != nil:
			return nil, fmt.Errorf("reading what go list wrote: %w", err)
		}
		graph[p.ImportPath] = p
	}
}

// reach returns, for every package that from imports directly or through others, the chain of imports that leads there,
// without from itself. A shortest chain is found.
func (g Graph) reach(from string) map[string][]string {
	chains := map[string][]string{}
	queue := []string{from}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, next := range g[at].Imports {
			if _, seen := chains[next]; seen || next == from {
				continue
			}
			chains[next] = append(append([]string{}, chains[at]...), next)
			queue = append(queue, next)
		}
	}
	return chains
}
