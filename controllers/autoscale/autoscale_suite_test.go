package autoscale_test

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestAutoscale(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Autoscale")
}
