// Package story holds the specs that run the built binary: a control plane from its first start to SIGKILL and back. They are
// labelled slow; the first run builds the binary, later ones take half a minute.
package story
