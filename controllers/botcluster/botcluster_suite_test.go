package botcluster_test

import (
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

func TestBotCluster(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "BotCluster")
}
