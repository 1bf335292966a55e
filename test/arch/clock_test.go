package arch_test

import (
	"path"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/test/arch"
)

var _ = Describe("The clock", func() {
	It("is not read in pure packages", func() {
		read := 0
		for _, name := range tree.Written() {
			room := strings.Split(name, "/")
			if path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") || room[0] != "controllers" {
				continue
			}
			if room[1] == "model" || room[1] == "plan" || room[1] == "autoscale" || room[1] == "render" || room[1] == "configcsv" {
				read++
				Expect(arch.ClockUses(filepath.Join(root, filepath.FromSlash(name)), nil)).To(BeEmpty())
			}
		}
		Expect(read).To(BeNumerically(">", 0))
	})

	DescribeTable("is found", func(source string, uses ...string) {
		Expect(arch.ClockUses("x.go", "package x\n"+source)).To(ConsistOf(uses))
	},
		Entry("by its name", "import \"time\"\nvar a = time.Now()", "x.go:3: time.Now"),
		Entry("by another name", "import t \"time\"\nvar a = t.Since", "x.go:3: time.Since"),
		Entry("where it is awaited", "import \"time\"\nfunc f() { time.Sleep(1); <-time.After(1) }",
			"x.go:3: time.Sleep", "x.go:3: time.After"),
		Entry("not in values", "import \"time\"\nvar a, b = time.Time{}, 3 * time.Second"),
		Entry("not in what only looks like it", "var time clock\nvar a = time.Now()"),
	)
})
