package integration

import (
	"context"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/test/ground"
)

var kubernetes *ground.Kubernetes

func TestIntegration(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Integration")
}

var _ = BeforeSuite(func(ctx context.Context) {
	var err error
	kubernetes, err = ground.StartKubernetes(ctx)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(kubernetes.Stop()).To(Succeed()) })
}, NodeTimeout(30*time.Minute))
