package edge

// Shared is the pool of the process, for what other packages of the edge set in it.
var Shared = shared
