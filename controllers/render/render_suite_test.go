package render_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestRender(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Render")
}

// expectGolden compares with a file under testdata; UPDATE_GOLDEN=1 writes it instead.
func expectGolden(name string, content []byte) {
	GinkgoHelper()
	file := filepath.Join("testdata", name)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		Expect(os.MkdirAll(filepath.Dir(file), 0o755)).To(Succeed())
		Expect(os.WriteFile(file, content, 0o644)).To(Succeed())
	}
	want, err := os.ReadFile(file)
	Expect(err).NotTo(HaveOccurred())
	Expect(string(content)).To(Equal(string(want)))
}

// readable lays JSON out for people.
func readable(compact []byte) []byte {
	GinkgoHelper()
	var text bytes.Buffer
	Expect(json.Indent(&text, compact, "", "  ")).To(Succeed())
	text.WriteByte('\n')
	return text.Bytes()
}
