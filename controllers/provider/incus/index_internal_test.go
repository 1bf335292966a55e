package incus

import (
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// ownedBy is an instance with tags.
func ownedBy(name, uid string) *model.Instance {
	return &model.Instance{Name: name, Owner: model.Owner{Manager: "m", UID: uid}, State: model.StateStopped}
}

// state is what an index says of an instance in one word.
func state(x *index, name string) string {
	instance, present, stale := x.get(name)
	switch {
	case stale:
		return "stale"
	case !present:
		return "absent"
	default:
		return string(instance.State)
	}
}

var _ = Describe("The index", func() {
	var x *index
	BeforeEach(func() { x = newIndex() })
	running := func(name string) *model.Instance {
		instance := ownedBy(name, "u")
		instance.State = model.StateRunning
		return instance
	}

	It("drops the answer of a read that began before one that is there", func() {
		older, younger := x.begin(), x.begin()
		x.set("a", younger, running("a"))
		Expect(x.set("a", older, ownedBy("a", "u"))).To(BeEmpty())
		Expect(state(x, "a")).To(Equal("Running"))
	})

	It("takes a read that began before the last reason to read for too old", func() {
		began := x.begin()
		x.mark("a")
		x.set("a", began, ownedBy("a", "u"))
		Expect(state(x, "a")).To(Equal("stale"))
		x.set("a", x.begin(), running("a"))
		Expect(state(x, "a")).To(Equal("Running"))
	})

	It("does not bring back what went while a list was on its way", func() {
		x.set("a", x.begin(), ownedBy("a", "u"))
		list := x.begin()
		x.set("a", x.begin(), nil)
		Expect(x.replace(list, []model.Instance{*ownedBy("a", "u")})).To(BeEmpty())
		Expect(state(x, "a")).To(Equal("absent"))
	})

	It("does not lose what came while a list was on its way", func() {
		list := x.begin()
		x.set("a", x.begin(), ownedBy("a", "u"))
		x.replace(list, nil)
		Expect(state(x, "a")).To(Equal("Stopped"))
	})

	It("forgets what two lists have missed", func() {
		x.set("a", x.begin(), ownedBy("a", "u"))
		x.replace(x.begin(), nil)
		x.replace(x.begin(), nil)
		Expect(x.entries).To(BeEmpty())
		Expect(x.names.under("")).To(BeEmpty())
		Expect(x.owners).To(BeEmpty())
	})

	It("names the owners for whom something changed, before and after", func() {
		owner := func(uid string) model.Owner { return model.Owner{Manager: "m", UID: uid} }
		Expect(x.set("a", x.begin(), ownedBy("a", "u"))).To(ConsistOf(owner("u")))
		Expect(x.set("a", x.begin(), ownedBy("a", "u"))).To(BeEmpty())
		Expect(x.set("a", x.begin(), ownedBy("a", "v"))).To(ConsistOf(owner("u"), owner("v")))
		Expect(x.set("a", x.begin(), &model.Instance{Name: "a", State: model.StateUnknown})).To(ConsistOf(owner("v")))
		Expect(x.set("a", x.begin(), nil)).To(BeEmpty())
	})

	It("finds by owner, by manager and by prefix, each name once", func() {
		for i, uid := range []string{"u", "u", "v", ""} {
			name := fmt.Sprintf("p-%d", i)
			x.set(name, x.begin(), ownedBy(name, uid))
		}
		x.set("other", x.begin(), ownedBy("other", "u"))
		stranger := ownedBy("stranger", "u")
		stranger.Owner.Manager = "n"
		x.set("stranger", x.begin(), stranger)
		Expect(x.namesFor(model.Owner{Manager: "m", UID: "u"})).To(Equal([]string{"other", "p-0", "p-1"}))
		Expect(x.namesFor(model.Owner{Manager: "m", UID: "u", Prefix: "p-"})).To(Equal([]string{"other", "p-0", "p-1", "p-2", "p-3"}))
		Expect(x.namesFor(model.Owner{Manager: "m"})).To(Equal([]string{"other", "p-0", "p-1", "p-2"}))
		Expect(x.namesFor(model.Owner{Manager: "m", UID: "w", Prefix: "q-"})).To(BeEmpty())
	})
})

var _ = DescribeTable("Sorted names finds prefixes as ranges", func(prefix string, want ...string) {
	var names sortedNames
	for _, name := range []string{"b-1", "a-2", "b", "b-10", "b.", "c", "a-2"} {
		names.insert(name)
	}
	names.remove("c")
	names.remove("never")
	Expect(names.under(prefix)).To(HaveExactElements(want))
},
	Entry("all", "", "a-2", "b", "b-1", "b-10", "b."),
	Entry("some", "b-", "b-1", "b-10"),
	Entry("one", "b-10", "b-10"),
	Entry("none", "c"),
	Entry("none before", "0"),
)
