// Package command is what a user types: flags, their help, and the sentences that come back.
package command
