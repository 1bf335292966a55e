package command_test

import (
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var components = []string{"etcd", "kube-apiserver", "kube-controller-manager", "kubectl"}

var _ = Describe("links", func() {
	var folder string

	BeforeEach(func() { folder = filepath.Join(GinkgoT().TempDir(), "assets") })

	It("makes a link to this program for each component", func() {
		Expect(run("links", "--dir", folder)).To(Succeed())
		program, err := os.Executable()
		Expect(err).NotTo(HaveOccurred())
		for _, name := range components {
			Expect(os.Readlink(filepath.Join(folder, name))).To(Equal(program))
		}
		Expect(os.ReadDir(folder)).To(HaveLen(len(components)))
	})

	It("changes nothing the second time", func() {
		Expect(run("links", "--dir", folder)).To(Succeed())
		Expect(run("links", "--dir", folder)).To(Succeed())
		Expect(os.ReadDir(folder)).To(HaveLen(len(components)))
	})

	It("turns the links of an earlier build of this program to this one", func() {
		program, err := os.Executable()
		Expect(err).NotTo(HaveOccurred())
		Expect(os.Mkdir(folder, 0o755)).To(Succeed())
		path := filepath.Join(folder, "etcd")
		Expect(os.Symlink(filepath.Join("/earlier", filepath.Base(program)), path)).To(Succeed())
		Expect(run("links", "--dir", folder)).To(Succeed())
		Expect(os.Readlink(path)).To(Equal(program))
		Expect(os.ReadDir(folder)).To(HaveLen(len(components)))
	})

	DescribeTable("leaves somebody else's program alone", func(install func(path string) error) {
		Expect(os.Mkdir(folder, 0o755)).To(Succeed())
		path := filepath.Join(folder, "kubectl")
		Expect(install(path)).To(Succeed())
		before, err := os.Lstat(path)
		Expect(err).NotTo(HaveOccurred())
		Expect(run("links", "--dir", folder)).To(MatchError(And(ContainSubstring("no link of ours"), ContainSubstring(path))))
		after, err := os.Lstat(path)
		Expect(err).NotTo(HaveOccurred())
		Expect(os.SameFile(before, after)).To(BeTrue())
	},
		Entry("a file", func(path string) error { return os.WriteFile(path, nil, 0o755) }),
		Entry("a link to another", func(path string) error { return os.Symlink("/usr/local/bin/k3s", path) }),
	)
})
