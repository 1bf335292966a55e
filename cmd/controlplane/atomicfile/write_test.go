package atomicfile_test

import (
	"io/fs"
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/cmd/controlplane/atomicfile"
)

var _ = Describe("Write", func() {
	It("makes a file that only its owner can read", func() {
		path := filepath.Join(GinkgoT().TempDir(), "secret")
		Expect(atomicfile.Write(path, []byte("new"))).To(Succeed())
		Expect(os.ReadFile(path)).To(BeEquivalentTo("new"))
		Expect(mode(path)).To(Equal(fs.FileMode(0o600)))
	})

	It("replaces a file that all could read, and leaves nothing beside it", func() {
		folder := GinkgoT().TempDir()
		path := filepath.Join(folder, "secret")
		Expect(os.WriteFile(path, []byte("old"), 0o644)).To(Succeed())
		Expect(atomicfile.Write(path, []byte("new"))).To(Succeed())
		Expect(os.ReadFile(path)).To(BeEquivalentTo("new"))
		Expect(mode(path)).To(Equal(fs.FileMode(0o600)))
		Expect(os.ReadDir(folder)).To(HaveLen(1))
	})

	It("leaves a reader of the old file with the whole of it", func() {
		path := filepath.Join(GinkgoT().TempDir(), "secret")
		Expect(atomicfile.Write(path, []byte("old"))).To(Succeed())
		reader, err := os.Open(path)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(reader.Close)
		Expect(atomicfile.Write(path, []byte("new"))).To(Succeed())
		content := make([]byte, 8)
		Expect(reader.Read(content)).To(Equal(3))
		Expect(content[:3]).To(BeEquivalentTo("old"))
	})

	It("leaves nothing behind when the place cannot be written to", func() {
		folder := GinkgoT().TempDir()
		taken := filepath.Join(folder, "a folder")
		Expect(os.MkdirAll(filepath.Join(taken, "with content"), 0o755)).To(Succeed())
		Expect(atomicfile.Write(taken, []byte("new"))).NotTo(Succeed())
		Expect(os.ReadDir(folder)).To(HaveLen(1))
	})
})

func mode(path string) fs.FileMode {
	GinkgoHelper()
	info, err := os.Stat(path)
	Expect(err).NotTo(HaveOccurred())
	return info.Mode()
}
