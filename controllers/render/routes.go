package render

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/model"
)

const (
	// EdgeAdminSocket is where Caddy's admin API listens in an edge instance. Every configuration names it: one without
	// would make Caddy open its default, a TCP port that everything in the instance could use.
	EdgeAdminSocket = "/run/caddy/admin.sock"

	// EdgeHTTPPort is where an edge listens inside its instance for plain HTTP.
	EdgeHTTPPort = 80
	// EdgeHTTPSPort is where it listens for HTTPS.
	EdgeHTTPSPort = 443

	// revisionDigits is the length of revisions and hashes: 64 bits, as they tell one content from the next and need not
	// withstand somebody who looks for two that collide.
	revisionDigits = 16

	// defaultDrainTimeout stands in for a drain.timeout that the API server did not default.
	defaultDrainTimeout = 30 * time.Second
	// shortestGracePeriod lets answers that are being written end, also with a drain.timeout of zero.
	shortestGracePeriod = time.Second
)

// Routes renders the configuration of the edges. All edges of a BotCluster get the same.
//
// The drain timeout is how long an edge that stops goes on with the requests it has in hand.
func Routes(spec v1alpha1.BotClusterSpec) model.Routes {
	config := caddyConfig{
		Admin: caddyAdmin{
			Listen: "unix/" + EdgeAdminSocket + "|0600",
			// An edge that boots again serves its last routes before the operator looks.
			Config: caddyAdminConfig{Persist: true},
		},
		Apps: caddyApps{
			HTTP: caddyHTTP{
				HTTPPort:    EdgeHTTPPort,
				HTTPSPort:   EdgeHTTPSPort,
				GracePeriod: gracePeriod(spec.Drain).String(),
				Servers:     servers(spec),
			},
			TLS: certificates(spec.Edge),
			PKI: authorities(spec.Edge),
		},
	}
	revision := shortHash(marshal(config))
	config.Apps.BotCluster.Revision = revision
	return model.Routes{Revision: revision, Config: marshal(config), NeedsSecrets: spec.Edge.TLS.Mode == v1alpha1.TLSModeSecret}
}

func gracePeriod(drain v1alpha1.DrainSpec) time.Duration {
	if drain.Timeout == nil {
		return defaultDrainTimeout
	}
	return max(drain.Timeout.Duration, shortestGracePeriod)
}

// marshal cannot fail: the configuration is made of texts, numbers, lists and maps with text keys.
func marshal(config caddyConfig) []byte {
	text, err := json.Marshal(config)
	if err != nil {
		panic(fmt.Sprintf("render: Caddy's configuration holds what JSON cannot: %v", err))
	}
	return text
}

func shortHash(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])[:revisionDigits]
}
