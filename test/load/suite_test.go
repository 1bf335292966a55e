package load_test

import (
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

// specTimeout bounds a spec on a loaded machine; each takes a fraction of it.
const specTimeout = 30 * time.Second

func TestLoad(t *testing.T) {
	RegisterFailHandler(Fail)
	SetDefaultEventuallyTimeout(specTimeout / 2)
	RunSpecs(t, "Load")
}
