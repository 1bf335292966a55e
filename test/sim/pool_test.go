package sim

import (
	"net/http"
	"path"
	"strings"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
	"github.com/generalbots/botcluster-operator/controllers/provider/fake/edge"
)

// crash and vanish are what fate does. What the operator has not noticed yet is not held against it.
func (r *rig) crash(ref fake.Ref) {
	r.felled[ref.Name] = true
	if err := r.world.Crash(ref); err != nil {
		panic(err)
	}
}

func (r *rig) vanish(ref fake.Ref) {
	r.felled[ref.Name] = true
	if err := r.world.Vanish(ref); err != nil {
		panic(err)
	}
}

// checkStop is half of I2: a bot is stopped only after every edge let it go. A call that changes the state of what runs is
// a stop: the operator asks for nothing else.
func (r *rig) checkStop(call fake.Call) {
	name := path.Base(path.Dir(call.Path))
	if call.System != fake.SystemIncus || call.Verb != http.MethodPut || path.Base(call.Path) != "state" || !r.isBot(name) {
		return
	}
	if sight, there := r.world.Look(fake.Ref{Project: project, Name: name}); !there || sight.Boot == 0 {
		return
	}
	r.eachEdge(func(edgeName string, document edge.Document) {
		for _, member := range document.Members {
			if member.Name == name && member.State != edge.Removed {
				r.leaks.add("I2: " + name + " is stopped while " + edgeName + " holds it as " + string(member.State))
			}
			if member.Name == name && member.InFlight > 0 {
				r.leaks.add("I2: " + name + " is stopped while it has something in hand at " + edgeName)
			}
		}
	})
}

// checkPush is the other half: a pool that was pushed names only what runs, and where it does.
func (r *rig) checkPush(call fake.Call, status int) {
	if call.System != fake.SystemEdge || call.Path != "/botcluster/pool" || call.Verb != http.MethodPut || status != http.StatusOK {
		return
	}
	document, _ := r.edges.Document(fake.Ref{Project: project, Name: call.Instance})
	for _, member := range document.Members {
		sight, there := r.world.Look(fake.Ref{Project: project, Name: member.Name})
		runs := there && sight.Boot != 0 && strings.HasPrefix(member.Address, sight.Address+":")
		if member.State != edge.Removed && !runs && !r.felled[member.Name] {
			r.leaks.add("I2: " + call.Instance + " was told of " + member.Name + ", which does not run there")
		}
	}
}

// checkServing asserts after every pass that what an edge serves with runs and is healthy.
func (r *rig) checkServing() {
	r.eachEdge(func(edgeName string, document edge.Document) {
		for _, member := range document.Members {
			sight, there := r.world.Look(fake.Ref{Project: project, Name: member.Name})
			well := there && sight.Serving && sight.Health == fake.Healthy && member.Probe.Result == edge.Healthy
			if member.Serving && !well && !r.felled[member.Name] {
				r.violate("I2: %s serves with %s, which is not well", edgeName, member.Name)
			}
		}
	})
}

// eachEdge shows what each edge of ours that runs holds.
func (r *rig) eachEdge(show func(name string, document edge.Document)) {
	prefix := plan.InstanceName(plan.Prefix(r.key.Namespace, r.key.Name), model.TierEdge, 1)
	prefix = strings.TrimSuffix(prefix, "1")
	for _, sight := range r.world.LookAll(project) {
		if !strings.HasPrefix(sight.Ref.Name, prefix) {
			continue
		}
		if document, running := r.edges.Document(sight.Ref); running {
			show(sight.Ref.Name, document)
		}
	}
}

func (r *rig) isBot(name string) bool {
	return strings.HasPrefix(name, plan.Prefix(r.key.Namespace, r.key.Name)+string(model.TierBot)+"-")
}
