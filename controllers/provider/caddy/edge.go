package caddy

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider"
)

// Paths of the admin API.
const (
	poolPath    = "/botcluster/pool"
	configPath  = "/botcluster/config"
	secretsPath = "/botcluster/secrets" //nolint:gosec // where secrets go is none
)

// edge implements provider.Edge.
type edge struct {
	// name is that of the instance, for messages.
	name string
	link *link
}

func newEdge(key string) *edge {
	return &edge{name: key[strings.LastIndex(key, "/")+1:], link: newLink()}
}

// State implements provider.Edge.
func (e *edge) State(ctx context.Context) (model.EdgeState, error) {
	reply, err := e.call(ctx, http.MethodGet, poolPath, nil)
	if err != nil {
		return model.EdgeState{}, err
	}
	if reply.status != http.StatusOK {
		return model.EdgeState{}, e.unexpected(reply)
	}
	return e.read(reply)
}

// SetRoutes implements provider.Edge. Routes that the edge serves already change nothing in Caddy.
func (e *edge) SetRoutes(ctx context.Context, routes model.Routes) error {
	reply, err := e.call(ctx, http.MethodPut, configPath, routes.Config)
	switch {
	case err != nil:
		return err
	case reply.status == http.StatusOK:
		return nil
	case reply.status == http.StatusBadRequest:
		return terminal(reasonRejectedRoutes, fmt.Errorf("revision %s: status %d", routes.Revision, reply.status),
			"the edge %s refused its routes and serves the ones from before: %s", e.name, reply.refusal())
	default:
		return e.unexpected(reply)
	}
}

// SetSecrets implements provider.Edge.
func (e *edge) SetSecrets(ctx context.Context, secrets model.EdgeSecrets) error {
	body, err := json.Marshal(secretsPushOf(secrets))
	if err != nil {
		return fmt.Errorf("encoding the secrets %s: %w", secrets.Revision, err)
	}
	reply, err := e.call(ctx, http.MethodPut, secretsPath, body)
	switch {
	case err != nil:
		return err
	case reply.status == http.StatusOK:
		return nil
	}
	reply = reply.without(secrets)
	if reply.status == http.StatusBadRequest || reply.status == http.StatusRequestEntityTooLarge {
		return terminal(reasonRejectedSecrets, fmt.Errorf("revision %s: status %d", secrets.Revision, reply.status),
			"the edge %s refused its secrets and keeps the ones from before: %s", e.name, reply.refusal())
	}
	return e.unexpected(reply)
}

// SetPool implements provider.Edge.
func (e *edge) SetPool(ctx context.Context, pool model.Pool) (model.EdgeState, error) {
	body, err := json.Marshal(pushOf(pool))
	if err != nil {
		return model.EdgeState{}, fmt.Errorf("encoding the pool %s: %w", pool.Revision, err)
	}
	reply, err := e.call(ctx, http.MethodPut, poolPath, body)
	switch {
	case err != nil:
		return model.EdgeState{}, err
	case reply.status == http.StatusOK:
		return e.read(reply)
	case reply.status == http.StatusBadRequest || reply.status == http.StatusRequestEntityTooLarge:
		return model.EdgeState{}, terminal(reasonRejectedPool, fmt.Errorf("revision %s: status %d", pool.Revision, reply.status),
			"the edge %s refused its pool and keeps the one from before: %s", e.name, reply.refusal())
	default:
		return model.EdgeState{}, e.unexpected(reply)
	}
}

func (e *edge) call(ctx context.Context, method, path string, body []byte) (reply, error) {
	answer, err := e.link.exchange(ctx, method, path, body)
	if err != nil {
		return reply{}, e.explain(err)
	}
	return answer, nil
}

func (e *edge) read(answer reply) (model.EdgeState, error) {
	state, err := decodeState(answer.body)
	if err != nil {
		return model.EdgeState{}, transient(err,
			"the edge %s answered what is no pool document: compare the version of its image with the operator's", e.name)
	}
	return state, nil
}

var _ provider.Edge = (*edge)(nil)
