package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	incusapi "github.com/lxc/incus/v6/shared/api"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/botcluster"
	"github.com/generalbots/botcluster-operator/controllers/plan"
	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

// makeForeign puts an instance into the world that the operator must never touch.
func (r *rig) makeForeign() {
	_, err := r.world.CreateInstance(fake.LocalCaller(), project, "", incusapi.InstancesPost{
		Name: foreignName, Type: incusapi.InstanceTypeContainer, Source: incusapi.InstanceSource{Type: "image", Alias: "bot"},
		InstancePut: incusapi.InstancePut{Config: map[string]string{"user.purpose": "none of yours"}},
	})
	Expect(err).NotTo(HaveOccurred())
	r.elapse(time.Second)
}

// violate remembers an invariant that does not hold.
func (r *rig) violate(format string, args ...any) {
	r.broken = append(r.broken, fmt.Sprintf(format, args...))
}

// check asserts the invariants that must hold after every pass.
func (r *rig) check(ctx context.Context) {
	bc := r.get(ctx)
	r.checkForeign()
	if bc == nil {
		return
	}
	if bc.Status.ObservedGeneration > 0 {
		for _, wrong := range botcluster.Conditions.Lint(bc.Status.Conditions, bc.Generation, bc.Status.ObservedGeneration) {
			r.violate("status: %s", wrong)
		}
	}
	r.checkInstances(bc)
	r.checkServing()
	r.checkScaling(bc)
	r.checkSilence(bc)
}

// checkForeign is half of I5: what is not ours is as it was.
func (r *rig) checkForeign() {
	sight, found := r.world.Look(fake.Ref{Project: project, Name: foreignName})
	if !found || sight.Config["user.purpose"] != "none of yours" {
		r.violate("I5: the foreign instance was touched")
	}
}

// checkInstances is I1: no duplicate ordinal, no name but those that belong, and as many bots as there may be.
func (r *rig) checkInstances(bc *v1alpha1.BotCluster) {
	prefix := plan.Prefix(bc.Namespace, bc.Name)
	ordinals := map[string]string{}
	bots := 0
	for _, sight := range r.ours(string(bc.UID)) {
		place := sight.Config["user.botcluster.tier"] + "-" + sight.Config["user.botcluster.ordinal"]
		if twin, taken := ordinals[place]; taken {
			r.violate("I1: %s and %s are both %s", twin, sight.Ref.Name, place)
		}
		ordinals[place] = sight.Ref.Name
		if sight.Ref.Name != prefix+place {
			r.violate("I1: %s carries the tags of %s", sight.Ref.Name, place)
		}
		if strings.HasPrefix(place, "bot-") {
			bots++
		}
	}
	r.checkNumbers(bc, bots)
}

// ours are the instances that carry a UID.
func (r *rig) ours(uid string) []fake.Sight {
	var out []fake.Sight
	for _, sight := range r.world.LookAll(project) {
		if sight.Config["user.botcluster.uid"] == uid {
			out = append(out, sight)
		}
	}
	return out
}

// toldWrites is how many of the last writes a story tells.
const toldWrites = 100

// story is what a failed plan shows: the status and what there is.
func (r *rig) story() string {
	lines := []string{r.prologue, "the world at " + r.clock.Now().String()}
	for _, sight := range r.world.LookAll(project) {
		lines = append(lines, fmt.Sprintf("  %s %s %s serving=%t draining=%q", sight.Ref.Name, sight.Status, sight.Address,
			sight.Serving, sight.Config["user.botcluster.draining"]))
	}
	if bc := r.get(context.Background()); bc != nil {
		for _, condition := range bc.Status.Conditions {
			lines = append(lines, fmt.Sprintf("  %s=%s %s: %s", condition.Type, condition.Status, condition.Reason, condition.Message))
		}
	}
	if bc := r.get(context.Background()); bc != nil && bc.Status.Scaling != nil {
		scaling, err := json.Marshal(bc.Status.Scaling)
		Expect(err).NotTo(HaveOccurred())
		lines = append(lines, "  scaling "+string(scaling))
	}
	writes := r.world.Writes()
	for _, write := range writes[max(len(writes)-toldWrites, 0):] {
		lines = append(lines, fmt.Sprintf("  write %d: %s %s %d %s", write.Write, write.Verb, write.Path, write.Status, write.Fault))
	}
	return strings.Join(append(lines, r.broken...), "\n")
}
