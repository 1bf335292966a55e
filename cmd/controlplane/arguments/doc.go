// Package arguments says what each component is started with, and why: pure functions from Settings to an argument list.
package arguments
