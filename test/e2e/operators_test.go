package e2e

import (
	"bytes"
	"context"
	"fmt"
	"sync"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/test/ground"
)

// operatorRunner runs the operator process of the suite.
type operatorRunner struct {
	binary     string
	kubeconfig string
	log        safeBuffer
	current    *ground.Operator
}

// start runs one more operator process.
func (o *operatorRunner) start(arguments ...string) *ground.Operator {
	GinkgoHelper()
	arguments = append([]string{"--incus-unix-socket", ground.UnixSocket}, arguments...)
	operator, err := ground.StartOperator(o.binary, o.kubeconfig, &o.log, arguments...)
	Expect(err).NotTo(HaveOccurred())
	return operator
}

// restart makes sure that the suite's operator runs.
func (o *operatorRunner) restart() {
	GinkgoHelper()
	if o.current == nil || !o.current.Running() {
		o.current = o.start()
	}
}

// kill ends the suite's operator by SIGKILL.
func (o *operatorRunner) kill() {
	o.current.Kill()
}

// stop ends the suite's operator.
func (o *operatorRunner) stop() {
	GinkgoHelper()
	if o.current != nil && o.current.Running() {
		Expect(o.current.Stop()).To(Succeed())
	}
}

// safeBuffer is a buffer that processes write and specs read.
type safeBuffer struct {
	mutex  sync.Mutex
	buffer bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.Write(p)
}

func (b *safeBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.String()
}

// tellWhatIsThere prints what helps to understand a failed spec.
func tellWhatIsThere(ctx context.Context) {
	for _, arguments := range [][]string{{"get", "botclusters", "-A", "-o", "yaml"}, {"get", "events", "-A"}} {
		out, err := kubernetes.Kubectl(ctx, arguments...)
		AddReportEntry("kubectl "+arguments[0]+" "+arguments[1], fmt.Sprint(out, err))
	}
	out, err := incus.Run(ctx, "list")
	AddReportEntry("incus list", fmt.Sprint(out, err))
	log := operators.log.String()
	AddReportEntry("operator's log, its end", log[max(0, len(log)-20000):])
}
