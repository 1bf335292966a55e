package botcluster

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider"
	"github.com/generalbots/botcluster-operator/controllers/render"
)

// Keys of the identity Secret, as cluster-api-provider-incus names them.
const (
	keyServer            = "server"
	keyServerCertificate = "server-crt"
	keyClientCertificate = "client-crt"
	keyClientKey         = "client-key"
	keyProject           = "project"
)

// secretAge is how old a Secret that was read may be. The operator may read Secrets by name and not watch them (least
// rights), so a changed one is noticed within this time. One that is missing or unusable is looked at in every pass.
const secretAge = 30 * time.Second

// secrets reads Secrets by name and keeps them for secretAge.
type secrets struct {
	reader client.Reader
	clock  clock.PassiveClock

	mutex sync.Mutex
	kept  map[types.NamespacedName]keptSecret
}

type keptSecret struct {
	secret render.Secret
	// owner is its controller, empty when it has none.
	owner metav1.OwnerReference
	at    time.Time
}

func newSecrets(reader client.Reader, now clock.PassiveClock) *secrets {
	return &secrets{reader: reader, clock: now, kept: map[types.NamespacedName]keptSecret{}}
}

// get returns the content of a Secret; a missing one is a Terminal error that names the field which asks for it.
func (s *secrets) get(ctx context.Context, namespace, name, field string) (render.Secret, error) {
	kept, err := s.read(ctx, types.NamespacedName{Namespace: namespace, Name: name})
	switch {
	case apierrors.IsNotFound(err):
		return render.Secret{}, &provider.Error{
			Class: provider.Terminal, Reason: v1alpha1.ReasonSecretNotFound, Err: err,
			Message: fmt.Sprintf("Secret %q, named in %s, does not exist in namespace %q: create it or correct the name", name, field, namespace),
		}
	case err != nil:
		return render.Secret{}, &provider.Error{
			Class: provider.Transient, Reason: v1alpha1.ReasonRetrying, Err: err,
			Message: fmt.Sprintf("Secret %q, named in %s, could not be read", name, field),
		}
	}
	return kept.secret, nil
}

// read returns a Secret that is at most secretAge old. Its errors are the API server's.
func (s *secrets) read(ctx context.Context, key types.NamespacedName) (keptSecret, error) {
	s.mutex.Lock()
	kept, found := s.kept[key]
	s.mutex.Unlock()
	if found && s.clock.Since(kept.at) < secretAge {
		return kept, nil
	}
	var secret corev1.Secret
	err := s.reader.Get(unlogged(ctx), key, &secret)
	s.mutex.Lock()
	defer s.mutex.Unlock()
	delete(s.kept, key)
	if err != nil {
		return keptSecret{}, err
	}
	s.prune()
	kept = keptSecret{secret: render.Secret{UID: string(secret.UID), Data: secret.Data}, at: s.clock.Now()}
	if controller := metav1.GetControllerOf(&secret); controller != nil {
		kept.owner = *controller
	}
	s.kept[key] = kept
	return kept, nil
}

// forget lets Secrets be read anew in the next pass: those with which nothing can be begun as they are. Somebody is about to
// correct them, and should not wait for their age.
func (s *secrets) forget(namespace string, names ...string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, name := range names {
		delete(s.kept, types.NamespacedName{Namespace: namespace, Name: name})
	}
}

// unlogged keeps what a call carries out of the log: the client of Kubernetes writes whole bodies there from level 8 on.
func unlogged(ctx context.Context) context.Context { return ctrl.LoggerInto(ctx, logr.Discard()) }

// prune forgets what is too old to be used, so that no secret stays in memory after its reader is gone.
func (s *secrets) prune() {
	for key, kept := range s.kept {
		if s.clock.Since(kept.at) >= secretAge {
			delete(s.kept, key)
		}
	}
}

// identity says how to reach the Incus server of a BotCluster.
func (r *Reconciler) identity(ctx context.Context, bc *v1alpha1.BotCluster) (model.Identity, error) {
	incus := bc.Spec.Incus
	if incus.IdentitySecretRef == nil {
		return model.Identity{UnixSocket: incus.UnixSocket, Project: orDefault(incus.Project)}, nil
	}
	secret, err := r.secrets.get(ctx, bc.Namespace, incus.IdentitySecretRef.Name, "spec.incus.identitySecretRef")
	if err != nil {
		return model.Identity{}, err
	}
	data := secret.Data
	for _, key := range []string{keyServer, keyServerCertificate, keyClientCertificate, keyClientKey} {
		if len(data[key]) == 0 {
			r.secrets.forget(bc.Namespace, incus.IdentitySecretRef.Name)
			return model.Identity{}, &provider.Error{
				Class: provider.Terminal, Reason: v1alpha1.ReasonIdentityInvalid,
				Message: fmt.Sprintf("Secret %q, named in spec.incus.identitySecretRef, has no key %q: it needs %v", incus.IdentitySecretRef.Name, key,
					slices.Sorted(slices.Values([]string{keyServer, keyServerCertificate, keyClientCertificate, keyClientKey}))),
			}
		}
	}
	return model.Identity{
		Server: string(data[keyServer]), ServerCertificate: string(data[keyServerCertificate]),
		ClientCertificate: string(data[keyClientCertificate]), ClientKey: string(data[keyClientKey]),
		Project: orDefault(string(data[keyProject])),
	}, nil
}

// orDefault is Incus's own default for the name of a project.
func orDefault(project string) string {
	if project == "" {
		return "default"
	}
	return project
}
