package contract_test

import (
	"fmt"
	"io"
	"time"

	incusapi "github.com/lxc/incus/v6/shared/api"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	. "github.com/onsi/gomega/gstruct"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider"
)

// found is a file as the daemon shows it.
type found struct {
	Kind     string
	Mode     string
	UID, GID int64
	Content  string
}

func (w *incusWorld) file(instance, path string) found {
	GinkgoHelper()
	content, about, err := w.behind.GetInstanceFile(instance, path)
	Expect(err).NotTo(HaveOccurred())
	file := found{Kind: about.Type, Mode: fmt.Sprintf("%04o", about.Mode), UID: about.UID, GID: about.GID}
	if content != nil {
		read, err := io.ReadAll(content)
		Expect(err).NotTo(HaveOccurred())
		Expect(content.Close()).To(Succeed())
		file.Content = string(read)
	}
	return file
}

var _ = incusContract("when files are written into an instance", func(world func() *incusWorld, under func() *driver) {
	It("makes directories, files with mode and owner, and symbolic links", func(ctx SpecContext) {
		d := under()
		name := d.made(ctx, "1")
		w := world()
		directory := w.file(name, "/etc")
		d.configured(ctx, "1", "hash-1",
			model.File{Path: "/opt/gbo/conf/bot.env", Content: []byte("SECRET=x\n"), Mode: 0o600, UID: 1000, GID: 1001},
			model.File{Path: "/opt/gbo/conf/empty", Mode: 0o640},
			model.File{Path: "/etc/contract.conf", Content: []byte("plain"), Mode: 0o644},
			model.File{Path: "/etc/contract.link", LinkTarget: "/opt/gbo/conf/bot.env", Mode: 0o777},
		)

		Expect(w.file(name, "/opt/gbo/conf/bot.env")).To(Equal(found{"file", "0600", 1000, 1001, "SECRET=x\n"}))
		Expect(w.file(name, "/opt/gbo/conf/empty")).To(Equal(found{"file", "0640", 0, 0, ""}))
		Expect(w.file(name, "/etc/contract.conf")).To(Equal(found{"file", "0644", 0, 0, "plain"}))
		Expect(w.file(name, "/etc/contract.link")).To(MatchFields(IgnoreExtras, Fields{
			"Kind": Equal("symlink"), "Content": Equal("/opt/gbo/conf/bot.env"),
		}))
		Expect(w.file(name, "/opt/gbo/conf")).To(MatchFields(IgnoreExtras, Fields{
			"Kind": Equal("directory"), "Mode": Equal("0755"), "UID": BeZero(), "GID": BeZero(),
		}))
		Expect(w.file(name, "/etc")).To(Equal(directory), "what was there stays as it was")
	})

	It("replaces files with all that they are, and leaves those of the same hash alone", func(ctx SpecContext) {
		d := under()
		name := d.made(ctx, "1")
		configure := func(file model.File, hash string) {
			GinkgoHelper()
			file.Path = "/etc/contract"
			d.configured(ctx, "1", hash, file)
			d.halted(ctx, "1")
		}
		configure(model.File{Content: []byte("a longer text"), Mode: 0o644}, "1")
		configure(model.File{Content: []byte("short"), Mode: 0o600, UID: 5}, "2")
		Expect(world().file(name, "/etc/contract")).To(Equal(found{"file", "0600", 5, 0, "short"}))
		configure(model.File{Content: []byte("other"), Mode: 0o644}, "2")
		Expect(world().file(name, "/etc/contract")).To(HaveField("Content", "short"))
		configure(model.File{LinkTarget: "/etc/hostname"}, "3")
		Expect(world().file(name, "/etc/contract")).To(HaveField("Kind", "symlink"))
		configure(model.File{LinkTarget: "/etc/hosts"}, "4")
		Expect(world().file(name, "/etc/contract")).To(HaveField("Content", "/etc/hosts"))
		configure(model.File{Content: []byte("a file again"), Mode: 0o644}, "5")
		Expect(world().file(name, "/etc/contract")).To(Equal(found{"file", "0644", 0, 0, "a file again"}))
	})

	It("shows that it is writing, and that nothing else may be done meanwhile", func(ctx SpecContext) {
		d := under()
		name := d.made(ctx, "1")
		Expect(d.host.Instances().Configure(ctx, name, d.owner, []model.File{{Path: "/etc/contract", Mode: 0o644}}, "1")).To(Succeed())
		Expect(d.look(ctx, "1")).To(Or(
			showing(Fields{"Operation": Equal("configure"), "Configured": BeEmpty(), "State": Equal(model.StateStopped)}),
			showing(Fields{"Configured": Equal("1")})))
		d.becomes(ctx, "1", idle(model.StateRunning))
	})

	It("leaves no mark when it fails, does not start, and shows no content", func(ctx SpecContext) {
		d := under()
		name := d.made(ctx, "1")
		file := model.File{Path: "/etc/contract", Content: []byte("canary-content"), Mode: 0o600}
		d.configured(ctx, "1", "1", file)
		d.halted(ctx, "1")
		file.Path = "/etc/contract/below-a-file"
		Expect(d.host.Instances().Configure(ctx, name, d.owner, []model.File{file}, "2")).To(Succeed())
		Eventually(func() map[string]model.Failure { return d.inventory(ctx).Failures }).WithTimeout(patience).
			Should(HaveKeyWithValue(name, MatchFields(IgnoreExtras, Fields{
				"Operation": Equal("configure"), "Message": And(Not(BeEmpty()), Not(ContainSubstring("canary"))), "Count": Equal(1),
			})))
		Expect(d.look(ctx, "1")).To(And(idle(model.StateStopped), showing(Fields{"Configured": BeEmpty()})))
		file.Path = "/etc/contract"
		d.configured(ctx, "1", "2", file)
		Expect(d.inventory(ctx).Failures).To(BeEmpty(), "what succeeds makes good for what failed")
	})

	It("leaves no mark on an instance that somebody starts meanwhile", func(ctx SpecContext) {
		d := under()
		name := d.made(ctx, "1")
		w := world()
		many := make([]model.File, 0, 40)
		for i := range cap(many) {
			many = append(many, model.File{Path: fmt.Sprintf("/etc/contract-%d", i), Content: []byte("x"), Mode: 0o644})
		}
		Expect(d.host.Instances().Configure(ctx, name, d.owner, many, "1")).To(Succeed())
		wait(w.behind.UpdateInstanceState(name, incusapi.InstanceStatePut{Action: "start", Timeout: -1}, ""))
		d.becomes(ctx, "1", idle(model.StateRunning))
		Expect(d.look(ctx, "1")).To(Or(
			showing(Fields{"Configured": BeEmpty()}),
			showing(Fields{"StartedAt": BeTemporally(">", time.Time{}), "Configured": Equal("1")}), // all was written before
		))
	})

	It("writes only while the instance is stopped", func(ctx SpecContext) {
		d := under()
		name := d.started(ctx, "1")
		Expect(d.host.Instances().Configure(ctx, name, d.owner, nil, "1")).To(beClass(provider.Conflict, ""))
		wait(world().behind.UpdateInstanceState(name, incusapi.InstanceStatePut{Action: "stop", Force: true}, ""))
		d.becomes(ctx, "1", idle(model.StateStopped))
		d.configured(ctx, "1", "1")
	})

	DescribeTable("refuses paths that are none", func(ctx SpecContext, path string) {
		d := under()
		Expect(d.host.Instances().Configure(ctx, d.name("1"), d.owner, []model.File{{Path: path}}, "1")).
			To(beClass(provider.Terminal, "InvalidRequest"))
	},
		Entry("relative", "etc/x"), Entry("going up", "/etc/../x"), Entry("a folder", "/etc/"), Entry("the root", "/"), Entry("empty", ""),
	)
})
