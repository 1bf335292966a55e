package arch_test

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/test/arch"
)

// The checkout is read once for all specs; none of them changes it.
var (
	root  string
	tree  arch.Tree
	graph arch.Graph
)

var _ = BeforeSuite(func() {
	var err error
	root, err = arch.Root()
	Expect(err).NotTo(HaveOccurred())
	tree, err = arch.ReadTree(root)
	Expect(err).NotTo(HaveOccurred())
	graph, err = arch.Load(root)
	Expect(err).NotTo(HaveOccurred())
})

func TestArch(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Arch")
}
