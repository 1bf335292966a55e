// Package render turns what a BotCluster declares into what the outside reads: Caddy's JSON for the edges, the files of a
// bot instance (environment, systemd units, bot.files), Incus limits and proxy devices.
//
// Everything in it is pure: values in, values out, and the same bytes for the same values in every run, because
// revisions and hashes are compared to decide whether anything has to be written.
//
// Where user text enters another language (systemd's environment files and command lines, Incus's units) it is quoted or
// converted by the rules of that language, which the quoting functions cite, and what the language cannot express is an
// error that names the field and not the value.
package render
