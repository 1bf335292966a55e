// Command caddy is the edge of a BotCluster: Caddy with its standard modules.
package main
