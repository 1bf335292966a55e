package integration

import (
	"context"
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/test/ground"
)

var _ = Describe("The operator's account", func() {
	DescribeTable("may do what it needs and no more", func(ctx context.Context, verb, resource, answer string) {
		out, _ := kubernetes.Kubectl(ctx, "auth", "can-i", verb, resource, "--namespace", "default",
			"--as", "system:serviceaccount:"+ground.OperatorNamespace+":botcluster-operator")
		Expect(out).To(ContainSubstring(answer + "\n"))
	},
		Entry(nil, "list", "botclusters.scaling.generalbots.dev", "yes"),
		Entry(nil, "watch", "botclusters.scaling.generalbots.dev", "yes"),
		Entry(nil, "patch", "botclusters.scaling.generalbots.dev", "yes"),
		Entry(nil, "patch", "botclusters.scaling.generalbots.dev/status", "yes"),
		Entry(nil, "create", "events.events.k8s.io", "yes"),
		Entry(nil, "get", "secrets", "yes"),
		Entry(nil, "list", "secrets", "no"),
		Entry(nil, "watch", "secrets", "no"),
		Entry(nil, "create", "secrets", "yes"),
		Entry(nil, "update", "secrets", "no"),
		Entry(nil, "patch", "secrets", "no"),
		Entry(nil, "delete", "secrets", "no"),
		Entry(nil, "delete", "botclusters.scaling.generalbots.dev", "no"),
		Entry(nil, "create", "pods", "no"),
		Entry(nil, "get", "nodes", "no"),
	)
})

var _ = Describe("The samples", func() {
	for _, name := range []string{"demo", "remote", "production"} {
		It(name+" is taken by the API server", func(ctx context.Context) {
			out, err := kubernetes.Kubectl(ctx, "apply", "--dry-run=server", "--validate=strict", "-f",
				filepath.Join(ground.Root(), "config", "samples", name+".yaml"))
			Expect(err).NotTo(HaveOccurred(), out)
		})
	}

	It("make up an installation that applies", func(ctx context.Context) {
		out, err := kubernetes.Kubectl(ctx, "apply", "--server-side", "--dry-run=server", "-k",
			filepath.Join(ground.Root(), "config", "default"))
		Expect(err).NotTo(HaveOccurred(), out)
	})
})
