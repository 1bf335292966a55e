// Package arch knows the rules of the house that a machine can check: which room may see which, how long a file may be,
// that every package says what it is. Its specs hold the repository against them, and so work where no linter is
// installed; and they hold the rules against imagined offenders, so that none of them is a wall that cannot fail.
package arch
