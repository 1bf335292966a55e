package incus

import (
	"net/netip"
	"time"

	incusapi "github.com/lxc/incus/v6/shared/api"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

var _ = DescribeTable("The state of an instance", func(status incusapi.StatusCode, state model.InstanceState, operation string) {
	instance := convert(fullInstance{StatusCode: status, State: &fullState{StatusCode: status}})
	Expect(instance.State).To(Equal(state))
	Expect(instance.Operation).To(Equal(operation))
},
	Entry("running", incusapi.Running, model.StateRunning, ""),
	Entry("ready", incusapi.Ready, model.StateRunning, ""),
	Entry("thawed", incusapi.Thawed, model.StateRunning, ""),
	Entry("stopped", incusapi.Stopped, model.StateStopped, ""),
	Entry("frozen", incusapi.Frozen, model.StateFrozen, ""),
	Entry("freezing", incusapi.Freezing, model.StateRunning, "freeze"),
	Entry("starting", incusapi.Starting, model.StateStopped, "start"),
	Entry("stopping", incusapi.Stopping, model.StateRunning, "stop"),
	Entry("aborting", incusapi.Aborting, model.StateRunning, "stop"),
	Entry("error", incusapi.Error, model.StateUnknown, ""),
	Entry("what nobody knows", incusapi.StatusCode(999), model.StateUnknown, ""),
	Entry("nothing", incusapi.StatusCode(0), model.StateUnknown, ""),
)

var _ = Describe("An instance as Incus shows it", func() {
	It("is unknown when its state was not read", func() {
		Expect(convert(fullInstance{StatusCode: incusapi.Running})).To(HaveField("State", model.StateUnknown))
	})

	It("gives back what was tagged", func() {
		since := time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("", 3600))
		want := model.InstanceSpec{
			Owner: model.Owner{Manager: "m", UID: "u", Namespace: "ns", Name: "n"}, Tier: model.TierEdge, Ordinal: 4, Template: "t",
			Config: map[string]string{"limits.cpu": "2", "boot.autostart": "false"},
		}
		body := post(want)
		body.Config[tagDraining] = timeTag(since)
		body.Config[tagConfigured] = "f"
		got := convert(fullInstance{StatusCode: incusapi.Stopped, State: &fullState{}, Config: body.Config, Location: "none"})
		Expect(got.Owner).To(Equal(want.Owner))
		Expect([]any{got.Tier, got.Ordinal, got.Template, got.Configured, got.Location}).To(Equal([]any{model.TierEdge, 4, "t", "f", ""}))
		Expect(got.DrainingSince).To(BeTemporally("==", since))
		Expect(got.Config).To(Equal(map[string]string{"limits.cpu": "2"}))
	})

	It("has no owner and no ordinal when it was not tagged", func() {
		got := convert(fullInstance{StatusCode: incusapi.Stopped, State: &fullState{}})
		Expect(got.Owner).To(BeZero())
		Expect(got.Ordinal).To(Equal(noOrdinal))
		Expect(belongs(got.Owner, model.Owner{})).To(BeFalse())
		Expect(belongs(got.Owner, model.Owner{Manager: "m"})).To(BeFalse())
	})

	DescribeTable("began", func(full fullInstance, want time.Time) {
		Expect(convert(full).StartedAt).To(BeTemporally("==", want))
	},
		Entry("when its init did", fullInstance{
			State: &fullState{StartedAt: time.Unix(1e9, 0)}, LastUsedAt: time.Unix(2e9, 0),
		}, time.Unix(1e9, 0)),
		Entry("when it was last told to", fullInstance{State: &fullState{}, LastUsedAt: time.Unix(2e9, 0)}, time.Unix(2e9, 0)),
		Entry("never, as Incus writes it", fullInstance{State: &fullState{}, LastUsedAt: time.Unix(0, 0)}, time.Time{}),
		Entry("never", fullInstance{State: &fullState{}}, time.Time{}),
	)
})

var _ = DescribeTable("The address of an instance", func(want string, addresses ...incusapi.InstanceStateNetworkAddress) {
	expected := netip.Addr{}
	if want != "" {
		expected = netip.MustParseAddr(want)
	}
	Expect(address(addresses)).To(Equal(expected))
},
	Entry("none", ""),
	Entry("not the link's", "", incusapi.InstanceStateNetworkAddress{Address: "fe80::1", Scope: "link"}),
	Entry("IPv4", "10.0.0.2", incusapi.InstanceStateNetworkAddress{Address: "10.0.0.2", Scope: "global"}),
	Entry("IPv6", "fd00::2", incusapi.InstanceStateNetworkAddress{Address: "fd00::2", Scope: "global"}),
	Entry("IPv4 before IPv6", "10.0.0.2", incusapi.InstanceStateNetworkAddress{Address: "fd00::2", Scope: "global"},
		incusapi.InstanceStateNetworkAddress{Address: "10.0.0.2", Scope: "global"}),
	Entry("not what is none", "", incusapi.InstanceStateNetworkAddress{Address: "?", Scope: "global"}),
)

var _ = DescribeTable("The differences of devices", func(wanted map[string]model.Device, set []string, removed []string) {
	current := map[string]map[string]string{"same": {"type": "nic"}, "changed": {"type": "disk"}, "gone": {"type": "proxy"}}
	gotSet, gotRemoved := differingDevices(current, wanted)
	names := []string{}
	for name := range gotSet {
		names = append(names, name)
	}
	Expect(names).To(ConsistOf(set))
	Expect(gotRemoved).To(ConsistOf(removed))
},
	Entry("none wanted", nil, nil, nil),
	Entry("as it is", map[string]model.Device{"same": {"type": "nic"}}, nil, nil),
	Entry("one changed", map[string]model.Device{"changed": {"type": "disk", "size": "1GiB"}}, []string{"changed"}, nil),
	Entry("one new", map[string]model.Device{"new": {"type": "disk"}}, []string{"new"}, nil),
	Entry("one gone", map[string]model.Device{"gone": nil}, nil, []string{"gone"}),
	Entry("one gone that never was", map[string]model.Device{"never": nil}, nil, nil),
)
