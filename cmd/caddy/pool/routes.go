package pool

import "slices"

// Routes are the settings that come with the routes that the proxy has loaded.
type Routes struct {
	// Revision names the loaded routes.
	Revision string
	// Rules for pushes while these routes are loaded.
	Rules Rules
}

// routes are those loaded now. While one configuration replaces another both are held, and the newest counts; if the new one
// fails and is released, the old one counts again.
type routes []*Routes

// LoadRoutes makes the routes count until the returned function is called.
func (r *Registry) LoadRoutes(loaded Routes) (release func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	held := &loaded
	r.routes = append(r.routes, held)
	r.announce()
	return func() {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.routes = slices.DeleteFunc(r.routes, func(other *Routes) bool { return other == held })
		r.announce()
	}
}

// current returns the routes that count; the zero value if there are none.
func (r routes) current() Routes {
	if len(r) == 0 {
		return Routes{}
	}
	return *r[len(r)-1]
}

// Rules returns those that pushes are checked against now.
func (r *Registry) Rules() Rules {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.routes.current().Rules
}
