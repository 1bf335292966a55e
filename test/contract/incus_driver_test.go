package contract_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-logr/logr"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	. "github.com/onsi/gomega/gstruct"
	"github.com/onsi/gomega/types"
	"k8s.io/utils/clock"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider"
	"github.com/generalbots/botcluster-operator/controllers/provider/incus"
)

// patience is how long a spec waits for what real containers do: a second as a rule, a minute on a host whose disk is busy
// writing what was built just before.
const patience = 2 * time.Minute

// driver is the driver under test, with an owner of its own.
type driver struct {
	hosts *incus.Hosts
	host  provider.Host
	owner model.Owner

	mu       sync.Mutex
	notified []model.Owner
}

// newDriver connects the driver with an identity and removes what its owner leaves behind.
func newDriver(identity model.Identity) *driver {
	GinkgoHelper()
	return newDriverBy(identity, clock.RealClock{})
}

// newDriverBy is newDriver with another clock.
func newDriverBy(identity model.Identity, by incus.Clock) *driver {
	GinkgoHelper()
	d := &driver{owner: newOwner()}
	d.hosts = incus.NewHosts(context.Background(), incus.Options{
		Clock: by, Notify: d.hear, AllowedSockets: []string{identity.UnixSocket}, Logger: logr.Discard(),
	})
	DeferCleanup(d.hosts.Close)
	var err error
	d.host, err = d.hosts.Host(identity)
	Expect(err).NotTo(HaveOccurred())
	return d
}

// serial tells the owners of one run apart.
var serial = struct {
	sync.Mutex
	last int
}{}

// newOwner is an owner that no other spec has, not even of another run on the same daemon.
func newOwner() model.Owner {
	serial.Lock()
	defer serial.Unlock()
	serial.last++
	id := fmt.Sprintf("%x-%d", time.Now().UnixNano(), serial.last)
	return model.Owner{Manager: "contract", UID: "uid-" + id, Namespace: "specs", Name: "owner-" + id, Prefix: "c-" + id + "-"}
}

func (d *driver) hear(owner model.Owner) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.notified = append(d.notified, owner)
}

// told tells how often the owner was notified.
func (d *driver) told() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(slices.DeleteFunc(slices.Clone(d.notified), func(owner model.Owner) bool { return owner.UID != d.owner.UID }))
}

// settled is told once the owner has not been notified for a while.
func (d *driver) settled() int {
	GinkgoHelper()
	last := -1
	Eventually(func() bool {
		before := last
		last = d.told()
		return last == before
	}).WithTimeout(patience).WithPolling(300 * time.Millisecond).Should(BeTrue())
	return last
}

func (d *driver) name(suffix string) string { return d.owner.Prefix + suffix }

// spec is an instance to be made from the image.
func (d *driver) spec(suffix string) model.InstanceSpec {
	return model.InstanceSpec{
		Name: d.name(suffix), Owner: d.owner, Tier: model.TierBot, Ordinal: 7, Template: "template-1",
		Image: model.Image{Alias: incusImage}, Profiles: []string{"default"},
	}
}

func (d *driver) inventory(ctx SpecContext) model.Inventory {
	GinkgoHelper()
	inventory, err := d.host.Inventory(ctx, d.owner)
	Expect(err).NotTo(HaveOccurred())
	return inventory
}

// look returns an instance as the inventory shows it, nil when it does not.
func (d *driver) look(ctx SpecContext, suffix string) *model.Instance {
	GinkgoHelper()
	for _, instance := range d.inventory(ctx).Instances {
		if instance.Name == d.name(suffix) {
			return &instance
		}
	}
	return nil
}

// looking is look for Eventually and Consistently.
func (d *driver) looking(ctx SpecContext, suffix string) func(Gomega) *model.Instance {
	return func(g Gomega) *model.Instance {
		inventory, err := d.host.Inventory(ctx, d.owner)
		g.Expect(err).NotTo(HaveOccurred())
		for _, instance := range inventory.Instances {
			if instance.Name == d.name(suffix) {
				return &instance
			}
		}
		return nil
	}
}

// becomes waits until the inventory shows an instance as told.
func (d *driver) becomes(ctx SpecContext, suffix string, matcher types.GomegaMatcher) {
	GinkgoHelper()
	Eventually(d.looking(ctx, suffix)).WithContext(ctx).WithTimeout(patience).WithPolling(20 * time.Millisecond).Should(matcher)
}

// made makes an instance and waits until it is there.
func (d *driver) made(ctx SpecContext, suffix string) string {
	GinkgoHelper()
	Expect(d.host.Instances().Create(ctx, d.spec(suffix))).To(Succeed())
	d.becomes(ctx, suffix, idle(model.StateStopped))
	return d.name(suffix)
}

// configured writes files into an instance that is stopped, and waits until it has its mark and runs.
func (d *driver) configured(ctx SpecContext, suffix, hash string, files ...model.File) {
	GinkgoHelper()
	Expect(d.host.Instances().Configure(ctx, d.name(suffix), d.owner, files, hash)).To(Succeed())
	d.becomes(ctx, suffix, And(idle(model.StateRunning), showing(Fields{"Configured": Equal(hash)})))
}

// halted stops an instance by force, and waits until it did.
func (d *driver) halted(ctx SpecContext, suffix string) {
	GinkgoHelper()
	Expect(d.host.Instances().Stop(ctx, d.name(suffix), d.owner, 0)).To(Succeed())
	d.becomes(ctx, suffix, idle(model.StateStopped))
}

// started makes and starts an instance, and waits until it runs.
func (d *driver) started(ctx SpecContext, suffix string) string {
	GinkgoHelper()
	want := d.spec(suffix)
	want.Start = true
	Expect(d.host.Instances().Create(ctx, want)).To(Succeed())
	d.becomes(ctx, suffix, idle(model.StateRunning))
	return want.Name
}

// idle is an instance of ours in a state, with nothing under way.
func idle(state model.InstanceState) types.GomegaMatcher {
	return PointTo(MatchFields(IgnoreExtras, Fields{"State": Equal(state), "Operation": BeEmpty(), "Owned": BeTrue()}))
}

// showing is an instance with some fields as told.
func showing(fields Fields) types.GomegaMatcher { return PointTo(MatchFields(IgnoreExtras, fields)) }

// beClass is an error of a class, and of a reason unless that is empty.
func beClass(class provider.Class, reason string) types.GomegaMatcher {
	return WithTransform(func(err error) string {
		return fmt.Sprintf("%v %s %v", provider.ClassOf(err), provider.ReasonOf(err, ""), err == nil)
	}, Equal(fmt.Sprintf("%v %s %v", class, reason, false)))
}
