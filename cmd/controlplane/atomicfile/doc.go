// Package atomicfile replaces a file in one step, so that a reader and a crash see the old content or the new one, never a part.
package atomicfile
