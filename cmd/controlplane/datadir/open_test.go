package datadir_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/cmd/controlplane/datadir"
)

var _ = Describe("Open", func() {
	var path string

	BeforeEach(func() { path = filepath.Join(GinkgoT().TempDir(), "plane") })

	It("makes a directory that is closed to others, with a place for everything", func() {
		dir := open(path)
		for _, folder := range []string{path, dir.PKI(), dir.Etcd(), dir.Run(), filepath.Dir(dir.Log("etcd"))} {
			info, err := os.Stat(folder)
			Expect(err).NotTo(HaveOccurred())
			Expect(info.Mode().Perm()).To(Equal(fs.FileMode(0o700)), folder)
		}
		Expect(filepath.Dir(dir.ControllerManagerLogin())).To(Equal(dir.Run()))
		Expect(dir.Kubeconfig()).To(Equal(filepath.Join(path, "kubeconfig")))
	})

	It("closes an empty directory that was open to others", func() {
		Expect(os.Mkdir(path, 0o777)).To(Succeed())
		open(path)
		info, err := os.Stat(path)
		Expect(err).NotTo(HaveOccurred())
		Expect(info.Mode().Perm()).To(Equal(fs.FileMode(0o700)))
	})

	It("refuses a directory that holds something else, and leaves it as it was", func() {
		Expect(os.MkdirAll(filepath.Join(path, "holiday pictures"), 0o755)).To(Succeed())
		_, _, err := datadir.Open(path)
		Expect(err).To(MatchError(And(ContainSubstring("holds other files"), ContainSubstring("--data-dir"))))
		info, err := os.Stat(path)
		Expect(err).NotTo(HaveOccurred())
		Expect(info.Mode().Perm()).To(Equal(fs.FileMode(0o755)))
		Expect(os.ReadDir(path)).To(HaveLen(1))
	})

	It("refuses a second user and says which process has it", func() {
		open(path)
		_, _, err := datadir.Open(path)
		Expect(err).To(MatchError(And(
			ContainSubstring("in use by another serve (process %d)", os.Getpid()), ContainSubstring("another --data-dir"))))
	})

	It("takes its own directory again when it was given back", func() {
		dir, lock, err := datadir.Open(path)
		Expect(err).NotTo(HaveOccurred())
		Expect(os.WriteFile(dir.Kubeconfig(), []byte("kept"), 0o600)).To(Succeed())
		Expect(lock.Close()).To(Succeed())
		open(path)
		Expect(os.ReadFile(dir.Kubeconfig())).To(BeEquivalentTo("kept"))
	})

	It("is at an absolute path, as the components run elsewhere", func() {
		GinkgoT().Chdir(filepath.Dir(path))
		Expect(open("plane")).To(Equal(datadir.Dir(path)))
	})

	It("refuses a directory of another user", func() {
		if os.Geteuid() == 0 {
			Expect(os.Mkdir(path, 0o700)).To(Succeed())
			Expect(os.Chown(path, 65534, 65534)).To(Succeed())
		} else {
			path = "/"
		}
		_, _, err := datadir.Open(path)
		Expect(err).To(MatchError(ContainSubstring("belongs to another user")), fmt.Sprintf("as user %d", os.Geteuid()))
	})
})

// open takes a directory until the end of the spec.
func open(path string) datadir.Dir {
	GinkgoHelper()
	dir, lock, err := datadir.Open(path)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(lock.Close)
	return dir
}
