package incus

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestIncus(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "The pure parts of the Incus driver")
}
