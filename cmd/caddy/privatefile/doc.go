// Package privatefile writes files that are for their owner only, each as a whole or not at all.
package privatefile
