package e2e

import (
	"bufio"
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/test/ground"
)

// demoState is where the demo keeps its files.
const demoState = "/var/lib/botcluster-demo"

var _ = Describe("The README", Label("demo"), Serial, func() {
	It("holds what it promises: demo, tour, demo again, demo-down", func(ctx context.Context) {
		if _, err := os.Stat(demoState); err == nil {
			By("removing a demo that runs")
			demo(ctx, "down")
		}
		DeferCleanup(func(ctx context.Context) { demo(ctx, "down") }, NodeTimeout(5*time.Minute))
		out := demo(ctx, "up")
		Expect(out).To(ContainSubstring("http://127.0.0.1:8088 answers through Caddy"))

		started := time.Now()
		demo(ctx, "up")
		Expect(time.Since(started)).To(BeNumerically("<", time.Minute), "a second demo takes seconds")

		for _, command := range tour() {
			By(command)
			shell := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", "source "+demoState+"/env\n"+command)
			printed, err := shell.CombinedOutput()
			Expect(err).NotTo(HaveOccurred(), "%s\n%s", command, printed)
		}
		demo(ctx, "down")
		Expect(demoState).NotTo(BeADirectory())
		projects, err := exec.CommandContext(ctx, "incus", "project", "list", "--format", "csv").Output()
		Expect(err).NotTo(HaveOccurred())
		Expect(string(projects)).NotTo(ContainSubstring("botcluster-demo"))
	}, SpecTimeout(25*time.Minute))
})

// demo runs hack/demo.sh and returns what it printed for the user.
func demo(ctx context.Context, verb string) string {
	GinkgoHelper()
	var out bytes.Buffer
	command := exec.CommandContext(ctx, filepath.Join(ground.Root(), "hack", "demo.sh"), verb)
	command.Stdout, command.Stderr = &out, GinkgoWriter
	command.Env = append(os.Environ(), "KUBECONFIG=")
	Expect(command.Run()).To(Succeed())
	return out.String()
}

// tour returns the commands of the README's tour: the lines of its console blocks that begin with a prompt.
func tour() []string {
	GinkgoHelper()
	readme, err := os.ReadFile(filepath.Join(ground.Root(), "README.md"))
	Expect(err).NotTo(HaveOccurred())
	var commands []string
	inside := false
	for lines := bufio.NewScanner(bytes.NewReader(readme)); lines.Scan(); {
		line := lines.Text()
		switch {
		case line == "```console":
			inside = true
		case line == "```":
			inside = false
		case inside && strings.HasPrefix(line, "$ "):
			commands = append(commands, strings.TrimPrefix(line, "$ "))
		}
	}
	Expect(len(commands)).To(BeNumerically(">", 10))
	return commands
}
