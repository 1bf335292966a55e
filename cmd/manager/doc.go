// Command manager is the operator: it reads its flags, wires the providers to the reconcilers and runs them.
package main
