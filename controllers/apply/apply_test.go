package apply_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/apply"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
	"github.com/generalbots/botcluster-operator/controllers/provider"
)

var (
	owner = model.Owner{UID: "uid-crew"}

	errClumsy = errors.New("it slipped")
)

func classified(class provider.Class) error {
	return &provider.Error{Class: class, Message: class.String()}
}

func ports(o *outside) apply.Ports {
	return apply.Ports{
		Host: host{outside: o}, Owner: owner,
		Edge:      func(instance string) provider.Edge { return edge{o, instance} },
		CreateKey: func(ctx context.Context, secret string) error { return o.call(ctx, "create key %s", secret) },
	}
}

// steps are of one verb and tier, for bot-1, bot-2 and so on.
func steps(count int, verb plan.Verb) []plan.Step {
	var out []plan.Step
	for ordinal := 1; ordinal <= count; ordinal++ {
		out = append(out, plan.Step{Verb: verb, Target: fmt.Sprintf("bot-%d", ordinal), Tier: model.TierBot})
	}
	return out
}

// tellEdge is all that an edge can be told.
func tellEdge(name string) []plan.Step {
	return []plan.Step{
		{Verb: plan.VerbSetPool, Target: name, Tier: model.TierEdge, Pool: model.Pool{Revision: "p1"}},
		{Verb: plan.VerbSetSecrets, Target: name, Tier: model.TierEdge, Secrets: model.EdgeSecrets{Revision: "s1"}},
		{Verb: plan.VerbSetRoutes, Target: name, Tier: model.TierEdge, Routes: model.Routes{Revision: "r1"}},
	}
}

// outcome tells of each result what became of it.
func outcome(results []apply.Result) []string {
	var out []string
	for _, result := range results {
		became := "done"
		switch {
		case result.Skipped:
			became = "skipped"
		case result.Err != nil:
			became = "failed"
		}
		out = append(out, fmt.Sprintf("%s %s", result.Step.Target, became))
	}
	return out
}

var _ = Describe("Carrying out a step", func() {
	since := time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

	DescribeTable("calls what does it", func(ctx SpecContext, step plan.Step, call string) {
		o := newOutside()
		results := apply.Run(ctx, []plan.Step{step}, ports(o), 1)
		Expect(o.calls).To(HaveExactElements(call))
		Expect(results).To(HaveExactElements(apply.Result{Step: step}))
	},
		Entry(nil, plan.Step{Verb: plan.VerbCreateVolume, Volume: model.Volume{Name: "edge-1-data", Pool: "fast"}},
			"create volume edge-1-data in fast"),
		Entry(nil, plan.Step{Verb: plan.VerbDeleteVolume, Volume: model.Volume{Name: "edge-1-data", Pool: "fast"}},
			"delete volume edge-1-data in fast"),
		Entry(nil, plan.Step{Verb: plan.VerbCreate, Target: "bot-1", Instance: model.InstanceSpec{Name: "bot-1", Owner: owner}},
			"create bot-1 of uid-crew"),
		Entry(nil, plan.Step{Verb: plan.VerbConfigure, Target: "bot-1", Files: make([]model.File, 2), FilesHash: "abc"},
			"configure bot-1 of uid-crew with 2 files abc"),
		Entry(nil, plan.Step{Verb: plan.VerbStart, Target: "bot-1"}, "start bot-1 of uid-crew"),
		Entry(nil, plan.Step{Verb: plan.VerbChange, Target: "bot-1", Change: model.InstanceChange{Config: map[string]string{"limits.cpu": "2"}}},
			"change bot-1 of uid-crew: map[limits.cpu:2] <nil>"),
		Entry(nil, plan.Step{Verb: plan.VerbMark, Target: "bot-1", Change: model.InstanceChange{DrainingSince: &since}},
			"change bot-1 of uid-crew: map[] 2026-03-01 12:00:00 +0000 UTC"),
		Entry(nil, plan.Step{Verb: plan.VerbUnmark, Target: "bot-1", Change: model.InstanceChange{DrainingSince: &time.Time{}}},
			"change bot-1 of uid-crew: map[] 0001-01-01 00:00:00 +0000 UTC"),
		Entry(nil, plan.Step{Verb: plan.VerbStop, Target: "bot-1", Grace: 15 * time.Second}, "stop bot-1 of uid-crew within 15s"),
		Entry(nil, plan.Step{Verb: plan.VerbStop, Target: "bot-1"}, "stop bot-1 of uid-crew within 0s"),
		Entry(nil, plan.Step{Verb: plan.VerbRestart, Target: "bot-1", Change: model.InstanceChange{DrainingSince: &since, Restarted: &since}},
			"change bot-1 of uid-crew: map[] 2026-03-01 12:00:00 +0000 UTC"),
		Entry(nil, plan.Step{Verb: plan.VerbPromote, Target: "bot-1", Change: model.InstanceChange{Standby: new(bool)}},
			"change bot-1 of uid-crew: map[] <nil>"),
		Entry(nil, plan.Step{Verb: plan.VerbFreeze, Target: "bot-1"}, "freeze bot-1 of uid-crew"),
		Entry(nil, plan.Step{Verb: plan.VerbDelete, Target: "bot-1"}, "delete bot-1 of uid-crew"),
		Entry(nil, plan.Step{Verb: plan.VerbSetPool, Target: "edge-1", Pool: model.Pool{Revision: "p1"}}, "pool p1 to edge-1"),
		Entry(nil, plan.Step{Verb: plan.VerbCreateKey, Target: "crew-edge"}, "create key crew-edge"),
		Entry(nil, plan.Step{Verb: plan.VerbSetSecrets, Target: "edge-1", Secrets: model.EdgeSecrets{Revision: "s1"}}, "secrets s1 to edge-1"),
		Entry(nil, plan.Step{Verb: plan.VerbSetRoutes, Target: "edge-1", Routes: model.Routes{Revision: "r1"}}, "routes r1 to edge-1"),
	)

	It("refuses a verb that it does not know", func(ctx SpecContext) {
		o := newOutside()
		results := apply.Run(ctx, []plan.Step{{Verb: "Juggle", Target: "bot-1"}}, ports(o), 1)
		Expect(o.calls).To(BeEmpty())
		Expect(results[0].Err).To(MatchError(ContainSubstring(`"Juggle"`)))
	})

	DescribeTable("takes what is gone already for done", func(ctx SpecContext, verb plan.Verb, fine bool) {
		o := newOutside()
		o.answer = func(string) error { return classified(provider.NotFound) }
		results := apply.Run(ctx, steps(1, verb), ports(o), 1)
		Expect(results[0].Err == nil).To(Equal(fine))
	},
		Entry("a stop", plan.VerbStop, true),
		Entry("a delete", plan.VerbDelete, true),
		Entry("a delete of a volume", plan.VerbDeleteVolume, true),
		Entry("but not a start", plan.VerbStart, false),
		Entry("but not a change", plan.VerbChange, false),
		Entry("but not files", plan.VerbConfigure, false),
		Entry("but not a mark", plan.VerbMark, false),
	)
})

var _ = Describe("Carrying out a plan", func() {
	It("does nothing when there is nothing to do", func(ctx SpecContext) {
		Expect(apply.Run(ctx, nil, ports(newOutside()), 1)).To(BeEmpty())
	})

	It("keeps the order, in what it does and in what it tells", func(ctx SpecContext) {
		o := newOutside()
		plan := append(steps(3, plan.VerbStart), steps(2, plan.VerbDelete)...)
		results := apply.Run(ctx, plan, ports(o), 1)
		Expect(o.calls).To(Equal([]string{
			"start bot-1 of uid-crew", "start bot-2 of uid-crew", "start bot-3 of uid-crew",
			"delete bot-1 of uid-crew", "delete bot-2 of uid-crew",
		}))
		for i, result := range results {
			Expect(result.Step).To(Equal(plan[i]))
		}
	})

	It("has as many under way as allowed, and no more", func(ctx SpecContext) {
		o := newOutside()
		o.held = make(chan struct{})
		done := make(chan []apply.Result)
		go func() { done <- apply.Run(ctx, steps(10, plan.VerbStart), ports(o), 3) }()
		for range 3 {
			Eventually(ctx, o.entered).Should(Receive())
		}
		for range 10 {
			o.held <- struct{}{}
		}
		Expect(outcome(<-done)).To(HaveLen(10))
		Expect(o.atOnce).To(Equal(3))
		Expect(o.calls).To(HaveLen(10))
	}, SpecTimeout(10*time.Second))

	DescribeTable("goes on after an error that says nothing about the others", func(ctx SpecContext, err error) {
		o := newOutside()
		o.answer = func(call string) error {
			if call == "start bot-1 of uid-crew" {
				return err
			}
			return nil
		}
		Expect(outcome(apply.Run(ctx, steps(3, plan.VerbStart), ports(o), 1))).
			To(Equal([]string{"bot-1 failed", "bot-2 done", "bot-3 done"}))
	},
		Entry("transient", classified(provider.Transient)),
		Entry("waiting", classified(provider.Waiting)),
		Entry("not found", classified(provider.NotFound)),
		Entry("conflict", classified(provider.Conflict)),
		Entry("without a class", errClumsy),
	)

	It("skips the rest of a kind after a terminal error, and nothing else", func(ctx SpecContext) {
		o := newOutside()
		o.answer = func(call string) error {
			if call == "start bot-2 of uid-crew" {
				return fmt.Errorf("wrapped: %w", classified(provider.Terminal))
			}
			return nil
		}
		all := append(steps(4, plan.VerbStart), steps(1, plan.VerbDelete)...)
		all = append(all, plan.Step{Verb: plan.VerbStart, Target: "edge-1", Tier: model.TierEdge})
		Expect(outcome(apply.Run(ctx, all, ports(o), 1))).To(Equal([]string{
			"bot-1 done", "bot-2 failed", "bot-3 skipped", "bot-4 skipped", "bot-1 done", "edge-1 done",
		}))
		Expect(o.calls).NotTo(ContainElement("start bot-3 of uid-crew"))
	})

	It("lets each edge judge for itself what it is told", func(ctx SpecContext) {
		o := newOutside()
		o.answer = func(call string) error {
			if call == "routes r1 to edge-1" || call == "secrets s1 to edge-1" || call == "pool p1 to edge-1" {
				return classified(provider.Terminal)
			}
			return nil
		}
		var all []plan.Step
		for _, edge := range []string{"edge-1", "edge-2"} {
			all = append(all, tellEdge(edge)...)
		}
		Expect(outcome(apply.Run(ctx, all, ports(o), 1))).To(Equal([]string{
			"edge-1 failed", "edge-1 failed", "edge-1 skipped", "edge-2 done", "edge-2 done", "edge-2 done",
		}))
	})

	DescribeTable("tells no routes to an edge that did not take its secrets, and goes on with everything else", func(ctx SpecContext, err error) {
		o := newOutside()
		o.answer = func(call string) error {
			if call == "secrets s1 to edge-1" {
				return err
			}
			return nil
		}
		all := append(tellEdge("edge-1"), tellEdge("edge-2")...)
		all = append(all, plan.Step{Verb: plan.VerbSetPool, Target: "edge-1", Tier: model.TierEdge})
		Expect(outcome(apply.Run(ctx, all, ports(o), 8))).To(Equal([]string{
			"edge-1 done", "edge-1 failed", "edge-1 skipped", "edge-2 done", "edge-2 done", "edge-2 done", "edge-1 done",
		}))
		Expect(o.calls).NotTo(ContainElement("routes r1 to edge-1"))
	},
		Entry("because they are bad", classified(provider.Terminal)),
		Entry("because it did not answer", classified(provider.Transient)),
		Entry("for whatever reason", errClumsy),
	)

	It("tells an edge one thing after the other, and all edges at the same time", func(ctx SpecContext) {
		o := newOutside()
		o.held = make(chan struct{})
		done := make(chan []apply.Result)
		go func() { done <- apply.Run(ctx, append(tellEdge("edge-1"), tellEdge("edge-2")...), ports(o), 8) }()
		for range 2 {
			Eventually(ctx, o.entered).Should(Receive(HavePrefix("pool p1 to ")))
		}
		for range 6 {
			o.held <- struct{}{}
		}
		Expect(outcome(<-done)).To(HaveLen(6))
		Expect(o.atOnce).To(Equal(2))
		for _, edge := range []string{"edge-1", "edge-2"} {
			Expect(slices.DeleteFunc(slices.Clone(o.calls), func(call string) bool { return !strings.HasSuffix(call, edge) })).
				To(HaveExactElements("pool p1 to "+edge, "secrets s1 to "+edge, "routes r1 to "+edge))
		}
	}, SpecTimeout(10*time.Second))

	DescribeTable("freezes bots when all edges were told their pools", func(ctx SpecContext, refused string, err error, became ...string) {
		o := newOutside()
		o.answer = func(call string) error {
			if call == refused {
				return err
			}
			return nil
		}
		all := []plan.Step{
			{Verb: plan.VerbSetPool, Target: "edge-1", Tier: model.TierEdge, Pool: model.Pool{Revision: "p1"}},
			{Verb: plan.VerbSetPool, Target: "edge-2", Tier: model.TierEdge, Pool: model.Pool{Revision: "p1"}},
			{Verb: plan.VerbFreeze, Target: "bot-1", Tier: model.TierBot},
		}
		Expect(outcome(apply.Run(ctx, all, ports(o), 8))).To(Equal(became))
		if slices.Contains(o.calls, "freeze bot-1 of uid-crew") {
			Expect(o.calls[2]).To(Equal("freeze bot-1 of uid-crew"))
		}
	},
		Entry("and they took them", "", nil, "edge-1 done", "edge-2 done", "bot-1 done"),
		Entry("not when one did not answer", "pool p1 to edge-2", classified(provider.Transient), "edge-1 done", "edge-2 failed", "bot-1 skipped"),
		Entry("not when one refused", "pool p1 to edge-1", classified(provider.Terminal), "edge-1 failed", "edge-2 done", "bot-1 skipped"),
	)

	It("does not start a bot that could not be promoted", func(ctx SpecContext) {
		o := newOutside()
		o.answer = func(call string) error {
			if strings.HasPrefix(call, "change bot-1 ") {
				return errClumsy
			}
			return nil
		}
		all := []plan.Step{
			{Verb: plan.VerbPromote, Target: "bot-1", Tier: model.TierBot}, {Verb: plan.VerbStart, Target: "bot-1", Tier: model.TierBot},
			{Verb: plan.VerbPromote, Target: "bot-2", Tier: model.TierBot}, {Verb: plan.VerbStart, Target: "bot-2", Tier: model.TierBot},
		}
		Expect(outcome(apply.Run(ctx, all, ports(o), 1))).To(Equal([]string{"bot-1 failed", "bot-1 skipped", "bot-2 done", "bot-2 done"}))
	})

	It("begins nothing more once it is told to end", func(ctx SpecContext) {
		o := newOutside()
		ending, end := context.WithCancel(ctx)
		o.answer = func(string) error {
			end()
			return nil
		}
		Expect(outcome(apply.Run(ending, steps(3, plan.VerbStart), ports(o), 1))).
			To(Equal([]string{"bot-1 done", "bot-2 skipped", "bot-3 skipped"}))
		Expect(o.calls).To(HaveLen(1))
	})
})
