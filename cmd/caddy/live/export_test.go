package live

// Parts is what a configuration is taken apart into.
type Parts struct {
	Frame, Revision string
	Whole           string
	Routes          map[string]string
	Persist         bool
}

// Read takes a configuration apart.
func Read(data []byte) (Parts, error) {
	read, err := read(data)
	routes := map[string]string{}
	for name, raw := range read.routes {
		routes[name] = string(raw)
	}
	return Parts{Frame: read.frame, Revision: read.revision, Whole: string(read.whole), Routes: routes, Persist: read.persist}, err
}
