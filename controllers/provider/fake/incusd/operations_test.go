package incusd_test

import (
	"net/http"
	"time"

	incusclient "github.com/lxc/incus/v6/client"
	incusapi "github.com/lxc/incus/v6/shared/api"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

var _ = Describe("Operations", func() {
	It("can be asked for until five seconds after their end", func() {
		b := newBench()
		op, err := b.client.CreateInstance(ofBot("bot-1"))
		Expect(err).NotTo(HaveOccurred())
		uuids, err := b.client.GetOperationUUIDs()
		Expect(err).To(HaveOccurred(), "the library cannot read what a daemon answers here")
		Expect(uuids).To(BeEmpty())
		list, err := b.client.GetOperations()
		Expect(err).NotTo(HaveOccurred())
		Expect(list).To(HaveLen(1))
		Expect(list[0].ID).To(Equal(op.Get().ID))

		b.world.Advance(100*time.Millisecond + 5*time.Second - 1)
		state, _, err := b.client.GetOperation(op.Get().ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(state.StatusCode).To(Equal(incusapi.Success))
		b.world.Advance(1)
		_, _, err = b.client.GetOperation(op.Get().ID)
		Expect(code(err)).To(Equal(http.StatusNotFound))
	})

	It("are shown as they are when the patience of a wait ends", func() {
		b := newBench()
		op, err := b.client.CreateInstance(ofBot("bot-1"))
		Expect(err).NotTo(HaveOccurred())
		state, _, err := b.client.GetOperationWait(op.Get().ID, 0)
		Expect(err).NotTo(HaveOccurred())
		Expect(state.StatusCode).To(Equal(incusapi.Running))
	})

	It("cannot be cancelled", func() {
		b := newBench()
		op, err := b.client.CreateInstance(ofBot("bot-1"))
		Expect(err).NotTo(HaveOccurred())
		Expect(code(op.Cancel())).To(Equal(http.StatusBadRequest))
		Expect(code(b.client.DeleteOperation("nope"))).To(Equal(http.StatusNotFound))
	})

	When("the world runs by real time", func() {
		It("are waited for by the library, with its event listener and without", func() {
			b := newBench(func(c *fake.Config) {
				c.Clock = fake.WallClock{}
				c.Latencies = fake.Latencies{Create: fake.Exactly(20 * time.Millisecond), Start: fake.Exactly(20 * time.Millisecond)}
			})
			op, err := b.client.CreateInstance(ofBot("bot-1", started))
			Expect(err).NotTo(HaveOccurred())
			Expect(op.Wait()).To(Succeed())

			listening, err := incusclient.ConnectIncusUnix(b.server.Socket, nil)
			Expect(err).NotTo(HaveOccurred())
			op, err = listening.UpdateInstanceState("bot-1", kill, "")
			Expect(err).NotTo(HaveOccurred())
			Expect(op.Wait()).To(Succeed())
			op, err = listening.UpdateInstanceState("bot-1", kill, "")
			Expect(err).NotTo(HaveOccurred())
			Expect(op.Wait()).To(MatchError("The instance is already stopped"))
			op, err = listening.DeleteInstance("bot-1")
			Expect(err).NotTo(HaveOccurred())
			Expect(op.Wait()).To(Succeed())
		})
	})
})
