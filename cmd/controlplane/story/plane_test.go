package story_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
	"github.com/onsi/gomega/gexec"
)

// plane is a control plane of the built binary: a data directory, and the process that serves it now.
type plane struct {
	assets  string // folder of the binary and its links
	dir     string
	session *gexec.Session
}

// build returns the folder of the binary, built when its sources changed.
func build(ctx context.Context) string {
	GinkgoHelper()
	command := exec.CommandContext(ctx, "../../../hack/setup/controlplane.sh")
	command.Stderr = GinkgoWriter
	folder, err := command.Output()
	Expect(err).NotTo(HaveOccurred())
	return strings.TrimSpace(string(folder))
}

func (p *plane) kubeconfig() string { return filepath.Join(p.dir, "kubeconfig") }

// serve starts the control plane, and returns when it is ready and all its components run.
func (p *plane) serve(ctx context.Context) {
	GinkgoHelper()
	// It outlives the spec that starts it.
	command := exec.CommandContext(context.WithoutCancel(ctx), filepath.Join(p.assets, "controlplane"), "serve", "--data-dir", p.dir, "--port", "0")
	session, err := gexec.Start(command, GinkgoWriter, GinkgoWriter)
	Expect(err).NotTo(HaveOccurred())
	p.session = session
	Eventually(session.Err, "60s").Should(gbytes.Say("serving at https://"))
	Eventually(session.Err, "10s").Should(gbytes.Say("kube-controller-manager started"))
}

// component returns the process id of the youngest process of a component.
func (p *plane) component(name string) int {
	GinkgoHelper()
	started := regexp.MustCompile(name+` started \(process (\d+)\)`).FindAllSubmatch(p.session.Err.Contents(), -1)
	Expect(started).NotTo(BeEmpty(), "%s was started", name)
	pid, err := strconv.Atoi(string(started[len(started)-1][1]))
	Expect(err).NotTo(HaveOccurred())
	return pid
}

// components returns the process ids of all.
func (p *plane) components() []int {
	GinkgoHelper()
	return []int{p.component("etcd"), p.component("kube-apiserver"), p.component("kube-controller-manager")}
}

// restarts kills a component and returns when it is ready again.
func (p *plane) restarts(name string) {
	GinkgoHelper()
	before := p.component(name)
	Expect(syscall.Kill(before, syscall.SIGKILL)).To(Succeed())
	Eventually(p.session.Err, "10s").Should(gbytes.Say(name + ` exited \(signal: killed\)`))
	Eventually(p.session.Err, "60s").Should(gbytes.Say(name + ` is ready`))
	Expect(p.component(name)).NotTo(Equal(before))
}

// run returns the standard output; the error holds what was written to the standard error.
func run(ctx context.Context, stdin, program string, line ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	command := exec.CommandContext(ctx, program, line...)
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(stdin), &stdout, &stderr
	if err := command.Run(); err != nil {
		return stdout.String(), errors.Join(err, errors.New(stderr.String()))
	}
	return strings.TrimSpace(stdout.String()), nil
}

// alive says whether a process runs; one that has ended and was not waited for does not.
func alive(pid int) bool {
	content, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return false
	}
	// "PID (NAME) STATE …", where the name may hold anything (proc_pid_stat(5)).
	return !bytes.HasPrefix(content[bytes.LastIndexByte(content, ')')+1:], []byte(" Z"))
}
