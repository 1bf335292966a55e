package contract_test

import (
	"context"
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// caddyBinary builds the edge's Caddy on first use.
var caddyBinary = sync.OnceValues(func() (string, error) {
	build := exec.Command(filepath.Join("..", "..", "hack", "setup", "caddy.sh"))
	build.Stderr = GinkgoWriter
	path, err := build.Output()
	return strings.TrimSpace(string(path)), err
})

func buildCaddy() {
	GinkgoHelper()
	Expect(caddyBinary()).To(BeARegularFile())
}

// caddyProcess is the real edge, run as the edge's image runs it but for the places of its files.
type caddyProcess struct {
	folder string

	mu      sync.Mutex
	running *exec.Cmd
	ended   chan struct{}
}

func newCaddyProcess() *caddyProcess {
	GinkgoHelper()
	// The system's folder for temporary files keeps the socket's path short enough.
	folder, err := os.MkdirTemp("", "edge")
	Expect(err).NotTo(HaveOccurred())
	process := &caddyProcess{folder: folder}
	DeferCleanup(func() {
		process.Stop()
		Expect(os.RemoveAll(folder)).To(Succeed())
	})
	bootstrap, err := json.Marshal(map[string]any{"admin": map[string]any{"listen": process.AdminListen()}})
	Expect(err).NotTo(HaveOccurred())
	Expect(os.WriteFile(filepath.Join(folder, "bootstrap.json"), bootstrap, 0o600)).To(Succeed())
	return process
}

// AdminListen is where the admin API listens, in Caddy's words.
func (p *caddyProcess) AdminListen() string { return "unix/" + p.socket() + "|0600" }

func (p *caddyProcess) socket() string { return filepath.Join(p.folder, "admin.sock") }

// Start begins the process; it listens a moment later.
func (p *caddyProcess) Start() {
	GinkgoHelper()
	binary, err := caddyBinary()
	Expect(err).NotTo(HaveOccurred())
	command := exec.Command(binary, "run", "--resume", "--config", filepath.Join(p.folder, "bootstrap.json"))
	command.Env = []string{
		"HOME=" + p.folder, "XDG_DATA_HOME=" + p.folder, "XDG_CONFIG_HOME=" + p.folder, "CADDY_ADMIN=" + p.AdminListen(),
	}
	command.Stdout, command.Stderr = GinkgoWriter, GinkgoWriter
	Expect(command.Start()).To(Succeed())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = command.Wait() // how it ended shows in its log
	}()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running, p.ended = command, ended
}

// Stop kills the process and waits for its end.
func (p *caddyProcess) Stop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.running == nil {
		return
	}
	_ = p.running.Process.Kill()
	<-p.ended
	p.running = nil
}

// Dial connects to the admin API.
func (p *caddyProcess) Dial(ctx context.Context) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, "unix", p.socket())
}
