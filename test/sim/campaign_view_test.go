package sim

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

// view is what a world at rest looks like, without what differs from one BotCluster to the next, and without ordinals: one line for
// each thing that there is.
func (r *rig) view(ctx context.Context) []string {
	GinkgoHelper()
	bc := r.get(ctx)
	var lines []string
	templates := map[string]bool{}
	for _, sight := range r.ours(string(bc.UID)) {
		lines = append(lines, r.viewInstance(sight))
		templates[sight.Config["user.botcluster.tier"]+" "+sight.Config["user.botcluster.template"]] = true
		if sight.Config["user.botcluster.tier"] == string(model.TierEdge) {
			lines = append(lines, r.viewEdge(sight.Ref))
		}
	}
	tiers := map[string]int{}
	for template := range templates {
		tier, _, _ := strings.Cut(template, " ")
		tiers[tier]++
	}
	lines = append(lines, fmt.Sprint("templates ", tiers))
	for _, condition := range bc.Status.Conditions {
		if !strings.HasPrefix(condition.Type, "Scaling") { // they tell of the past as well
			lines = append(lines, fmt.Sprintf("%s=%s %s: %s", condition.Type, condition.Status, condition.Reason, condition.Message))
		}
	}
	lines = append(lines, fmt.Sprintf("status: desired %d, replicas %d, ready %d, rollout %v",
		bc.Status.DesiredReplicas, bc.Status.Replicas, bc.Status.ReadyReplicas, bc.Status.Rollout))
	slices.Sort(lines)
	return lines
}

// viewInstance is what an instance is made from and limited to, and its files.
func (r *rig) viewInstance(sight fake.Sight) string {
	config := map[string]string{}
	for key, value := range sight.Config {
		if strings.HasPrefix(key, "limits.") || key == "volatile.base_image" {
			config[key] = value
		}
	}
	ordinal, err := strconv.Atoi(sight.Config["user.botcluster.ordinal"])
	Expect(err).NotTo(HaveOccurred())
	devices := map[string]map[string]string{}
	for name, device := range sight.Devices {
		kept := map[string]string{}
		for key, value := range device {
			kept[key] = r.anonymous(value)
			if address, port, found := cutPort(value); key == "listen" && found {
				kept[key] = fmt.Sprintf("%s:%d+ordinal", address, port-ordinal)
			}
		}
		devices[name] = kept
	}
	line := fmt.Sprint(sight.Config["user.botcluster.tier"], " ", sight.Status, " ", config, " ", devices)
	if sight.Config["user.botcluster.tier"] == string(model.TierBot) {
		line += " " + strings.Join(r.files(sight.Ref, "/"), " ")
	}
	return line
}

func cutPort(listen string) (address string, port int, found bool) {
	i := strings.LastIndex(listen, ":")
	if i < 0 {
		return listen, 0, false
	}
	port, err := strconv.Atoi(listen[i+1:])
	return listen[:i], port, err == nil
}

// files lists the files below a folder with their content.
func (r *rig) files(ref fake.Ref, folder string) []string {
	_, entries, err := r.world.ReadFile(ref, folder)
	Expect(err).NotTo(HaveOccurred())
	var out []string
	for _, name := range entries {
		file, below, err := r.world.ReadFile(ref, path.Join(folder, name))
		Expect(err).NotTo(HaveOccurred())
		if below != nil {
			out = append(out, r.files(ref, path.Join(folder, name))...)
			continue
		}
		out = append(out, fmt.Sprintf("%s %o %q", path.Join(folder, name), file.Mode, file.Content))
	}
	return out
}

// viewEdge is what an edge has loaded, and how many bots it serves with.
func (r *rig) viewEdge(ref fake.Ref) string {
	document, serving := r.edges.Document(ref)
	config, _ := r.edges.Routes(ref)
	states := map[string]int{}
	for _, member := range document.Members {
		states[fmt.Sprintf("%s serving=%t %s", member.State, member.Serving, portOf(member.Address))]++
	}
	probe, err := json.Marshal(document.Probe)
	Expect(err).NotTo(HaveOccurred())
	return r.anonymous(fmt.Sprintf("pool serving=%t %v probe %s routes %s %s", serving, states, probe, document.RoutesRevision, config))
}

func portOf(address string) string { return address[strings.LastIndex(address, ":")+1:] }

// anonymous takes the names of the BotCluster and its instances out of a text.
func (r *rig) anonymous(text string) string {
	text = strings.ReplaceAll(text, plan.Prefix(r.key.Namespace, r.key.Name), "its-")
	return strings.ReplaceAll(text, r.key.Name, "it")
}

// isAtRest tells that the operator has done what the spec says, whatever that is. An autoscaler that has nothing to do goes to its
// least number of bots.
func (r *rig) isAtRest(ctx context.Context) bool {
	bc := r.get(ctx)
	conditions := bc.Status.Conditions
	ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
	if ready == nil || ready.Status != "True" || ready.ObservedGeneration != bc.Generation ||
		meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReconciling) {
		return false
	}
	if bc.Spec.Scaling.Enabled {
		// What was measured before the last change does not count, so that some looks must follow it.
		if !fewestOnes(bc) && !bc.Spec.Scaling.PauseDown || r.clock.Since(r.calmSince) < longQuiet {
			return false
		}
	}
	return r.asDeclared(bc, desiredBots(bc))
}

// fewestOnes tells that the autoscaler chose its least number.
func fewestOnes(bc *v1alpha1.BotCluster) bool {
	return bc.Status.Scaling != nil && bc.Status.Scaling.Desired == bc.Spec.Scaling.MinInstances
}
