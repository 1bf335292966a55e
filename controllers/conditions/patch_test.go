package conditions_test

import (
	"context"
	"errors"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/conditions"
)

// statusClient gives its writer; nothing else may be asked of it.
type statusClient struct {
	client.Client

	writer *statusWriter
}

func (c statusClient) Status() client.SubResourceWriter { return c.writer }

// statusWriter remembers the patches of statuses.
type statusWriter struct {
	client.SubResourceWriter

	patches []string
	refusal error
}

func (c *statusWriter) Patch(_ context.Context, object client.Object, patch client.Patch, _ ...client.SubResourcePatchOption) error {
	data, err := patch.Data(object)
	if err != nil {
		return err
	}
	c.patches = append(c.patches, string(data))
	return c.refusal
}

var _ = Describe("Patching the status", func() {
	before := &v1alpha1.BotCluster{ObjectMeta: metav1.ObjectMeta{Name: "crew", ResourceVersion: "41"}}

	It("writes nothing when nothing changed", func(ctx SpecContext) {
		writer := &statusWriter{}
		Expect(conditions.Patch(ctx, statusClient{writer: writer}, before, before.DeepCopy())).To(BeFalse())
		Expect(writer.patches).To(BeEmpty())
	})

	It("takes an absent list for an empty one", func(ctx SpecContext) {
		writer := &statusWriter{}
		after := before.DeepCopy()
		after.Status.Conditions = []metav1.Condition{}
		Expect(conditions.Patch(ctx, statusClient{writer: writer}, before, after)).To(BeFalse())
		Expect(writer.patches).To(BeEmpty())
	})

	It("writes what differs, against the version that was read", func(ctx SpecContext) {
		writer := &statusWriter{}
		after := before.DeepCopy()
		after.Status.ReadyReplicas = 3
		Expect(conditions.Patch(ctx, statusClient{writer: writer}, before, after)).To(BeTrue())
		Expect(writer.patches).To(HaveExactElements(MatchJSON(`{"metadata":{"resourceVersion":"41"},"status":{"readyReplicas":3}}`)))
	})

	It("passes a refusal on", func(ctx SpecContext) {
		refusal := errors.New("somebody was faster")
		writer := &statusWriter{refusal: refusal}
		after := before.DeepCopy()
		after.Status.ReadyReplicas = 3
		wrote, err := conditions.Patch(ctx, statusClient{writer: writer}, before, after)
		Expect(wrote).To(BeFalse())
		Expect(err).To(MatchError(refusal))
	})
})
