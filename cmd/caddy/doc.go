// Command caddy is the edge of a BotCluster: Caddy with its standard modules, rate limits (github.com/mholt/caddy-ratelimit) and
// those of package edge. It takes the same subcommands and flags as Caddy.
package main
