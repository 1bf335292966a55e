package incus

import (
	"time"

	incusapi "github.com/lxc/incus/v6/shared/api"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// shown is an operation as Incus shows it.
func shown(id, description string, status incusapi.StatusCode, failure string) incusapi.Operation {
	return incusapi.Operation{
		ID: id, Class: incusapi.OperationClassTask, Description: description, StatusCode: status, Err: failure,
		Resources: map[string][]string{"instances": {"/1.0/instances/x?project=p"}},
	}
}

var _ = Describe("Operations", func() {
	var now *clocktesting.FakeClock
	var o *operations
	BeforeEach(func() {
		now = clocktesting.NewFakeClock(time.Unix(1e9, 0))
		o = newOperations(now)
	})
	// ends has an operation begin and end.
	ends := func(id, description, failure string) {
		GinkgoHelper()
		status := incusapi.Success
		if failure != "" {
			status = incusapi.Failure
		}
		over, ok := o.hear(shown(id, description, status, failure))
		Expect(ok).To(BeTrue())
		o.finish(over)
	}
	failure := func() model.Failure { return o.failuresOf(nil, "x")["x"] }

	It("shows an operation until its end was dealt with", func() {
		_, ended := o.hear(shown("1", "Starting instance", incusapi.Running, ""))
		Expect(ended).To(BeFalse())
		Expect(o.about("x").verb).To(Equal("start"))
		Expect(o.under("x")).To(Equal([]string{"x"}))
		over, ended := o.hear(shown("1", "Starting instance", incusapi.Success, ""))
		Expect(ended).To(BeTrue())
		Expect(o.about("x").verb).To(Equal("start"))
		o.finish(over)
		o.finish(over)
		Expect(o.about("x").verb).To(BeEmpty())
		Expect(o.under("")).To(BeEmpty())
	})

	It("knows whose an operation is that ended before the call that began it was answered", func() {
		over, ended := o.hear(shown("1", "Creating instance", incusapi.Failure, "no"))
		Expect(ended).To(BeTrue())
		owner := model.Owner{UID: "u"}
		Expect(o.begin("1", "create", "x", model.Instance{Owner: owner})).To(BeTrue())
		Expect(o.finish(over)).To(Equal(owner))
		Expect(o.begin("1", "create", "x", model.Instance{Owner: owner})).To(BeFalse())
	})

	It("is not moved by what comes after the end", func() {
		ends("1", "Starting instance", "no")
		_, ended := o.hear(shown("1", "Starting instance", incusapi.Running, ""))
		Expect(ended).To(BeFalse())
		_, ended = o.hear(shown("1", "Starting instance", incusapi.Failure, "no"))
		Expect(ended).To(BeFalse())
		Expect(o.begin("1", "start", "x", model.Instance{})).To(BeFalse(), "the event overtook the answer")
		Expect(o.about("x").verb).To(BeEmpty())
		Expect(failure().Count).To(Equal(1))
	})

	It("keeps what it was told of its own operations", func() {
		o.hear(shown("1", "Creating instance", incusapi.Running, ""))
		Expect(o.begin("1", "create", "x", model.Instance{Name: "x", Ordinal: 3})).To(BeTrue())
		Expect(o.about("x").want.Ordinal).To(Equal(3))
	})

	It("counts failures of the same kind in a row", func() {
		ends("1", "Starting instance", "first\n  words")
		now.Step(time.Second)
		ends("2", "Starting instance", "second")
		Expect(failure()).To(Equal(model.Failure{Operation: "start", Message: "second", At: now.Now(), Count: 2}))
		ends("3", "Stopping instance", "third")
		Expect(failure()).To(And(HaveField("Operation", "stop"), HaveField("Count", 1)))
	})

	DescribeTable("forgets a failure after", func(failed, succeeded string, forgotten bool) {
		ends("1", failed, "no")
		ends("2", succeeded, "")
		if forgotten {
			Expect(failure().Count).To(BeZero())
			return
		}
		Expect(failure().Count).NotTo(BeZero())
	},
		Entry("the same", "Starting instance", "Starting instance", true),
		Entry("another: not", "Stopping instance", "Starting instance", false),
		Entry("a start, for a create that could not start", "Creating instance", "Starting instance", true),
		Entry("a start that was a thaw", "Starting instance", "Unfreezing instance", true),
		Entry("a deletion", "Stopping instance", "Deleting instance", true),
		Entry("a creation", "Starting instance", "Creating instance", true),
	)

	It("asks nobody after what the driver does itself, and forgets its failure after a start", func() {
		begun := o.beginOurs("configure", "x", model.Owner{})
		now.Step(time.Minute)
		Expect(o.about("x").verb).To(Equal("configure"))
		Expect(o.ids()).To(BeEmpty())
		Expect(o.silent("", 0)).To(BeEmpty())
		o.finish(ending{operation: begun, failed: "no", known: true})
		Expect(failure()).To(And(HaveField("Operation", "configure"), HaveField("Count", 1)))
		ends("1", "Starting instance", "")
		Expect(failure().Count).To(BeZero())
	})

	It("judges nothing when the end was not seen", func() {
		o.begin("1", "start", "x", model.Instance{})
		over, ok := o.lose("1")
		Expect(ok).To(BeTrue())
		o.finish(over)
		Expect(o.about("x").verb).To(BeEmpty())
		Expect(o.failuresOf([]string{"x"}, "")).To(BeEmpty())
		_, ok = o.lose("1")
		Expect(ok).To(BeFalse())
	})

	It("asks after the silent ones at intervals", func() {
		o.begin("1", "start", "x", model.Instance{})
		Expect(o.silent("", time.Second)).To(BeEmpty())
		now.Step(time.Second)
		Expect(o.silent("y", time.Second)).To(BeEmpty())
		Expect(o.silent("x", time.Second)).To(Equal([]string{"1"}))
		Expect(o.silent("x", time.Second)).To(BeEmpty())
	})

	It("forgets in time", func() {
		ends("1", "Creating instance", "no")
		now.Step(2 * time.Hour)
		o.forget(func(string) bool { return false })
		Expect(failure().Count).To(BeZero())
		ends("2", "Deleting instance", "")
		Expect(o.ended).To(HaveLen(1))
	})
})

var _ = DescribeTable("The verb of an operation", func(operation incusapi.Operation, verb, name string) {
	gotVerb, gotName := verbOf(operation)
	Expect([]string{gotVerb, gotName}).To(Equal([]string{verb, name}))
},
	Entry("is in its description", shown("1", "Creating instance", incusapi.Running, ""), "create", "x"),
	Entry("is none for what does not count", shown("1", "Snapshotting instance", incusapi.Running, ""), "", ""),
	Entry("is none for commands", incusapi.Operation{
		Class: incusapi.OperationClassWebsocket, Description: "Executing command", Resources: map[string][]string{"instances": {"/1.0/instances/x"}},
	}, "", ""),
	Entry("is none for what is about several", incusapi.Operation{
		Class: incusapi.OperationClassTask, Description: "Stopping instance",
		Resources: map[string][]string{"instances": {"/1.0/instances/x", "/1.0/instances/y"}},
	}, "", ""),
	Entry("is none for images", incusapi.Operation{Class: incusapi.OperationClassTask, Description: "Downloading image"}, "", ""),
)

var _ = DescribeTable("The name in a URL", func(resourceURL, name, pool, volume string) {
	gotPool, gotVolume := volumeIn(resourceURL)
	Expect([]string{nameIn(resourceURL), gotPool, gotVolume}).To(Equal([]string{name, pool, volume}))
},
	Entry("of an instance", "/1.0/instances/x?project=p", "x", "", ""),
	Entry("of a volume", "/1.0/storage-pools/p/volumes/custom/x?project=p", "x", "p", "x"),
	Entry("of an instance's volume", "/1.0/storage-pools/p/volumes/container/x", "x", "", ""),
	Entry("of nothing", "", "", "", ""),
	Entry("of what is none", "%", "", "", ""),
)
