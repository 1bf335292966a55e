package privatefile_test

import (
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/cmd/caddy/privatefile"
)

func TestPrivateFile(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Private files")
}

var _ = Describe("A private file", func() {
	It("is replaced as a whole and is for its owner only", func() {
		path := filepath.Join(GinkgoT().TempDir(), "deep", "file.json")
		Expect(privatefile.Write(path, []byte("one"))).To(Succeed())
		Expect(privatefile.Write(path, []byte("two"))).To(Succeed())
		Expect(os.ReadFile(path)).To(BeEquivalentTo("two"))
		about, err := os.Stat(path)
		Expect(err).NotTo(HaveOccurred())
		Expect(about.Mode().Perm()).To(BeEquivalentTo(0o600))
		Expect(os.ReadDir(filepath.Dir(path))).To(HaveLen(1), "nothing else is left behind")
	})

	It("takes the place of what a crash or somebody else left, with a mode of its own", func() {
		path := filepath.Join(GinkgoT().TempDir(), "file.json")
		for _, left := range []string{path, path + ".unfinished"} {
			Expect(os.WriteFile(left, []byte("left"), 0o600)).To(Succeed())
			Expect(os.Chmod(left, 0o644)).To(Succeed())
		}
		Expect(privatefile.Write(path, []byte("new"))).To(Succeed())
		Expect(os.ReadFile(path)).To(BeEquivalentTo("new"))
		about, err := os.Stat(path)
		Expect(err).NotTo(HaveOccurred())
		Expect(about.Mode().Perm()).To(BeEquivalentTo(0o600))
		Expect(os.ReadDir(filepath.Dir(path))).To(HaveLen(1))
	})

	It("leaves the old content, and nothing of the new, when it cannot be replaced", func() {
		path := filepath.Join(GinkgoT().TempDir(), "folder")
		Expect(os.MkdirAll(filepath.Join(path, "inside"), 0o700)).To(Succeed())
		Expect(privatefile.Write(path, []byte("new"))).NotTo(Succeed())
		Expect(filepath.Join(path, "inside")).To(BeADirectory())
		Expect(path + ".unfinished").NotTo(BeAnExistingFile())
	})

	It("says which file could not be written", func() {
		blocked := filepath.Join(GinkgoT().TempDir(), "file")
		Expect(os.WriteFile(blocked, nil, 0o600)).To(Succeed())
		path := filepath.Join(blocked, "below")
		Expect(privatefile.Write(path, nil)).To(MatchError(ContainSubstring(path)))
	})
})
