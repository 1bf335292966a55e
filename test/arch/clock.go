package arch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
)

// clockReaders are what package time offers besides values.
var clockReaders = []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}

// ClockUses returns the places ("file:line: time.Now") where a Go source reads or awaits the clock. A source of nil is
// read from the file of that name.
func ClockUses(file string, source any) ([]string, error) {
	set := token.NewFileSet()
	parsed, err := parser.ParseFile(set, file, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("parsing %q: %w", file, err)
	}
	clock := importedAs(parsed, "time")
	var uses []string
	ast.Inspect(parsed, func(node ast.Node) bool {
		selector, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if from, ok := selector.X.(*ast.Ident); ok && from.Name == clock && slices.Contains(clockReaders, selector.Sel.Name) {
			uses = append(uses, fmt.Sprintf("%s:%d: time.%s", file, set.Position(selector.Pos()).Line, selector.Sel.Name))
		}
		return true
	})
	return uses, nil
}

// importedAs returns the name by which a file knows a package of the standard library, empty when it does not.
func importedAs(file *ast.File, path string) string {
	for _, spec := range file.Imports {
		if imported, err := strconv.Unquote(spec.Path.Value); err != nil || imported != path {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path
	}
	return ""
}
