package plan

import (
	"fmt"
	"strings"
	"time"

	"github.com/generalbots/botcluster-operator/controllers/model"
)

// Verb is what a step does.
type Verb string

// The verbs, in the order in which an instance meets them.
const (
	VerbCreateKey    Verb = "CreateKey"
	VerbCreateVolume Verb = "CreateVolume"
	VerbCreate       Verb = "Create"
	VerbConfigure    Verb = "Configure"
	VerbStart        Verb = "Start"
	VerbChange       Verb = "Change"
	VerbMark         Verb = "Mark"
	VerbUnmark       Verb = "Unmark"
	VerbRestart      Verb = "Restart"
	VerbPromote      Verb = "Promote"
	VerbSetPool      Verb = "SetPool"
	VerbSetSecrets   Verb = "SetSecrets"
	VerbSetRoutes    Verb = "SetRoutes"
	VerbFreeze       Verb = "Freeze"
	VerbStop         Verb = "Stop"
	VerbDelete       Verb = "Delete"
	VerbDeleteVolume Verb = "DeleteVolume"
)

// Step is one change of the outside, with its reason. Only the fields that its verb needs are set.
type Step struct {
	Verb Verb
	// Target is the name of the instance, volume or Secret.
	Target string
	Tier   model.Tier
	// Why completes the sentence «Verb Target because …».
	Why string

	Instance  model.InstanceSpec   // Create
	Files     []model.File         // Configure
	FilesHash string               // Configure
	Change    model.InstanceChange // Change, Mark, Unmark, Restart, Promote
	Grace     time.Duration        // Stop: zero stops by force
	Volume    model.Volume         // CreateVolume, DeleteVolume
	Pool      model.Pool           // SetPool
	Secrets   model.EdgeSecrets    // SetSecrets
	Routes    model.Routes         // SetRoutes
}

// String tells the step as a sentence.
func (s Step) String() string {
	return fmt.Sprintf("%s %s because %s", s.Verb, s.Target, s.Why)
}

// GoString is the sentence as well: the files of a step hold secrets.
func (s Step) GoString() string { return s.String() }

// MarshalText is the sentence as well, for loggers that encode what they are given.
func (s Step) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// Plan is what to do now and when to look again.
//
//nolint:recvcheck // it is made through a pointer and printed as a value
type Plan struct {
	Steps []Step
	// Assessments says of each instance, wanted or there, how it does; sorted by tier, then ordinal.
	Assessments []Assessment
	// Rollouts says of each tier how far it is on its way to the current template, in the blueprint's order.
	Rollouts []Rollout
	// Pool is what the edges should know.
	Pool model.Pool
	// Recheck is when to look again although no event may come; zero means that nothing is awaited.
	Recheck time.Duration
	// Done tells that a teardown has nothing left to remove.
	Done bool
}

// String lists the steps, one a line.
func (p Plan) String() string {
	lines := make([]string, 0, len(p.Steps))
	for _, step := range p.Steps {
		lines = append(lines, step.String())
	}
	return strings.Join(lines, "\n")
}

// recheckIn makes the plan look again in d, or sooner if it does already.
func (p *Plan) recheckIn(d time.Duration) {
	if d > 0 && (p.Recheck == 0 || d < p.Recheck) {
		p.Recheck = d
	}
}
