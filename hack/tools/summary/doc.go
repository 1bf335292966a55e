// Command summary ends `make test`. It reads what hack/test.sh wrote about each stage and the JSON reports of the Ginkgo
// suites that ran in it, prints a line per stage, names what failed, and closes with the sum "N passed, N failed".
//
// A stage that failed without a failed spec (a finding of the linter, a suite that does not compile, a time-out) counts
// as one failure, so the closing line never says 0 failed when something did. Any failure makes the exit status 1.
package main
