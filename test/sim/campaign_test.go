package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
)

const (
	// chains of edits are run, each on a BotCluster of its own, so that processes can share them; each has so many edits.
	chains   = 10
	chainLen = 104
	// defaultSeed is that of the dice; the variable SIM_SEED takes another.
	defaultSeed = 4
)

// campaign counts the edits that were made, and what became of them.
var campaign struct{ edits, refused, shown, compared atomic.Int64 }

var _ = Describe("A campaign of edits", func() {
	for number := range chains {
		It(fmt.Sprintf("ends like a fresh start after each, chain %d", number+1), func(ctx context.Context) {
			c := newChain(ctx, seed(), uint64(number+1))
			defer c.rig.close()
			for c.made < chainLen {
				c.step(ctx)
			}
			c.rig.discard(ctx)
		}, NodeTimeout(10*time.Minute))
	}
})

// seed is what the dice begin with.
func seed() uint64 {
	text, found := os.LookupEnv("SIM_SEED")
	if !found {
		return defaultSeed
	}
	number, err := strconv.ParseUint(text, 10, 64)
	Expect(err).NotTo(HaveOccurred(), "SIM_SEED is a whole number")
	return number
}

// chain is a BotCluster that is edited again and again.
type chain struct {
	rig  *rig
	dice *rand.Rand
	// made edits were made; said tells which, for who has to find out what went wrong.
	made int
	said []string
}

func newChain(ctx context.Context, seed, number uint64) *chain {
	GinkgoHelper()
	c := &chain{rig: newRig(ctx), dice: rand.New(rand.NewPCG(seed, number))}
	c.note("seed %d, chain %d", seed, number)
	running(2)(ctx, c.rig)
	return c
}

// note tells of an edit in the story of the rig.
func (c *chain) note(format string, args ...any) {
	c.said = append(c.said, fmt.Sprintf(format, args...))
	c.rig.prologue = "edits: " + strings.Join(c.said[max(len(c.said)-12, 0):], "; ")
	By(c.said[len(c.said)-1])
}

// step makes some edits, lets the operator carry them out, and compares what came of it with a fresh start.
func (c *chain) step(ctx context.Context) {
	GinkgoHelper()
	switch roll := c.dice.IntN(100); {
	case roll < 20:
		c.refuse(ctx)
		return // nothing has changed: whoever looks next would see it
	case roll < 28:
		c.show(ctx)
	case roll < 45:
		c.valid(ctx)
	default: // several in a row, the next ones while the operator is at the first
		for range 3 + c.dice.IntN(4) {
			c.valid(ctx)
			for range c.dice.IntN(8) {
				c.pass(ctx)
			}
		}
	}
	c.compare(ctx)
}

func (c *chain) pass(ctx context.Context) {
	GinkgoHelper()
	c.rig.pass(ctx)
	Expect(c.rig.broken).To(BeEmpty(), c.rig.story())
}

// valid makes one edit that is as it should be.
func (c *chain) valid(ctx context.Context) {
	GinkgoHelper()
	chosen, draw := edits[c.dice.IntN(len(edits))], c.dice.Uint64()
	c.made++
	campaign.edits.Add(1)
	c.note("%d %s", c.made, chosen.name)
	c.rig.edit(ctx, func(bc *v1alpha1.BotCluster) { chosen.change(rand.New(rand.NewPCG(draw, 0)), bc) })
}

// refuse tries a bad value that the API server must not take.
func (c *chain) refuse(ctx context.Context) {
	GinkgoHelper()
	chosen := refusals[c.dice.IntN(len(refusals))]
	c.made++
	campaign.edits.Add(1)
	c.note("%d refused %s", c.made, chosen.patch)
	bc := c.rig.get(ctx).DeepCopy()
	before := bc.ResourceVersion
	err := kubernetes.Client.Patch(ctx, bc, client.RawPatch(types.MergePatchType, []byte(chosen.patch)))
	Expect(apierrors.IsInvalid(err)).To(BeTrue(), "%v\n%s", err, c.rig.story())
	Expect(err.Error()).To(ContainSubstring(chosen.says))
	Expect(kubernetes.Client.Get(ctx, c.rig.key, bc)).To(Succeed())
	Expect(bc.ResourceVersion).To(Equal(before))
	campaign.refused.Add(1)
}

// show makes an edit that the operator must complain about, and takes it back.
func (c *chain) show(ctx context.Context) {
	GinkgoHelper()
	r, chosen := c.rig, shownValues[c.dice.IntN(len(shownValues))]
	if desiredBots(r.get(ctx)) == 0 { // nobody would notice
		r.edit(ctx, func(bc *v1alpha1.BotCluster) { bc.Spec.Replicas = new(int32(1)) })
		r.until(ctx, "a bot", func() bool { return r.isAtRest(ctx) })
	}
	c.made += 2
	campaign.edits.Add(2)
	c.note("%d shown %s", c.made-1, chosen.name)
	r.edit(ctx, chosen.change)
	r.until(ctx, chosen.reason, func() bool {
		bc := r.get(ctx)
		condition := meta.FindStatusCondition(bc.Status.Conditions, chosen.condition)
		return condition != nil && condition.Reason == chosen.reason && condition.ObservedGeneration == bc.Generation
	})
	campaign.shown.Add(1)
	for range c.dice.IntN(4) {
		c.pass(ctx)
	}
	c.note("%d cured", c.made)
	r.edit(ctx, chosen.cure)
}

// compare lets the operator come to rest, and begins a BotCluster with the same spec in a world of its own: it must look the same.
func (c *chain) compare(ctx context.Context) {
	GinkgoHelper()
	r := c.rig
	c.pass(ctx) // an annotation makes no new generation by which to see that it was not looked at yet
	r.until(ctx, "rest", func() bool { return r.isAtRest(ctx) })
	r.rest(ctx)
	bc := r.get(ctx)
	fresh := newRig(ctx)
	defer fresh.close()
	fresh.prologue = r.prologue
	fresh.apply(ctx, func(spec *v1alpha1.BotClusterSpec) {
		socket := spec.Incus.UnixSocket
		bc.Spec.DeepCopyInto(spec)
		spec.Incus.UnixSocket = socket
		if bc.Spec.Scaling.Enabled { // how many there are to be at last is up to the past when none may be taken away
			spec.Replicas = new(bc.Status.Scaling.Desired)
		}
	})
	if restarted := bc.Annotations[v1alpha1.AnnotationRestart]; restarted != "" {
		fresh.edit(ctx, func(bc *v1alpha1.BotCluster) { annotate(bc, v1alpha1.AnnotationRestart, restarted) })
	}
	fresh.until(ctx, "a fresh start", func() bool { return fresh.isAtRest(ctx) })
	Expect(r.view(ctx)).To(Equal(fresh.view(ctx)), r.story())
	fresh.discard(ctx)
	campaign.compared.Add(1)
}

// edit changes the BotCluster as a user would.
func (r *rig) edit(ctx context.Context, change func(*v1alpha1.BotCluster)) {
	GinkgoHelper()
	bc := &v1alpha1.BotCluster{}
	Expect(retry.RetryOnConflict(retry.DefaultRetry, func() error {
		if err := kubernetes.Client.Get(ctx, r.key, bc); err != nil {
			return err
		}
		change(bc)
		return kubernetes.Client.Update(ctx, bc)
	})).To(Succeed(), r.prologue)
	r.gate.saw(bc, nil)
}
