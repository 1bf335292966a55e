package fake

import incusapi "github.com/lxc/incus/v6/shared/api"

// Listed is one instance as a list comes to it.
type Listed struct {
	Ref     Ref
	Version uint64 // changes whenever what is shown does; 0: it changes all the time
	// Unreachable instances are on a member that does not answer: their config is not known.
	Unreachable bool

	world    *World
	instance *instance
}

// Instance is what a list with recursion 1 shows.
func (l Listed) Instance() incusapi.Instance {
	if l.Unreachable {
		return renderUnreachable(l.instance)
	}
	return l.world.render(l.instance)
}

// Full is what a list with recursion 2 shows.
func (l Listed) Full() incusapi.InstanceFull {
	if l.Unreachable {
		return incusapi.InstanceFull{Instance: renderUnreachable(l.instance)}
	}
	return l.world.renderFull(l.instance)
}

// EachInstance visits the instances of a project, or of all if it is empty, by project and name. Visits happen with the
// world locked: they must not call it, except through what they are given. A project that does not exist has none, as with
// the daemon. It returns how many instances the whole world has.
func (w *World) EachInstance(projectName string, visit func(Listed)) (all int) {
	defer w.enter()()
	for _, i := range w.inOrder() {
		if projectName != "" && i.ref.Project != projectName {
			continue
		}
		listed := Listed{Ref: i.ref, Version: i.version, Unreachable: w.offline(i), world: w, instance: i}
		if i.running() && i.usage.Cores > 0 && !i.frozen {
			listed.Version = 0
		}
		visit(listed)
	}
	return len(w.instances)
}
