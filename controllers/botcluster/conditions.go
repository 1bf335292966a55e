package botcluster

import (
	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/conditions"
)

// Conditions declares the conditions of a BotCluster.
var Conditions = conditions.Set{
	Ready: v1alpha1.ConditionReady,
	Parts: []string{
		v1alpha1.ConditionIncusReady, v1alpha1.ConditionBotsReady, v1alpha1.ConditionEdgeReady,
	},
	Abnormal: []string{v1alpha1.ConditionReconciling, v1alpha1.ConditionStalled},
	Blocking: []string{v1alpha1.ConditionStalled},
	Others: []string{
		v1alpha1.ConditionDegraded, v1alpha1.ConditionScalingActive, v1alpha1.ConditionScalingLimited, v1alpha1.ConditionSuspended,
	},
}
