package contract_test

import (
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	. "github.com/onsi/gomega/gstruct"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider"
)

var _ = incusContract("when something about an instance changes", func(world func() *incusWorld, under func() *driver) {
	It("sets, changes and removes limits while it runs, and leaves the rest alone", func(ctx SpecContext) {
		d := under()
		name := d.started(ctx, "1")
		change := func(config map[string]string) {
			GinkgoHelper()
			Expect(d.host.Instances().Change(ctx, name, d.owner, model.InstanceChange{Config: config})).To(Succeed())
		}
		before := world().config(name)
		// Limits that every kernel has; those of disks and networks ask for more.
		change(map[string]string{"limits.cpu": "1", "limits.memory": "512MiB", "limits.processes": "500"})
		Expect(d.look(ctx, "1")).To(showing(Fields{
			"Config": Equal(map[string]string{"limits.cpu": "1", "limits.memory": "512MiB", "limits.processes": "500"}),
		}))
		change(map[string]string{"limits.memory": "256MiB", "limits.processes": ""})
		Expect(d.look(ctx, "1")).To(showing(Fields{
			"Config": Equal(map[string]string{"limits.cpu": "1", "limits.memory": "256MiB"}), "State": Equal(model.StateRunning),
		}))
		after := world().config(name)
		for key, value := range before {
			// Incus writes volatile.* whenever it likes.
			if !strings.HasPrefix(key, "volatile.") {
				Expect(after).To(HaveKeyWithValue(key, value))
			}
		}
	})

	It("sets, changes and removes devices", func(ctx SpecContext) {
		d := under()
		name := d.started(ctx, "1")
		root := model.Device{"type": "disk", "path": "/", "pool": incusPool, "size": "2GiB"}
		port := model.Device{"type": "proxy", "listen": "tcp:" + portOfNobody(), "connect": "tcp:127.0.0.1:8080"}
		Expect(d.host.Instances().Change(ctx, name, d.owner, model.InstanceChange{
			Devices: map[string]model.Device{"root": root, "port": port},
		})).To(Succeed())
		Expect(d.look(ctx, "1")).To(showing(Fields{"Devices": Equal(map[string]model.Device{"root": root, "port": port})}))

		root["size"] = "3GiB"
		// The daemon writes keys of its own meanwhile; a removal that meets one is a conflict, and asked for again.
		Eventually(func() error {
			return d.host.Instances().Change(ctx, name, d.owner, model.InstanceChange{
				Config: map[string]string{"limits.cpu": "1"}, Devices: map[string]model.Device{"root": root, "port": nil, "never": nil},
			})
		}).WithTimeout(patience).Should(Succeed())
		d.becomes(ctx, "1", showing(Fields{
			"Devices": Equal(map[string]model.Device{"root": root}), "Config": Equal(map[string]string{"limits.cpu": "1"}),
			"State": Equal(model.StateRunning), "Operation": BeEmpty(),
		}))
		Expect(d.inventory(ctx).Failures).To(BeEmpty())
	})

	It("marks an instance as leaving and takes the mark back", func(ctx SpecContext) {
		d := under()
		name := d.made(ctx, "1")
		since := time.Now().Add(-time.Minute)
		Expect(d.host.Instances().Change(ctx, name, d.owner, model.InstanceChange{DrainingSince: &since})).To(Succeed())
		Expect(d.look(ctx, "1")).To(showing(Fields{"DrainingSince": BeTemporally("==", since)}))
		Expect(d.host.Instances().Change(ctx, name, d.owner, model.InstanceChange{DrainingSince: &time.Time{}})).To(Succeed())
		Expect(d.look(ctx, "1")).To(showing(Fields{"DrainingSince": BeZero()}))
	})

	It("tags an instance as one that waits, and as one that was restarted, and takes the tags away", func(ctx SpecContext) {
		d := under()
		want := d.spec("1")
		want.Standby = true
		Expect(d.host.Instances().Create(ctx, want)).To(Succeed())
		Expect(d.look(ctx, "1")).To(showing(Fields{"Standby": BeTrue()}), "while it is being made")
		d.becomes(ctx, "1", And(idle(model.StateStopped), showing(Fields{"Standby": BeTrue(), "Restarted": BeZero()})))
		change := func(change model.InstanceChange) {
			GinkgoHelper()
			Expect(d.host.Instances().Change(ctx, d.name("1"), d.owner, change)).To(Succeed())
		}
		at := time.Now().Add(-time.Minute)
		change(model.InstanceChange{Standby: new(false), Restarted: &at})
		Expect(d.look(ctx, "1")).To(showing(Fields{"Standby": BeFalse(), "Restarted": BeTemporally("==", at), "DrainingSince": BeZero()}))
		change(model.InstanceChange{Standby: new(true), Restarted: &time.Time{}})
		Expect(d.look(ctx, "1")).To(showing(Fields{"Standby": BeTrue(), "Restarted": BeZero()}))
	})

	DescribeTable("is refused with the daemon's words and changes nothing", func(ctx SpecContext, change model.InstanceChange, words string) {
		d := under()
		name := d.made(ctx, "1")
		err := d.host.Instances().Change(ctx, name, d.owner, change)
		Expect(err).To(beClass(provider.Terminal, "InvalidRequest"))
		Expect(provider.MessageOf(err, "")).To(ContainSubstring(words))
		Expect(d.look(ctx, "1")).To(showing(Fields{"Config": BeEmpty(), "Devices": BeEmpty()}))
	},
		Entry("a limit that is none",
			model.InstanceChange{Config: map[string]string{"limits.memory": "banana"}}, "banana"),
		Entry("a device on a network that is not there",
			model.InstanceChange{Devices: map[string]model.Device{"eth0": {"type": "nic", "name": "eth0", "network": "nowhere"}}}, "nowhere"),
	)
})
