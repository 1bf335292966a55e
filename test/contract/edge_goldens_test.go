package contract_test

import (
	"os"
	"os/exec"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// goldens are the configurations that the specs of controllers/render compare with.
var goldens, _ = filepath.Glob(filepath.Join("..", "..", "controllers", "render", "testdata", "routes_*.json"))

var _ = Describe("Each golden configuration", Label("real"), func() {
	BeforeEach(func(SpecContext) { buildCaddy() }, NodeTimeout(buildTimeout))

	It("is one of those that the specs of render write", func() {
		Expect(goldens).NotTo(BeEmpty())
	})

	for _, golden := range goldens {
		It("is accepted by Caddy: "+filepath.Base(golden), func(ctx SpecContext) {
			binary, err := caddyBinary()
			Expect(err).NotTo(HaveOccurred())
			folder := GinkgoT().TempDir()
			// Validating provisions all modules and starts none: no port is opened and nobody is asked for a certificate.
			validate := exec.CommandContext(ctx, binary, "validate", "--config", golden)
			validate.Env = append(os.Environ(), "HOME="+folder, "XDG_DATA_HOME="+folder, "XDG_CONFIG_HOME="+folder)
			out, err := validate.CombinedOutput()
			Expect(err).NotTo(HaveOccurred(), "%s", out)
			Expect(string(out)).To(ContainSubstring("Valid configuration"))
		}, SpecTimeout(edgeTimeout))
	}
})
