package arch_test

import (
	"path"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/test/arch"
)

// file makes a text of so many lines.
func file(lines int) string { return strings.Repeat("// x\n", lines) }

var _ = Describe("Files", func() {
	It("are short enough to be read", func() {
		Expect(tree.TooLong()).To(BeEmpty())
		Expect(tree.MedianLines()).To(BeNumerically("<=", 130), "half of the files have at most 130 lines")
	})

	DescribeTable("are too long", func(name string, allowed int) {
		Expect(arch.Tree{name: file(allowed)}.TooLong()).To(BeEmpty())
		Expect(arch.Tree{name: file(allowed + 1)}.TooLong()).To(ConsistOf(HavePrefix(name + ": ")))
	},
		Entry("above 500 lines", "controllers/plan/plan.go", 500),
		Entry("above 500 lines of shell", "hack/demo.sh", 500),
		Entry("above 700 lines of types", "api/v1alpha1/botcluster_types.go", 700),
		Entry("above 800 lines of specs", "controllers/plan/plan_test.go", 800),
	)

	It("may be longer where nobody writes them", func() {
		Expect(arch.Tree{"api/v1alpha1/zz_generated.deepcopy.go": file(9999), "go.sum": file(9999)}.TooLong()).To(BeEmpty())
	})

	It("have their median taken over Go that is no test", func() {
		small := arch.Tree{"a/a.go": file(10), "a/b.go": file(30), "a/c.go": file(99), "a/a_test.go": file(1), "a/d.sh": file(2)}
		Expect(small.MedianLines()).To(Equal(30))
		Expect(arch.Tree{}.MedianLines()).To(BeZero())
	})
})

var _ = Describe("Packages", func() {
	It("say in doc.go what they are", func() {
		Expect(tree.Undocumented()).To(BeEmpty())
	})

	It("are found when they do not", func() {
		bare := arch.Tree{"a/a.go": "", "a/doc.go": "", "b/b.go": "", "b/c_test.go": "", "c/c_test.go": "", "d/testdata/d.go": ""}
		Expect(bare.Undocumented()).To(Equal([]string{"b", "c"}))
	})
})

var _ = Describe("Exported constants of the language", func() {
	It("say what they mean", func() {
		read := 0
		for name, source := range tree {
			if strings.HasPrefix(name, "api/") && path.Ext(name) == ".go" && !strings.HasSuffix(name, "_test.go") {
				read++
				Expect(arch.UnexplainedConstants(name, source)).To(BeEmpty(), name)
			}
		}
		Expect(read).To(BeNumerically(">", 0))
	})

	DescribeTable("are found", func(source string, names ...string) {
		Expect(arch.UnexplainedConstants("x.go", "package x\n"+source)).To(ConsistOf(names))
	},
		Entry("without a comment", "const (\n\tReasonA = \"A\"\n)", "ReasonA"),
		Entry("with a comment about something else", "const (\n\t// The reason A.\n\tReasonA = \"A\"\n)", "ReasonA"),
		Entry("with a comment behind them only", "const (\n\tReasonA = \"A\" // ReasonA is A.\n)", "ReasonA"),
		Entry("not when they are explained", "const (\n\t// ReasonA says A.\n\tReasonA = \"A\"\n\tb = 1\n)"),
		Entry("not outside of a block", "// ReasonA says A.\nconst ReasonA = \"A\""),
	)
})
