package command_test

import (
	"bytes"
	"io"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/cmd/controlplane/command"
)

// run types a command line.
func run(line ...string) error {
	root := command.New("v1")
	root.SetArgs(line)
	root.SetOut(io.Discard)
	root.SetErr(io.Discard)
	return root.Execute()
}

var _ = Describe("controlplane", func() {
	It("says which version it is", func() {
		var out bytes.Buffer
		root := command.New("v1.2.3 (etcd 4.5.6)")
		root.SetArgs([]string{"--version"})
		root.SetOut(&out)
		Expect(root.Execute()).To(Succeed())
		Expect(out.String()).To(Equal("controlplane version v1.2.3 (etcd 4.5.6)\n"))
	})

	DescribeTable("refuses what cannot work, in a sentence", func(part string, line ...string) {
		Expect(run(line...)).To(MatchError(ContainSubstring(part)))
	},
		Entry(nil, `required flag(s) "data-dir" not set`, "serve"),
		Entry(nil, `--bind-address "localhost" is no IP address`, "serve", "--data-dir", "/nowhere", "--bind-address", "localhost"),
		Entry(nil, `--service-cluster-ip-range "10.0.0.1" is no range such as 10.0.0.0/24`,
			"serve", "--data-dir", "/nowhere", "--service-cluster-ip-range", "10.0.0.1"),
		Entry(nil, `invalid argument "65536" for "--port" flag`, "serve", "--data-dir", "/nowhere", "--port", "65536"),
		Entry(nil, `required flag(s) "kubeconfig" not set`, "wait"),
		Entry(nil, `required flag(s) "dir" not set`, "links"),
		Entry(nil, `unknown command "run"`, "run"),
	)
})
