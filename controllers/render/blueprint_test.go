package render_test

import (
	"bytes"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
	"github.com/generalbots/botcluster-operator/controllers/render"
)

var _ = Describe("A blueprint", func() {
	var input render.Input

	BeforeEach(func() {
		input = render.Input{
			Cluster: &v1alpha1.BotCluster{}, Owner: model.Owner{UID: "u", Prefix: "crew"}, Policy: plan.DefaultPolicy(),
			Facts:       model.HostFacts{RootName: "root", NICName: "eth0", Root: model.Device{"pool": "fast"}},
			EdgeSecrets: render.EdgeSecrets{CookieKey: bytes.Repeat([]byte("k"), render.CookieKeySize)},
		}
	})

	edgeTier := func(mode v1alpha1.TLSMode) plan.TierBlueprint {
		GinkgoHelper()
		input.Cluster.Spec.Edge.TLS = v1alpha1.EdgeTLS{Mode: mode}
		blueprint, err := render.Blueprint(input)
		Expect(err).NotTo(HaveOccurred())
		return blueprint.Tiers[0]
	}

	DescribeTable("says how long a bot may take to leave, and how long it takes at least",
		func(drain v1alpha1.DrainSpec, timeout, settle time.Duration) {
			input.Cluster.Spec.Drain = drain
			blueprint, err := render.Blueprint(input)
			Expect(err).NotTo(HaveOccurred())
			Expect(blueprint.Policy.DrainTimeout).To(Equal(timeout))
			Expect(blueprint.Policy.DrainSettle).To(Equal(settle))
		},
		Entry("by default", v1alpha1.DrainSpec{}, 30*time.Second, time.Second),
		Entry("as declared", v1alpha1.DrainSpec{Timeout: seconds(60), Settle: seconds(5)}, time.Minute, 5*time.Second),
		Entry("without settling", v1alpha1.DrainSpec{Settle: &metav1.Duration{}}, 30*time.Second, time.Duration(0)),
		Entry("at once", v1alpha1.DrainSpec{Timeout: &metav1.Duration{}}, time.Duration(0), time.Duration(0)),
	)

	It("gives edges a volume for certificates that they come by themselves", func() {
		Expect(edgeTier(v1alpha1.TLSModeAuto).VolumePool).To(Equal("fast"))
		Expect(edgeTier(v1alpha1.TLSModeInternal).VolumePool).To(Equal("fast"))
		Expect(edgeTier(v1alpha1.TLSModeSecret).VolumePool).To(BeEmpty())
		Expect(edgeTier(v1alpha1.TLSModeOff).VolumePool).To(BeEmpty())
	})

	It("replaces edges for a volume, and not for certificates out of a Secret", func() {
		off := edgeTier(v1alpha1.TLSModeOff).Template
		Expect(edgeTier(v1alpha1.TLSModeAuto).Template).NotTo(Equal(off))
		Expect(edgeTier(v1alpha1.TLSModeSecret).Template).To(Equal(off))
	})
})
