package sim

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"testing"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/test/ground"
)

// kubernetes is the real API server that all worlds of this process share; each world has a BotCluster of its own.
var kubernetes *ground.Kubernetes

// plans counts the fault plans that ran, converged the worlds that came to rest as declared.
var plans, converged atomic.Int64

func TestSimulation(t *testing.T) {
	RegisterFailHandler(Fail)
	RunSpecs(t, "Simulation")
}

var _ = BeforeSuite(func(ctx context.Context) {
	var err error
	kubernetes, err = ground.StartKubernetes(ctx)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(kubernetes.Stop()).To(Succeed()) })
}, NodeTimeout(30*time.Minute))

var _ = AfterSuite(func() {
	fmt.Fprintf(os.Stdout, "\nsimulation: %d fault plans ran, %d converged\n", plans.Load(), converged.Load())
	fmt.Fprintf(os.Stdout, "simulation: %d edits with seed %d, of which the API server refused %d and a condition told of %d; %d fresh starts looked the same\n",
		campaign.edits.Load(), seed(), campaign.refused.Load(), campaign.shown.Load(), campaign.compared.Load())
})
