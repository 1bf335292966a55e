package botcluster

import (
	"context"
	"errors"
	"fmt"
	"io"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider"
	"github.com/generalbots/botcluster-operator/controllers/render"
)

// errKeyMissing says that the Secret with the key of the cookies does not exist: the plan makes it.
var errKeyMissing = errors.New("there is no such Secret")

// keySecretName is the name of the Secret that holds the key of the edges' cookies.
func keySecretName(cluster string) string { return cluster + v1alpha1.KeySecretSuffix }

// edgeSecrets reads what the edges need and nobody else may see: all of it or nothing.
func (r *Reconciler) edgeSecrets(ctx context.Context, bc *v1alpha1.BotCluster) (render.EdgeSecrets, error) {
	key, err := r.cookieKey(ctx, bc)
	if err != nil {
		return render.EdgeSecrets{}, err
	}
	out := render.EdgeSecrets{CookieKey: key}
	for _, name := range render.EdgeSecretNames(bc.Spec.Edge) {
		secret, err := r.secrets.get(ctx, bc.Namespace, name, "spec.edge.tls")
		if err != nil {
			return render.EdgeSecrets{}, err
		}
		out.TLS = append(out.TLS, secret)
	}
	if err := out.Check(bc.Spec.Edge); err != nil {
		r.secrets.forget(bc.Namespace, render.EdgeSecretNames(bc.Spec.Edge)...)
		return render.EdgeSecrets{}, unusable(err)
	}
	return out, nil
}

// cookieKey reads the key of the cookies. It is taken only from a Secret that the operator made for this very BotCluster.
// One that cannot be taken is not kept.
func (r *Reconciler) cookieKey(ctx context.Context, bc *v1alpha1.BotCluster) ([]byte, error) {
	name := keySecretName(bc.Name)
	kept, err := r.secrets.read(ctx, types.NamespacedName{Namespace: bc.Namespace, Name: name})
	switch {
	case apierrors.IsNotFound(err):
		return nil, &provider.Error{
			Class: provider.Waiting, Reason: v1alpha1.ReasonProgressing, Err: errors.Join(errKeyMissing, err),
			Message: fmt.Sprintf("Secret %q, which holds the key of the edges' cookies, is not made yet", name),
		}
	case err != nil:
		return nil, &provider.Error{
			Class: provider.Transient, Reason: v1alpha1.ReasonRetrying, Err: err,
			Message: fmt.Sprintf("Secret %q, which holds the key of the edges' cookies, could not be read", name),
		}
	}
	if err := refusedKey(bc, name, kept); err != nil {
		r.secrets.forget(bc.Namespace, name)
		return nil, err
	}
	return kept.secret.Data[v1alpha1.KeyCookie], nil
}

// refusedKey says why a Secret's key of the cookies is not taken. One of a BotCluster that had the same name goes with it, by
// the garbage collection of Kubernetes, so it is waited for.
func refusedKey(bc *v1alpha1.BotCluster, name string, kept keptSecret) error {
	key := kept.secret.Data[v1alpha1.KeyCookie]
	switch {
	case kept.owner.UID != bc.UID && sameName(bc, kept.owner):
		return &provider.Error{
			Class: provider.Waiting, Reason: v1alpha1.ReasonProgressing,
			Message: fmt.Sprintf("Secret %q, which holds the key of the edges' cookies, belongs to an earlier BotCluster of this name: "+
				"Kubernetes is about to remove it, and a new one is made then; if it stays, delete it", name),
		}
	case kept.owner.UID != bc.UID:
		return &provider.Error{
			Class: provider.Terminal, Reason: v1alpha1.ReasonNameConflict,
			Message: fmt.Sprintf("Secret %q exists and does not belong to this BotCluster, which needs one of that name for the key of "+
				"its edges' cookies: delete or rename the Secret, or rename the BotCluster", name),
		}
	case len(key) != render.CookieKeySize:
		return &provider.Error{
			Class: provider.Terminal, Reason: v1alpha1.ReasonCookieKeyInvalid,
			Message: fmt.Sprintf("Secret %q has no usable key %q: it must have %d bytes and has %d; delete the Secret, and the operator "+
				"makes a new one", name, v1alpha1.KeyCookie, render.CookieKeySize, len(key)),
		}
	default:
		return nil
	}
}

// sameName tells that an owner is a BotCluster of the same name.
func sameName(bc *v1alpha1.BotCluster, owner metav1.OwnerReference) bool {
	version, err := schema.ParseGroupVersion(owner.APIVersion)
	return err == nil && version.Group == v1alpha1.GroupVersion.Group && owner.Kind == "BotCluster" && owner.Name == bc.Name
}

// createKey makes the Secret with the key of the cookies. One that is there meanwhile stays as it is: the next pass reads
// it. It goes with the BotCluster, by the garbage collection of Kubernetes.
func (r *Reconciler) createKey(ctx context.Context, bc *v1alpha1.BotCluster, name string) error {
	key := make([]byte, render.CookieKeySize)
	if _, err := io.ReadFull(r.Random, key); err != nil {
		return fmt.Errorf("draw a key for the cookies: %w", err)
	}
	err := r.Client.Create(unlogged(ctx), keySecret(bc, name, key))
	switch {
	case err == nil || apierrors.IsAlreadyExists(err):
		return nil
	case apierrors.IsForbidden(err) || apierrors.IsInvalid(err):
		return &provider.Error{
			Class: provider.Terminal, Reason: v1alpha1.ReasonNotAuthorized, Err: err,
			Message: fmt.Sprintf("the API server refuses Secret %q for the key of the edges' cookies (%s): the operator's role must allow "+
				"it to create Secrets, and a quota must have room", name, apierrors.ReasonForError(err)),
		}
	default:
		return &provider.Error{
			Class: provider.Transient, Reason: v1alpha1.ReasonRetrying, Err: err,
			Message: fmt.Sprintf("Secret %q for the key of the edges' cookies could not be made", name),
		}
	}
}

// keySecret is the Secret to be made. It cannot be changed, only deleted: then a new key is drawn.
func keySecret(bc *v1alpha1.BotCluster, name string, key []byte) *corev1.Secret {
	owner := metav1.NewControllerRef(bc, v1alpha1.GroupVersion.WithKind("BotCluster"))
	owner.BlockOwnerDeletion = nil // it would ask for a right on the finalizers of BotClusters
	labels := map[string]string{v1alpha1.LabelTier: string(model.TierEdge)}
	if len(validation.IsValidLabelValue(bc.Name)) == 0 { // a name may be longer than the value of a label
		labels[v1alpha1.LabelCluster] = bc.Name
	}
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: bc.Namespace, Name: name, Labels: labels, OwnerReferences: []metav1.OwnerReference{*owner},
		},
		Immutable: new(true),
		Data:      map[string][]byte{v1alpha1.KeyCookie: key},
	}
}
