// Command responder serves HTTP on the unix socket that is its argument: it answers every request with its path and body. The
// contract specs run it inside real containers.
package main
