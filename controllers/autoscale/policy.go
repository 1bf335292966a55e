package autoscale

import "time"

// Mode says how far one decision goes.
type Mode string

const (
	// ModeStep goes by steps: one, or several at once on the way up when the load is far above a threshold (MaxSteps).
	ModeStep Mode = "Step"
	// ModeProportional goes to where the load would just fit, as Kubernetes' HPA does.
	ModeProportional Mode = "Proportional"
)

// Direction is which way a rule, or a decision, goes.
type Direction string

const (
	// DirectionUp means more bots.
	DirectionUp Direction = "Up"
	// DirectionDown means fewer bots.
	DirectionDown Direction = "Down"
	// DirectionNone leaves the number as it is.
	DirectionNone Direction = "None"
)

// Comparison says on which side of its value a rule acts.
type Comparison string

const (
	// ComparisonAbove acts while the metric is above the value.
	ComparisonAbove Comparison = "Above"
	// ComparisonBelow acts while the metric is below the value.
	ComparisonBelow Comparison = "Below"
)

// Rule acts while a metric is above or below a value.
type Rule struct {
	// Name identifies the rule in its policy, in the State and in decisions.
	Name       string
	Metric     Metric
	Comparison Comparison
	// Value is in the metric's unit.
	Value float64
	// Action is DirectionUp or DirectionDown.
	Action Direction
	// For is how long the comparison must hold before the rule acts.
	For time.Duration
}

// threshold tells that the rule bounds the load of one bot from above: fewer bots are allowed only while they would stay below.
func (r Rule) threshold() bool { return r.Comparison == ComparisonAbove && r.Action == DirectionUp }

// Policy is how a BotCluster scales. DefaultPolicy has the values in force when the spec says nothing.
type Policy struct {
	// Min and Max bound the number of bots; less than 1 counts as 1, and a Max below Min as Min.
	Min int
	Max int
	// Rules are looked at in their order; of two that ask for the same, the first is said to have won. A rule whose signal can
	// never be known, such as the memory's of bots without a limit, is to be left out: it would hold back every scale-down.
	Rules []Rule

	Mode Mode
	// StepUp and StepDown are the bots of one step in ModeStep, and for metrics that are no shared load in either mode.
	StepUp   int
	StepDown int
	// MaxSteps is how many steps up one decision may take at once when one would not be enough. 1 takes them one by one.
	MaxSteps int

	// Tolerance is the part of a threshold that must stay free on the way down: 0.1 is 10 %.
	Tolerance float64
	// CooldownUp and CooldownDown are the waits from the last scaling event, in either direction, to one up or down.
	CooldownUp   time.Duration
	CooldownDown time.Duration
	// Urgent is the multiple of a threshold beyond which a scale-up that took effect, and was too small, goes on within the
	// cooldown. Zero never does.
	Urgent float64
	// Stabilization is how long fewer bots must have been enough before some leave. State.Regrets doubles it.
	Stabilization time.Duration
	// Interval is how often decisions are made; StaleAfter the age beyond which a measured value counts as missing: three
	// intervals when it is zero.
	Interval   time.Duration
	StaleAfter time.Duration

	// MaxLaunching is how many bots may be on their way up at once; zero sets no bound.
	MaxLaunching int
	// BreakerThreshold is how many launches must fail in a row for no more to be tried; zero never stops them. BreakerBackoff
	// is the time to the next try, which doubles with every further failure up to BreakerMaxBackoff.
	BreakerThreshold  int
	BreakerBackoff    time.Duration
	BreakerMaxBackoff time.Duration

	// PauseUp and PauseDown keep the rules from adding or taking away bots. Min and Max hold nevertheless.
	PauseUp   bool
	PauseDown bool

	// Windows bring their own Min and Max for hours of the day.
	Windows []Window
}

// Names of the rules that stand for the document's thresholds.
const (
	// RuleCPU is the rule of scale-cpu-threshold.
	RuleCPU = "cpuThreshold"
	// RuleMemory is the rule of scale-memory-threshold.
	RuleMemory = "memoryThreshold"
	// RuleRequests is the rule of scale-request-threshold.
	RuleRequests = "requestThreshold"
)

// Threshold returns the rule that asks for more bots while a metric is above a value.
func Threshold(name string, metric Metric, value float64) Rule {
	return Rule{Name: name, Metric: metric, Comparison: ComparisonAbove, Value: value, Action: DirectionUp}
}

// DefaultPolicy has the parameters of the General Bots scaling document as it has them (1 to 10 instances, 70 % CPU, 80 % memory,
// 1000 requests/min, 300 s cooldown, 30 s interval), the HPA's tolerance and stabilisation window (10 %, 300 s), and our own rest.
func DefaultPolicy() Policy {
	return Policy{
		Min: 1,
		Max: 10,
		Rules: []Rule{
			Threshold(RuleCPU, MetricCPU, 70),
			Threshold(RuleMemory, MetricMemory, 80),
			Threshold(RuleRequests, MetricRequests, 1000),
		},
		Mode:              ModeStep,
		StepUp:            1,
		StepDown:          1,
		MaxSteps:          4,
		Tolerance:         0.1,
		CooldownUp:        300 * time.Second,
		CooldownDown:      300 * time.Second,
		Urgent:            1.1,
		Stabilization:     300 * time.Second,
		Interval:          30 * time.Second,
		StaleAfter:        90 * time.Second,
		MaxLaunching:      16,
		BreakerThreshold:  3,
		BreakerBackoff:    time.Minute,
		BreakerMaxBackoff: 30 * time.Minute,
	}
}

// normalized returns the policy with what makes no sense replaced by what is nearest to it.
func (p Policy) normalized() Policy {
	p.Min = max(p.Min, 1)
	p.Max = max(p.Max, p.Min)
	p.StepUp = max(p.StepUp, 1)
	p.StepDown = max(p.StepDown, 1)
	p.MaxSteps = max(p.MaxSteps, 1)
	if !(p.Tolerance >= 0 && p.Tolerance < 1) {
		p.Tolerance = 0
	}
	if p.Interval <= 0 {
		p.Interval = DefaultPolicy().Interval
	}
	if p.StaleAfter <= 0 {
		p.StaleAfter = 3 * p.Interval
	}
	return p
}
