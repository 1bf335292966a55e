package botcluster

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/apply"
	"github.com/generalbots/botcluster-operator/controllers/conditions"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
	"github.com/generalbots/botcluster-operator/controllers/provider"
)

// facts says of each condition what the pass found.
func (r report) facts(bc *v1alpha1.BotCluster) []conditions.Fact {
	bots, edges := r.botsReady(), r.edgeReady()
	facts := []conditions.Fact{
		{Type: v1alpha1.ConditionReady, Message: bots.Message},
		r.incusReady(), bots, edges, r.degraded(bc.Status.Instances), suspended(bc),
		r.scalingActive(bc.Status.Scaling), r.scalingLimited(bc.Status.Scaling),
	}
	if fact, yes := r.stalledFact(); yes {
		return append(facts, fact)
	}
	if fact, yes := r.reconciling(bc, facts); yes {
		return append(facts, fact)
	}
	return facts
}

func isTrue(kind, reason, message string) conditions.Fact {
	return conditions.Fact{Type: kind, Status: metav1.ConditionTrue, Reason: reason, Message: message}
}

func isFalse(kind, reason, message string) conditions.Fact {
	return conditions.Fact{Type: kind, Status: metav1.ConditionFalse, Reason: reason, Message: message}
}

func isUnknown(kind, reason, message string) conditions.Fact {
	return conditions.Fact{Type: kind, Status: metav1.ConditionUnknown, Reason: reason, Message: message}
}

// incusReady tells whether the server answers and has what the spec names.
func (r report) incusReady() conditions.Fact {
	for _, err := range []error{r.seen.hostErr, r.seen.FactsErr, r.seen.InventoryErr} {
		if err != nil {
			return isFalse(v1alpha1.ConditionIncusReady, provider.ReasonOf(err, v1alpha1.ReasonRetrying),
				provider.MessageOf(err, "the Incus server gave an answer that was not understood; it is asked again"))
		}
	}
	return isTrue(v1alpha1.ConditionIncusReady, v1alpha1.ReasonReady, "the Incus server has what the spec names")
}

// botsReady tells whether all bots serve, and whether it is known what they should be.
func (r report) botsReady() conditions.Fact {
	fact, err := r.tierReady(v1alpha1.ConditionBotsReady, model.TierBot), r.seen.SecretsErr
	fact.Message += r.strangers()
	if err == nil || r.seen.InventoryErr != nil {
		return fact
	}
	return withoutSecrets(fact, err, "the Secrets of the bots could not be read")
}

// withoutSecrets is what is said of a tier whose Secrets could not be had.
func withoutSecrets(fact conditions.Fact, err error, fallback string) conditions.Fact {
	fact.Status, fact.Reason = metav1.ConditionUnknown, provider.ReasonOf(err, v1alpha1.ReasonRetrying)
	if provider.ClassOf(err) == provider.Terminal {
		fact.Status = metav1.ConditionFalse
	}
	fact.Message += "; " + provider.MessageOf(err, fallback)
	return fact
}

// remedy says what to do about what an edge refused.
func remedy(err error) string {
	switch provider.ReasonOf(err, "") {
	case v1alpha1.ReasonEdgeRejectedRoutes:
		return "; correct spec.edge"
	case v1alpha1.ReasonEdgeRejectedSecrets:
		return "; correct the Secrets that spec.edge.tls names"
	default:
		return ""
	}
}

// behind returns the first edge that holds older secrets and was not given the current ones in this pass.
func (r report) behind() string {
	for _, a := range r.plan.Assessments {
		if a.Behind && a.Ready() && !r.took(plan.VerbSetSecrets, a.Name) {
			return a.Name
		}
	}
	return ""
}

// took tells that a step was carried out in this pass.
func (r report) took(verb plan.Verb, target string) bool {
	return slices.ContainsFunc(r.results, func(result apply.Result) bool {
		return result.Step.Verb == verb && result.Step.Target == target && result.Err == nil && !result.Skipped
	})
}

func (r report) edgeReady() conditions.Fact {
	if edge, err := r.failedPush(); err != nil {
		return isFalse(v1alpha1.ConditionEdgeReady, provider.ReasonOf(err, v1alpha1.ReasonRetrying),
			edge+": "+provider.MessageOf(err, "what it should serve could not be told to it")+remedy(err))
	}
	fact := r.tierReady(v1alpha1.ConditionEdgeReady, model.TierEdge)
	if r.seen.InventoryErr != nil {
		return fact
	}
	if err := r.seen.EdgeSecretsErr; err != nil && !r.took(plan.VerbCreateKey, r.seen.blueprint.KeySecret) {
		return withoutSecrets(fact, err, "the Secrets of the edges could not be read")
	}
	if edge := r.behind(); edge != "" && fact.Status == metav1.ConditionTrue {
		return isFalse(v1alpha1.ConditionEdgeReady, v1alpha1.ReasonProgressing, edge+" does not hold the current secrets yet")
	}
	if err := r.unreachableEdge(); err != nil && fact.Reason == v1alpha1.ReasonProgressing {
		fact.Reason = provider.ReasonOf(err, v1alpha1.ReasonEdgeUnreachable)
		fact.Message += "; " + provider.MessageOf(err, "an edge does not answer")
	}
	return fact
}

// unreachableEdge returns why the first edge that should answer does not.
func (r report) unreachableEdge() error {
	if errs := r.unreachableEdges(); len(errs) > 0 {
		return errs[0]
	}
	return nil
}

// unreachableEdges returns why edges that should answer do not, one error for each. One that is still booting is none.
func (r report) unreachableEdges() []error {
	var out []error
	for _, a := range r.plan.Assessments {
		err := r.seen.Edges[a.Name].Err
		if a.Wanted && a.Phase == plan.PhaseProbing && err != nil && provider.ClassOf(err) != provider.Waiting {
			out = append(out, err)
		}
	}
	return out
}

// tierReady tells whether all instances that a tier should have do their work and are up to date.
func (r report) tierReady(condition string, tier model.Tier) conditions.Fact {
	if r.seen.InventoryErr != nil {
		return isUnknown(condition, v1alpha1.ReasonWaitingForIncus, "the instances cannot be seen: "+
			provider.MessageOf(r.seen.InventoryErr, "the Incus server does not answer"))
	}
	wanted, ready, drained, updated := 0, 0, 0, 0
	var missing []plan.Assessment
	for _, a := range r.plan.Assessments {
		if a.Tier != tier || !a.Wanted || a.Standby {
			continue
		}
		wanted++
		switch {
		case a.Ready():
			ready++
		case a.Drained(): // which is as declared
			drained++
		default:
			missing = append(missing, a)
			continue
		}
		if !a.Outdated {
			updated++
		}
	}
	message := serving(ready, r.toServe(tier, wanted), drained, tier)
	switch {
	case len(missing) > 0:
		status, reason := judge(missing)
		return conditions.Fact{Type: condition, Status: status, Reason: reason, Message: message + "; " + describe(missing)}
	case updated < wanted:
		message = fmt.Sprintf("%s; %d up to date", message, updated)
		if drained > 0 {
			message += "; those drained by hand count as missing, so the others may have to wait for them"
		}
		return isFalse(condition, v1alpha1.ReasonProgressing, message)
	default:
		return isTrue(condition, v1alpha1.ReasonReady, message)
	}
}

// toServe is how many instances of a tier are to serve: while bots are replaced, more are wanted for a while.
func (r report) toServe(tier model.Tier, wanted int) int {
	for _, blueprint := range r.seen.blueprint.Tiers {
		if blueprint.Tier == tier {
			return min(wanted, blueprint.Replicas)
		}
	}
	return wanted
}

// serving is "2 of 3 bots serve, 1 drained by hand".
func serving(ready, wanted, drained int, tier model.Tier) string {
	serve := "serve"
	if wanted == 1 {
		serve = "serves"
	}
	message := fmt.Sprintf("%d of %d %s %s", min(ready, wanted), wanted, plural(wanted, string(tier)), serve)
	if drained > 0 {
		message += fmt.Sprintf(", %d drained by hand", drained)
	}
	return message
}

func plural(n int, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}

// judge finds the reason that matters most among instances that are not ready. What is not known is told only when
// nothing is known to be wrong.
func judge(missing []plan.Assessment) (metav1.ConditionStatus, string) {
	for _, check := range assessmentReasons {
		if slices.ContainsFunc(missing, check.applies) {
			return check.status, check.reason
		}
	}
	return metav1.ConditionFalse, v1alpha1.ReasonProgressing
}

// assessmentReasons are the reasons why an instance is not ready, the gravest first.
var assessmentReasons = []struct {
	reason  string
	status  metav1.ConditionStatus
	applies func(plan.Assessment) bool
}{
	{v1alpha1.ReasonNameConflict, metav1.ConditionFalse, func(a plan.Assessment) bool { return a.Phase == plan.PhaseConflict }},
	{v1alpha1.ReasonOperationFailed, metav1.ConditionFalse, func(a plan.Assessment) bool { return a.Failure.Count > 0 }},
	{v1alpha1.ReasonNoAddress, metav1.ConditionFalse, func(a plan.Assessment) bool { return a.NoAddress }},
	{v1alpha1.ReasonBotsUnhealthy, metav1.ConditionFalse, func(a plan.Assessment) bool { return a.Phase == plan.PhaseUnhealthy }},
	{v1alpha1.ReasonBotsDegraded, metav1.ConditionFalse, func(a plan.Assessment) bool { return a.Phase == plan.PhaseDegraded }},
	{v1alpha1.ReasonNotObserved, metav1.ConditionUnknown, func(a plan.Assessment) bool { return a.Phase == plan.PhaseUnknown }},
}

// describedInstances is how many instances a message names before it only counts.
const describedInstances = 3

// describe names the instances that are missing, with what is wrong or awaited.
func describe(missing []plan.Assessment) string {
	var parts []string
	for i, a := range missing {
		if i == describedInstances {
			parts = append(parts, fmt.Sprintf("%d more", len(missing)-i))
			break
		}
		part := a.Name + " is " + strings.ToLower(string(a.Phase))
		if a.Message != "" {
			part += " (" + a.Message + ")"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

// failedPush returns the first edge that could not be told its pool or its routes, and why.
func (r report) failedPush() (edge string, err error) {
	for _, result := range r.results {
		switch result.Step.Verb {
		case plan.VerbSetPool, plan.VerbSetSecrets, plan.VerbSetRoutes:
			if result.Err != nil {
				return result.Step.Target, result.Err
			}
		default:
		}
	}
	return "", nil
}

func suspended(bc *v1alpha1.BotCluster) conditions.Fact {
	if bc.Spec.Suspend {
		return isTrue(v1alpha1.ConditionSuspended, v1alpha1.ReasonSuspended,
			"spec.suspend is set: the operator watches and changes nothing")
	}
	return isFalse(v1alpha1.ConditionSuspended, v1alpha1.ReasonNotSuspended, "the operator acts on the spec")
}

// stalledFact tells whether the operator waits for somebody.
func (r report) stalledFact() (conditions.Fact, bool) {
	if err := r.stalled(); err != nil {
		return isTrue(v1alpha1.ConditionStalled, provider.ReasonOf(err, v1alpha1.ReasonInvalidRequest),
			provider.MessageOf(err, "the Incus server refused what the spec asks for")), true
	}
	for _, a := range r.plan.Assessments {
		if a.Phase == plan.PhaseConflict && a.Wanted {
			return isTrue(v1alpha1.ConditionStalled, v1alpha1.ReasonNameConflict, a.Name+": "+a.Message), true
		}
	}
	return r.stalledRollout()
}

// reconciling tells whether the operator is changing something or trying to.
func (r report) reconciling(bc *v1alpha1.BotCluster, facts []conditions.Fact) (conditions.Fact, bool) {
	if bc.Spec.Suspend {
		return conditions.Fact{}, false
	}
	if err := r.transient(); err != nil {
		return isTrue(v1alpha1.ConditionReconciling, v1alpha1.ReasonRetrying,
			provider.MessageOf(err, "something outside failed and is tried again")), true
	}
	for _, fact := range facts[1:] {
		part := fact.Type == v1alpha1.ConditionBotsReady || fact.Type == v1alpha1.ConditionEdgeReady
		if part && fact.Status != metav1.ConditionTrue {
			return isTrue(v1alpha1.ConditionReconciling, v1alpha1.ReasonProgressing, fact.Message), true
		}
	}
	switch leaving := r.leaving(); {
	case leaving > 0:
		return isTrue(v1alpha1.ConditionReconciling, v1alpha1.ReasonProgressing,
			fmt.Sprintf("%d %s on the way out", leaving, plural(leaving, "instance"))+r.delayed()), true
	case len(r.plan.Steps) > 0:
		return isTrue(v1alpha1.ConditionReconciling, v1alpha1.ReasonProgressing, r.plan.Steps[0].String()), true
	default:
		return conditions.Fact{}, false
	}
}

// delayed says what the first instance that is not wanted waits for, if it waits.
func (r report) delayed() string {
	for _, a := range r.plan.Assessments {
		if !a.Wanted && (a.Waits || a.Phase == plan.PhaseDraining) && a.Message != "" {
			return "; " + a.Name + ": " + a.Message
		}
	}
	return ""
}

// leaving counts the instances that are not wanted. Those that are away with their member do not go anywhere.
func (r report) leaving() int {
	count := 0
	for _, a := range r.plan.Assessments {
		if !a.Wanted && a.Instance != nil && !a.Away {
			count++
		}
	}
	return count
}
