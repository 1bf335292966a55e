// Package conditions declares, computes, patches and checks the status conditions of a kind, so that all kinds speak
// the same: kstatus-correct, stamped with the generation they answer, patched only when something changed.
package conditions
