// Package apply carries out the steps of a plan against the providers. It decides nothing: a step that the outside
// refuses is reported, and the next pass plans anew from what is seen then.
package apply
