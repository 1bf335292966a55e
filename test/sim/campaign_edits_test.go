package sim

import (
	"fmt"
	"math/rand/v2"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
)

// edit is a change of a BotCluster that is as it should be.
type edit struct {
	name string
	// change draws what it needs from the dice. It may be called again when somebody else wrote meanwhile, with the same dice.
	change func(dice *rand.Rand, bc *v1alpha1.BotCluster)
}

// edits are the kinds of valid changes. Those that make new bots of the old ones are most of the work.
var edits = []edit{
	{"replicas", func(dice *rand.Rand, bc *v1alpha1.BotCluster) { bc.Spec.Replicas = new(dice.Int32N(5)) }},
	{"replicas, as kubectl scale does", func(dice *rand.Rand, bc *v1alpha1.BotCluster) { bc.Spec.Replicas = new(1 + dice.Int32N(3)) }},
	{"scaling", func(dice *rand.Rand, bc *v1alpha1.BotCluster) { bc.Spec.Scaling = anyScaling(dice) }},
	{"scaling off", func(_ *rand.Rand, bc *v1alpha1.BotCluster) { bc.Spec.Scaling.Enabled = false }},
	{"pauses", func(dice *rand.Rand, bc *v1alpha1.BotCluster) {
		bc.Spec.Scaling.PauseUp, bc.Spec.Scaling.PauseDown = dice.IntN(2) == 0, dice.IntN(4) == 0
	}},
	{"warm standby", func(dice *rand.Rand, bc *v1alpha1.BotCluster) { bc.Spec.Scaling.WarmStandby = dice.Int32N(3) }},
	{"victims", func(dice *rand.Rand, bc *v1alpha1.BotCluster) {
		bc.Spec.Scaling.Victims = oneOf(dice, v1alpha1.VictimsHighestOrdinal, v1alpha1.VictimsLeastConnections)
	}},
	{"rolling update", func(dice *rand.Rand, bc *v1alpha1.BotCluster) {
		bc.Spec.RollingUpdate.MaxSurge = oneOf(dice, new(intstr.FromInt32(0)), new(intstr.FromInt32(2)), new(intstr.FromString("50%")), nil)
		bc.Spec.RollingUpdate.MaxUnavailable = oneOf(dice, new(intstr.FromInt32(0)), new(intstr.FromInt32(1)), new(intstr.FromString("34%")), nil)
	}},
	{"limits of the bots", func(dice *rand.Rand, bc *v1alpha1.BotCluster) { bc.Spec.Bot.Resources = anyResources(dice) }},
	{"limits of the edges", func(dice *rand.Rand, bc *v1alpha1.BotCluster) { bc.Spec.Edge.Resources = anyResources(dice) }},
	{"environment", func(dice *rand.Rand, bc *v1alpha1.BotCluster) {
		bc.Spec.Bot.Env = nil
		for i := range dice.IntN(3) {
			bc.Spec.Bot.Env = append(bc.Spec.Bot.Env, v1alpha1.EnvVar{Name: fmt.Sprintf("V%d", i), Value: fmt.Sprint(dice.IntN(3))})
		}
	}},
	{"files", func(dice *rand.Rand, bc *v1alpha1.BotCluster) {
		bc.Spec.Bot.Files = nil
		for i := range dice.IntN(3) {
			bc.Spec.Bot.Files = append(bc.Spec.Bot.Files, v1alpha1.File{
				Path: fmt.Sprintf("/opt/gbo/extra/%d", i), Content: new(fmt.Sprint(dice.IntN(2))), Mode: oneOf(dice, "0644", "0600"),
			})
		}
	}},
	{"image", func(dice *rand.Rand, bc *v1alpha1.BotCluster) { bc.Spec.Bot.Image.Alias = oneOf(dice, "bot", "bot-2") }},
	{"command", func(dice *rand.Rand, bc *v1alpha1.BotCluster) {
		bc.Spec.Bot.Command = oneOf(dice, nil, []v1alpha1.CommandArgument{"/usr/bin/bot", "--fast"})
	}},
	{"published ports", func(dice *rand.Rand, bc *v1alpha1.BotCluster) {
		bc.Spec.Bot.HostPortBase = oneOf(dice, nil, new(int32(8080)), new(int32(9080)))
	}},
	{"health", func(dice *rand.Rand, bc *v1alpha1.BotCluster) {
		bc.Spec.Health = v1alpha1.HealthSpec{
			Path: oneOf(dice, "/api/health", "/healthz"), Interval: seconds(1 + dice.IntN(5)), Timeout: seconds(1), Retries: 1 + dice.Int32N(3),
		}
	}},
	{"drain", func(dice *rand.Rand, bc *v1alpha1.BotCluster) {
		bc.Spec.Drain = v1alpha1.DrainSpec{Timeout: seconds(dice.IntN(30)), Settle: oneOf(dice, nil, seconds(0))}
	}},
	{"hosts", func(dice *rand.Rand, bc *v1alpha1.BotCluster) {
		bc.Spec.Edge.Hosts = oneOf(dice, nil, []v1alpha1.HostName{"bot.example.com"}, []v1alpha1.HostName{"a.example.com", "b.example.com"})
	}},
	{"routes", func(dice *rand.Rand, bc *v1alpha1.BotCluster) {
		bc.Spec.Edge.Routes = nil
		if dice.IntN(2) == 0 {
			bc.Spec.Edge.Routes = []v1alpha1.EdgeRoute{{
				Name: "widget", Match: v1alpha1.RouteMatch{Paths: []v1alpha1.PathPattern{"/widget/*"}}, Policy: v1alpha1.PolicyLeastConn,
			}}
		}
	}},
	{"rate limits", func(dice *rand.Rand, bc *v1alpha1.BotCluster) {
		bc.Spec.Edge.RateLimit = oneOf(dice, nil, &v1alpha1.EdgeRateLimit{Requests: new(int32(100))}, &v1alpha1.EdgeRateLimit{Enabled: new(false)})
	}},
	{"circuit breaker", func(dice *rand.Rand, bc *v1alpha1.BotCluster) {
		bc.Spec.Edge.CircuitBreaker = v1alpha1.CircuitBreaker{Enabled: new(dice.IntN(2) == 0), Threshold: 1 + dice.Int32N(9)}
	}},
	{"edges", func(dice *rand.Rand, bc *v1alpha1.BotCluster) { bc.Spec.Edge.Instances = 1 + dice.Int32N(2) }},
	{"TLS", func(dice *rand.Rand, bc *v1alpha1.BotCluster) {
		bc.Spec.Edge.TLS.Mode = oneOf(dice, v1alpha1.TLSModeOff, v1alpha1.TLSModeInternal)
	}},
	{"restart", func(dice *rand.Rand, bc *v1alpha1.BotCluster) {
		annotate(bc, v1alpha1.AnnotationRestart, fmt.Sprint(dice.IntN(100)))
	}},
	{"placement, which changes nothing here", func(dice *rand.Rand, bc *v1alpha1.BotCluster) {
		bc.Spec.Placement.Targets = oneOf(dice, nil, []v1alpha1.PlacementTarget{"node-1"}, []v1alpha1.PlacementTarget{"@gpu"})
		bc.Spec.Placement.Spread = new(dice.IntN(2) == 0)
	}},
	{"deletion policy", func(dice *rand.Rand, bc *v1alpha1.BotCluster) {
		bc.Spec.DeletionPolicy = oneOf(dice, v1alpha1.DeletionPolicyDelete, v1alpha1.DeletionPolicyRetain)
	}},
}

// anyScaling is an autoscaler that is quick, and that comes down to its least number when nothing is to be done.
func anyScaling(dice *rand.Rand) v1alpha1.ScalingSpec {
	least := 1 + dice.Int32N(2)
	return v1alpha1.ScalingSpec{
		Enabled: true, MinInstances: least, MaxInstances: least + dice.Int32N(3), CPUThreshold: new(50 + dice.Int32N(40)),
		CheckInterval: seconds(5 + dice.IntN(6)), Cooldown: seconds(dice.IntN(5)), StabilizationWindow: seconds(dice.IntN(5)),
		Mode: oneOf(dice, v1alpha1.ScalingModeStep, v1alpha1.ScalingModeProportional), StepDown: 1 + dice.Int32N(2),
		Tolerance: new(dice.Int32N(30)), MaxLaunching: 1 + dice.Int32N(4),
	}
}

func anyResources(dice *rand.Rand) v1alpha1.Resources {
	return v1alpha1.Resources{
		CPU:     oneOf(dice, nil, new(intstr.FromInt32(1)), new(intstr.FromString("500m"))),
		Memory:  oneOf[v1alpha1.ByteSize](dice, "", "512MiB", "1GiB"),
		Disk:    v1alpha1.DiskResources{Priority: oneOf(dice, nil, new(int32(3)))},
		Network: v1alpha1.NetworkResources{Egress: oneOf[v1alpha1.BitRate](dice, "", "100Mbit")},
	}
}

func oneOf[T any](dice *rand.Rand, values ...T) T { return values[dice.IntN(len(values))] }

func annotate(bc *v1alpha1.BotCluster, key, value string) {
	metav1.SetMetaDataAnnotation(&bc.ObjectMeta, key, value)
}

// refusal is a bad value that the API server must refuse, as a merge patch, with a part of the sentence that it must say.
type refusal struct{ patch, says string }

var refusals = []refusal{
	{`{"spec":{"replicas":-1}}`, "greater than or equal to 0"},
	{`{"spec":{"replicas":1001}}`, "less than or equal to 1000"},
	{`{"spec":{"scaling":{"minInstances":9,"maxInstances":3}}}`, "minInstances must not be above"},
	{`{"spec":{"scaling":{"minInstances":0}}}`, "greater than or equal to 1"},
	{`{"spec":{"scaling":{"cooldown":"soon"}}}`, "must be a duration from 0s to 24h, such as 300s"},
	{`{"spec":{"scaling":{"checkInterval":"1s"}}}`, "must be a duration from 5s to 1h"},
	{`{"spec":{"scaling":{"cpuThreshold":101}}}`, "less than or equal to 100"},
	{`{"spec":{"scaling":{"mode":"Guess"}}}`, "supported values"},
	{`{"spec":{"scaling":{"rules":[{"name":"x","metric":"cpu","action":"up"}]}}}`, "set exactly one of"},
	{`{"spec":{"scaling":{"schedules":[{"name":"x","start":"daily","duration":"1h","minInstances":1,"maxInstances":2}]}}}`, "the five words of a crontab"},
	{`{"spec":{"rollingUpdate":{"maxSurge":"101%"}}}`, "a percentage up to 100%"},
	{`{"spec":{"rollingUpdate":{"maxUnavailable":-1}}}`, "must be a number from 0 to 1000"},
	{`{"spec":{"rollingUpdate":{"progressDeadline":"1s"}}}`, "must be a duration from 10s to 24h"},
	{`{"spec":{"placement":{"targets":["node 1"]}}}`, "names of cluster members"},
	{`{"spec":{"placement":{"lostAfter":"1s"}}}`, "must be a duration from 10s to 24h"},
	{`{"spec":{"bot":{"resources":{"cpu":"lots"}}}}`, "must be a number of cores such as"},
	{`{"spec":{"bot":{"resources":{"memory":"8"}}}}`, "a whole number with a unit"},
	{`{"spec":{"bot":{"resources":{"network":{"egress":"fast"}}}}}`, "bits per second with a unit"},
	{`{"spec":{"bot":{"image":{"fingerprint":"0123456789ab"}}}}`, "set exactly one of image.alias"},
	{`{"spec":{"bot":{"image":{"alias":"images:debian/12"}}}}`, "without a remote"},
	{`{"spec":{"bot":{"env":[{"name":"1ST","value":"x"}]}}}`, "must be letters, digits and _"},
	{`{"spec":{"bot":{"env":[{"name":"X","value":"a\nb"}]}}}`, "must be one line"},
	{`{"spec":{"bot":{"files":[{"path":"../etc/passwd","content":"x"}]}}}`, "must be an absolute path"},
	{`{"spec":{"bot":{"files":[{"path":"/x"}]}}}`, "set exactly one of files[].content"},
	{`{"spec":{"bot":{"command":["bot"]}}}`, "the absolute path of a program"},
	{`{"spec":{"bot":{"hostPortBase":65000}}}`, "less than or equal to 64535"},
	{`{"spec":{"health":{"interval":"1s","timeout":"5s"}}}`, "must not be longer than health.interval"},
	{`{"spec":{"health":{"path":"health"}}}`, "must be an absolute URL path"},
	{`{"spec":{"drain":{"settle":"9s","timeout":"5s"}}}`, "must not be longer than drain.timeout"},
	{`{"spec":{"edge":{"hosts":["no host"]}}}`, "edge.hosts"},
	{`{"spec":{"edge":{"routes":[{"name":"api","match":{"paths":["/x"]}}]}}}`, "must not be health, websocket, api or default"},
	{`{"spec":{"edge":{"routes":[{"name":"x","match":{}}]}}}`, "must say which requests the route is for"},
	{`{"spec":{"edge":{"rateLimit":{"requests":null,"burst":5}}}}`, "goes with edge.rateLimit.requests"},
	{`{"spec":{"deletionPolicy":"Shred"}}`, "supported values"},
}

// shown is a bad value that only the operator can find out about: a condition must say so.
type shown struct {
	name   string
	change func(bc *v1alpha1.BotCluster)
	// cure takes it back.
	cure func(bc *v1alpha1.BotCluster)
	// condition gets the reason.
	condition, reason string
}

var shownValues = []shown{
	botsImage("no-such-image", v1alpha1.ReasonImageNotFound),
	botsImage("mute", v1alpha1.ReasonRolloutStalled),
	botsImage("sick", v1alpha1.ReasonRolloutStalled),
	{
		"an image of the edges that is not there",
		func(bc *v1alpha1.BotCluster) { bc.Spec.Edge.Image.Alias = "no-such-image" },
		func(bc *v1alpha1.BotCluster) { bc.Spec.Edge.Image.Alias = "edge" },
		v1alpha1.ConditionStalled, v1alpha1.ReasonImageNotFound,
	},
	{
		"a Secret that is not there",
		func(bc *v1alpha1.BotCluster) {
			bc.Spec.Bot.EnvFrom = []v1alpha1.EnvFromSource{{SecretRef: v1alpha1.SecretReference{Name: "no-such-secret"}}}
		},
		func(bc *v1alpha1.BotCluster) { bc.Spec.Bot.EnvFrom = nil },
		v1alpha1.ConditionBotsReady, v1alpha1.ReasonSecretNotFound,
	},
	{
		"a file that the operator writes",
		func(bc *v1alpha1.BotCluster) {
			bc.Spec.Bot.Files = []v1alpha1.File{{Path: "/opt/gbo/conf/botserver.env", Content: new("X=1"), Mode: "0600"}}
		},
		func(bc *v1alpha1.BotCluster) { bc.Spec.Bot.Files = nil },
		v1alpha1.ConditionBotsReady, v1alpha1.ReasonInvalidRequest,
	},
	{
		"a storage pool that is not there",
		func(bc *v1alpha1.BotCluster) { bc.Spec.Incus.StoragePool = "no-such-pool" },
		func(bc *v1alpha1.BotCluster) { bc.Spec.Incus.StoragePool = "" },
		v1alpha1.ConditionIncusReady, v1alpha1.ReasonStoragePoolNotFound,
	},
	{
		"a network that is not there",
		func(bc *v1alpha1.BotCluster) { bc.Spec.Incus.Network = "no-such-net" },
		func(bc *v1alpha1.BotCluster) { bc.Spec.Incus.Network = "" },
		v1alpha1.ConditionIncusReady, v1alpha1.ReasonNetworkNotFound,
	},
	{
		"a profile that is not there",
		func(bc *v1alpha1.BotCluster) { bc.Spec.Incus.Profiles = []v1alpha1.ProfileName{"no-such-profile"} },
		func(bc *v1alpha1.BotCluster) { bc.Spec.Incus.Profiles = []v1alpha1.ProfileName{"default"} },
		v1alpha1.ConditionIncusReady, v1alpha1.ReasonProfileNotFound,
	},
	{
		"a schedule that never begins",
		func(bc *v1alpha1.BotCluster) {
			bc.Spec.Scaling.Enabled = true
			bc.Spec.Scaling.Schedules = []v1alpha1.ScalingSchedule{{
				Name: "never", Start: "0 0 31 2 *", Duration: metav1.Duration{Duration: time.Hour}, MinInstances: 1, MaxInstances: 2,
			}}
		},
		func(bc *v1alpha1.BotCluster) { bc.Spec.Scaling = v1alpha1.ScalingSpec{} },
		v1alpha1.ConditionScalingActive, v1alpha1.ReasonScheduleInvalid,
	},
	{
		"a suspension",
		func(bc *v1alpha1.BotCluster) { bc.Spec.Suspend = true },
		func(bc *v1alpha1.BotCluster) { bc.Spec.Suspend = false },
		v1alpha1.ConditionSuspended, v1alpha1.ReasonSuspended,
	},
	{
		"all bots drained by hand",
		func(bc *v1alpha1.BotCluster) { annotate(bc, v1alpha1.AnnotationDrain, "1,2,3,4,5,6,7,8,9") },
		func(bc *v1alpha1.BotCluster) { delete(bc.Annotations, v1alpha1.AnnotationDrain) },
		v1alpha1.ConditionDegraded, v1alpha1.ReasonAllDrained,
	},
}

// botsImage is an image that no bot can be made of that serves.
func botsImage(alias, reason string) shown {
	return shown{
		"the image " + alias, func(bc *v1alpha1.BotCluster) { bc.Spec.Bot.Image.Alias = alias },
		func(bc *v1alpha1.BotCluster) { bc.Spec.Bot.Image.Alias = "bot" }, v1alpha1.ConditionStalled, reason,
	}
}
