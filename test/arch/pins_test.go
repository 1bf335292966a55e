package arch_test

import (
	"os/exec"
	"path/filepath"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// pinned returns the version of a module that the module in a folder of the checkout is built with.
func pinned(folder, module string) string {
	GinkgoHelper()
	list := exec.Command("go", "list", "-m", "-f", "{{.Version}}", module)
	list.Dir = filepath.Join(root, folder)
	out, err := list.Output()
	Expect(err).NotTo(HaveOccurred())
	return strings.TrimSpace(string(out))
}

var _ = Describe("Pinned versions", func() {
	It("are one for Ginkgo's library and its command", func() {
		Expect(pinned("hack/tools", "github.com/onsi/ginkgo/v2")).To(Equal(pinned(".", "github.com/onsi/ginkgo/v2")))
	})
})
