package main

import (
	caddycmd "github.com/caddyserver/caddy/v2/cmd"

	_ "github.com/caddyserver/caddy/v2/modules/standard"
	_ "github.com/mholt/caddy-ratelimit"

	_ "github.com/generalbots/botcluster-operator/cmd/caddy/edge"
)

func main() {
	caddycmd.Main()
}
