package e2e

import (
	"context"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/test/ground"
)

// How long things may take here at most. They are bounds for a loaded machine and measure nothing (test/bench does).
const (
	readyTimeout  = 120 * time.Second
	goneTimeout   = 90 * time.Second
	promptTimeout = 30 * time.Second
)

// What the suite stands on.
var (
	kubernetes *ground.Kubernetes
	incus      *ground.Incus
	operators  operatorRunner
)

func TestEndToEnd(t *testing.T) {
	RegisterFailHandler(Fail)
	SetDefaultEventuallyPollingInterval(200 * time.Millisecond)
	RunSpecs(t, "End to end")
}

var _ = BeforeSuite(func(ctx context.Context) {
	var err error
	incus, err = ground.StartIncus(ctx, "e2e")
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func(ctx context.Context) { Expect(incus.Stop(ctx)).To(Succeed()) }, NodeTimeout(5*time.Minute))
	kubernetes, err = ground.StartKubernetes(ctx)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(kubernetes.Stop()).To(Succeed()) })
	operators.binary, err = ground.BuildOperator(ctx)
	Expect(err).NotTo(HaveOccurred())
	operators.kubeconfig, err = kubernetes.OperatorKubeconfig(ctx)
	Expect(err).NotTo(HaveOccurred())
	operators.restart()
	DeferCleanup(func() { operators.stop() })
}, NodeTimeout(40*time.Minute))

var _ = AfterEach(func(ctx context.Context) {
	if CurrentSpecReport().Failed() {
		tellWhatIsThere(ctx)
	}
})
