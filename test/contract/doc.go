// Package contract holds one table of specs for each provider interface, run against the fake and against the real system,
// so that the fake cannot lie. The labels `fake` and `real` choose.
package contract
