package arch

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
)

// UnexplainedConstants returns the exported constants of a Go source that have no doc comment that begins with their
// name, in the order of the source.
func UnexplainedConstants(file, source string) ([]string, error) {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, fmt.Errorf("parsing %q: %w", file, err)
	}
	var found []string
	for _, declaration := range parsed.Decls {
		constants, ok := declaration.(*ast.GenDecl)
		if !ok || constants.Tok != token.CONST {
			continue
		}
		for _, spec := range constants.Specs {
			if value, ok := spec.(*ast.ValueSpec); ok {
				found = append(found, unexplained(value, constants.Doc)...)
			}
		}
	}
	return found, nil
}

// unexplained looks at one line of a const block; the comment of a declaration without a block is the block's.
func unexplained(value *ast.ValueSpec, block *ast.CommentGroup) []string {
	var found []string
	for _, name := range value.Names {
		begins := strings.HasPrefix(value.Doc.Text(), name.Name+" ") || strings.HasPrefix(block.Text(), name.Name+" ")
		if name.IsExported() && !begins {
			found = append(found, name.Name)
		}
	}
	return found
}
