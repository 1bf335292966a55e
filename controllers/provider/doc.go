// Package provider declares what the operator asks of each outside system: small interfaces with written contracts, and
// the classes of error that they return. The folders below it hold one implementation each; reconcilers know only the
// interfaces.
//
// The contract that all of them keep:
//   - No call waits for the outside to finish. A call that changes something starts it; the next observation shows it.
//   - Every call is idempotent: creating what exists and deleting what is gone succeed. Create and Delete check who owns
//     what they find and fail with NameConflict on something foreign.
//   - An observation never changes the outside. What could not be read is an error, never an empty answer.
//   - Every call has its own deadline and returns an *Error, whose Class says what to do about it.
package provider
