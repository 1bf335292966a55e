package botcluster

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/utils/clock"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
)

// slowEdge answers after a while, and tells how many questions it was asked.
type slowEdge struct {
	took  time.Duration
	asked int
}

func (e *slowEdge) answer(context.Context) plan.EdgeObservation {
	e.asked++
	number := e.asked
	<-time.After(e.took)
	return plan.EdgeObservation{State: model.EdgeState{Process: string(rune('0' + number))}}
}

// inBubble runs a test in a world whose time passes only when somebody waits for it.
func inBubble(t *testing.T, took time.Duration, test func(g *WithT, edge *slowEdge, ask func() plan.EdgeObservation)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		edge, asked := &slowEdge{took: took}, &askings{clock: clock.RealClock{}}
		test(NewWithT(t), edge, func() plan.EdgeObservation { return asked.ask(t.Context(), "edge-1", edge.answer) })
	})
}

func TestAskingGivesAPromptAnswerAndAsksAgainTheNextTime(t *testing.T) {
	inBubble(t, time.Millisecond, func(g *WithT, _ *slowEdge, ask func() plan.EdgeObservation) {
		g.Expect(ask().State.Process).To(Equal("1"))
		g.Expect(ask().State.Process).To(Equal("2"))
	})
}

func TestAskingDoesNotWaitForASlowAnswerWhichALaterPassHears(t *testing.T) {
	inBubble(t, time.Second, func(g *WithT, edge *slowEdge, ask func() plan.EdgeObservation) {
		began := time.Now()
		g.Expect(ask().Err).To(MatchError(errEdgeBoots))
		g.Expect(time.Since(began)).To(Equal(edgePatience))
		g.Expect(ask().Err).To(MatchError(errEdgeBoots))
		<-time.After(time.Second)
		g.Expect(ask().State.Process).To(Equal("1"))
		g.Expect(edge.asked).To(Equal(1))
	})
}

func TestAskingTakesNoOldAnswerForANewOne(t *testing.T) {
	inBubble(t, 2*edgePatience, func(g *WithT, _ *slowEdge, ask func() plan.EdgeObservation) {
		g.Expect(ask().Err).To(HaveOccurred())
		<-time.After(time.Minute)
		g.Expect(ask().Err).To(HaveOccurred())
		<-time.After(2 * edgePatience)
		g.Expect(ask().State.Process).To(Equal("2"))
	})
}
