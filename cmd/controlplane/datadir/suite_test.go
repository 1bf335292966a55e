package datadir_test

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestDataDir(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Data directory")
}
