// Command bench measures the operator against its budgets and prints one JSON line for each figure on stdout; progress
// goes to stderr. Figures that have a rival (a bare launch, say) are measured beside it in the same run, because only the
// ratio means something on another machine.
//
//	go run ./test/bench -run 'launch|noop'
package main
