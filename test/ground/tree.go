package ground

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// Root is the top folder of the checkout.
func Root() string {
	_, file, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(file), "..", "..")
}

// Script runs a script below hack/ and returns what it printed on stdout; its progress goes to stderr.
func Script(ctx context.Context, name string, arguments ...string) (string, error) {
	command := exec.CommandContext(ctx, filepath.Join(Root(), "hack", name), arguments...)
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, os.Stderr
	if err := command.Run(); err != nil {
		return "", fmt.Errorf("hack/%s %s: %w", name, strings.Join(arguments, " "), err)
	}
	return strings.TrimSpace(out.String()), nil
}
