package arch_test

import (
	"os"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/test/arch"
)

var _ = Describe("The map of the house in the README", func() {
	It("names every room under controllers/ and no other", func() {
		rooms := append(tree.Rooms("controllers"), tree.Rooms("controllers/provider")...)
		var drawn []string
		for _, folder := range arch.Tour(tree["README.md"]) {
			if strings.HasPrefix(folder, "controllers/") {
				drawn = append(drawn, folder)
			}
		}
		Expect(drawn).To(ConsistOf(rooms))
	})

	It("draws folders that there are", func() {
		for _, folder := range arch.Tour(tree["README.md"]) {
			info, err := os.Stat(filepath.Join(root, filepath.FromSlash(folder)))
			Expect(err).NotTo(HaveOccurred())
			Expect(info.IsDir()).To(BeTrue(), folder)
		}
	})

	It("is read from its drawing", func() {
		readme := strings.Join([]string{
			"# House", "```", "not/  this", "```", "## The map of the house", "", "```",
			"api/v1/          the language", "controllers/", "  plan/           see fake/x", "  provider/       interfaces",
			"    incus/ caddy/ each one", "    fake/", "docs/", "```", "more",
		}, "\n")
		Expect(arch.Tour(readme)).To(Equal([]string{
			"api/v1", "controllers", "controllers/plan", "controllers/provider", "controllers/provider/incus",
			"controllers/provider/caddy", "controllers/provider/fake", "docs",
		}))
		Expect(arch.Tour("# House")).To(BeEmpty())
	})

	It("is held against the folders of the tree", func() {
		small := arch.Tree{"controllers/doc.go": "", "controllers/b/b.go": "", "controllers/a/x/x.go": "", "docs/a.md": ""}
		Expect(small.Rooms("controllers")).To(Equal([]string{"controllers/a", "controllers/b"}))
	})
})
