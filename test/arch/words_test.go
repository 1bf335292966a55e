package arch_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/test/arch"
)

// mark is one of the marks, put together so that this file has none.
const mark = "TO" + "DO"

// goproxy returns the value that Go itself uses.
func goproxy() string {
	GinkgoHelper()
	out, err := exec.Command("go", "env", "GOPROXY").Output()
	Expect(err).NotTo(HaveOccurred())
	return string(out)
}

// aptSources returns the text of all of apt's sources, empty on a machine without apt.
func aptSources() string {
	GinkgoHelper()
	var text strings.Builder
	for _, pattern := range []string{"sources.list", "sources.list.d/*.list", "sources.list.d/*.sources"} {
		files, err := filepath.Glob(filepath.Join("/etc/apt", pattern))
		Expect(err).NotTo(HaveOccurred())
		for _, name := range files {
			content, err := os.ReadFile(name)
			Expect(err).NotTo(HaveOccurred())
			text.Write(content)
		}
	}
	return text.String()
}

var _ = Describe("The repository", func() {
	It("leaves nothing unfinished", func() {
		Expect(tree.Unfinished()).To(BeEmpty())
	})

	It("names no place of the machine that it is built on", func() {
		Expect(tree.Mentions(arch.MachinePaths(root))).To(BeEmpty())
	})

	It("names no host that it gets its parts from", func() {
		hosts := append(arch.MirrorHosts(goproxy(), aptSources()), "deb."+"debian.org")
		Expect(tree.Mentions(hosts)).To(BeEmpty(), "take the host from go env GOPROXY or from apt's sources")
	})
})

var _ = Describe("Words", func() {
	DescribeTable("of unfinished work", func(line string, found bool) {
		if found {
			Expect(arch.Tree{"a.go": "\n" + line + "\n"}.Unfinished()).To(ConsistOf("a.go:2: " + line))
		} else {
			Expect(arch.Tree{"a.go": line}.Unfinished()).To(BeEmpty())
		}
	},
		Entry("in a Go comment", "// "+mark+" later", true),
		Entry("in a shell comment", "# "+mark, true),
		Entry("behind code", "x := 1 //"+mark+"(me) later", true),
		Entry("in prose", "see "+mark+": write this", true),
		Entry("as a name of Go", "ctx := context."+mark, false),
		Entry("as part of a word", "// MASTO"+"DON", false),
	)

	DescribeTable("that stand for themselves", func(word, line string, found bool) {
		mentions := arch.Tree{"a.md": line}.Mentions([]string{"other.example", word})
		if found {
			Expect(mentions).To(ConsistOf("a.md:1: " + line))
		} else {
			Expect(mentions).To(BeEmpty())
		}
	},
		Entry("a path", "/srv/ci", "cd /srv/ci", true),
		Entry("a path with more behind", "/srv/ci", "see \"/srv/ci/x\"", true),
		Entry("not a longer path", "/srv/ci", "/srv/cicero", false),
		Entry("not a path in another", "/srv/ci", "/mnt/srv/ci", false),
		Entry("a host in an address", "mirror.example", "http://mirror.example/debian", true),
		Entry("not another host", "mirror.example", "http://a.mirror.example", false),
		Entry("not a pattern", "mirror.example", "mirrorXexample", false),
	)

	It("are not looked for when there are none", func() {
		Expect(arch.Tree{"a.md": "text"}.Mentions(nil)).To(BeEmpty())
	})

	DescribeTable("of a machine: its paths", func(checkout string, paths ...string) {
		Expect(arch.MachinePaths(checkout)).To(ConsistOf(paths))
	},
		Entry("the checkout and what it is in", "/data/ci/operator", "/data/ci/operator", "/data/ci"),
		Entry("not a folder that all machines have", "/tmp/operator", "/tmp/operator"),
	)

	DescribeTable("of a machine: its mirrors", func(goproxy, apt string, hosts ...string) {
		Expect(arch.MirrorHosts(goproxy, apt)).To(ConsistOf(hosts))
	},
		Entry("of Go modules", "http://go.example:8080/x|https://proxy.golang.org,direct", "", "go.example:8080"),
		Entry("of Debian, old form", "off", "deb [signed-by=/k] http://mirror.example/debian bookworm main\n", "mirror.example"),
		Entry("of Debian, new form", "direct", "Types: deb\nURIs: https://a.example/debian-security\n", "a.example"),
		Entry("not in comments", "", "# http://snapshot.example/archive/debian/2025\n"),
		Entry("not of other software", "", "deb https://tools.example/apt stable main\n"),
	)
})
