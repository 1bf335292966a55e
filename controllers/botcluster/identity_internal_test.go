package botcluster

import (
	"context"
	"fmt"
	"maps"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider"
)

// secretReader has Secrets by namespace/name, and counts how often it is asked.
type secretReader struct {
	client.Reader

	secrets map[string]map[string][]byte
	refusal error
	asked   int
}

func (r *secretReader) Get(_ context.Context, key client.ObjectKey, object client.Object, _ ...client.GetOption) error {
	r.asked++
	if r.refusal != nil {
		return r.refusal
	}
	data, found := r.secrets[key.String()]
	if !found {
		return apierrors.NewNotFound(schema.GroupResource{Resource: "secrets"}, key.Name)
	}
	*object.(*corev1.Secret) = corev1.Secret{ObjectMeta: metav1.ObjectMeta{UID: "uid-secret"}, Data: maps.Clone(data)}
	return nil
}

var _ = Describe("The identity", func() {
	var (
		reader     *secretReader
		clock      *clocktesting.FakePassiveClock
		reconciler *Reconciler
		bc         *v1alpha1.BotCluster
	)
	whole := map[string][]byte{
		"server": []byte("https://10.0.0.5:8443"), "server-crt": []byte("SERVER"), "client-crt": []byte("CLIENT"), "client-key": []byte("KEY"),
	}
	BeforeEach(func() {
		reader = &secretReader{secrets: map[string]map[string][]byte{"chat/incus": maps.Clone(whole)}}
		clock = clocktesting.NewFakePassiveClock(time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC))
		reconciler = NewReconciler(Options{Reader: reader, Clock: clock})
		bc = crew()
		bc.Spec.Incus.IdentitySecretRef = &v1alpha1.SecretReference{Name: "incus"}
	})

	DescribeTable("is a local socket when no Secret is named", func(ctx SpecContext, project, expected string) {
		bc.Spec.Incus = v1alpha1.IncusSpec{UnixSocket: "/run/incus.sock", Project: project}
		Expect(reconciler.identity(ctx, bc)).To(Equal(model.Identity{UnixSocket: "/run/incus.sock", Project: expected}))
		Expect(reader.asked).To(BeZero())
	},
		Entry("in a project", "bots", "bots"),
		Entry("in Incus's default project", "", "default"),
	)

	DescribeTable("is what the Secret holds", func(ctx SpecContext, project, expected string) {
		if project != "" {
			reader.secrets["chat/incus"]["project"] = []byte(project)
		}
		Expect(reconciler.identity(ctx, bc)).To(Equal(model.Identity{
			Server: "https://10.0.0.5:8443", ServerCertificate: "SERVER", ClientCertificate: "CLIENT", ClientKey: "KEY", Project: expected,
		}))
	},
		Entry("in a project", "bots", "bots"),
		Entry("in Incus's default project", "", "default"),
	)

	DescribeTable("cannot be had without a key", func(ctx SpecContext, key string, spoil func(map[string][]byte, string)) {
		spoil(reader.secrets["chat/incus"], key)
		identity, err := reconciler.identity(ctx, bc)
		Expect(identity).To(BeZero())
		Expect(provider.ClassOf(err)).To(Equal(provider.Terminal))
		Expect(provider.ReasonOf(err, "")).To(Equal(v1alpha1.ReasonIdentityInvalid))
		Expect(provider.MessageOf(err, "")).To(Equal(fmt.Sprintf(`Secret "incus", named in spec.incus.identitySecretRef, has no key %q: `+
			`it needs [client-crt client-key server server-crt]`, key)))
		Expect(err.Error()).NotTo(Or(ContainSubstring("KEY"), ContainSubstring("CLIENT")))
		reader.secrets["chat/incus"] = maps.Clone(whole)
		Expect(reconciler.identity(ctx, bc)).NotTo(BeZero(), "what is corrected is seen at once")
	},
		Entry(nil, "server", remove), Entry(nil, "server-crt", remove), Entry(nil, "client-crt", remove), Entry(nil, "client-key", remove),
		Entry("that is there and empty", "client-key", empty),
	)

	It("says which Secret is missing, where it is named and what to do", func(ctx SpecContext) {
		bc.Namespace = "other"
		_, err := reconciler.identity(ctx, bc)
		Expect(provider.ClassOf(err)).To(Equal(provider.Terminal))
		Expect(provider.ReasonOf(err, "")).To(Equal(v1alpha1.ReasonSecretNotFound))
		Expect(provider.MessageOf(err, "")).To(Equal(`Secret "incus", named in spec.incus.identitySecretRef, ` +
			`does not exist in namespace "other": create it or correct the name`))
	})

	It("is tried again when the API server does not answer", func(ctx SpecContext) {
		reader.refusal = apierrors.NewTimeoutError("it is busy", 1)
		_, err := reconciler.identity(ctx, bc)
		Expect(provider.ClassOf(err)).To(Equal(provider.Transient))
		Expect(err).To(MatchError(reader.refusal))
	})

	Describe("once read", func() {
		BeforeEach(func(ctx SpecContext) {
			Expect(reconciler.identity(ctx, bc)).NotTo(BeZero())
			reader.secrets["chat/incus"]["server"] = []byte("https://10.0.0.6:8443")
		})

		It("is kept for a while", func(ctx SpecContext) {
			clock.SetTime(clock.Now().Add(secretAge - time.Nanosecond))
			identity, err := reconciler.identity(ctx, bc)
			Expect(err).NotTo(HaveOccurred())
			Expect(identity.Server).To(Equal("https://10.0.0.5:8443"))
			Expect(reader.asked).To(Equal(1))
		})

		It("is read anew after that", func(ctx SpecContext) {
			clock.SetTime(clock.Now().Add(secretAge))
			identity, err := reconciler.identity(ctx, bc)
			Expect(err).NotTo(HaveOccurred())
			Expect(identity.Server).To(Equal("https://10.0.0.6:8443"))
		})

		It("is not kept when it cannot be read any more", func(ctx SpecContext) {
			clock.SetTime(clock.Now().Add(secretAge))
			delete(reader.secrets, "chat/incus")
			_, err := reconciler.identity(ctx, bc)
			Expect(err).To(HaveOccurred())
			Expect(reconciler.secrets.kept).To(BeEmpty())
		})

		It("does not stay in memory when nobody asks for it any more", func(ctx SpecContext) {
			clock.SetTime(clock.Now().Add(secretAge))
			reader.secrets["chat/another"] = maps.Clone(whole)
			bc.Spec.Incus.IdentitySecretRef.Name = "another"
			Expect(reconciler.identity(ctx, bc)).NotTo(BeZero())
			Expect(reconciler.secrets.kept).To(HaveLen(1))
		})
	})

	It("that is missing is looked for every time", func(ctx SpecContext) {
		bc.Spec.Incus.IdentitySecretRef.Name = "later"
		_, err := reconciler.identity(ctx, bc)
		Expect(err).To(HaveOccurred())
		reader.secrets["chat/later"] = maps.Clone(whole)
		Expect(reconciler.identity(ctx, bc)).NotTo(BeZero())
	})
})

func remove(data map[string][]byte, key string) { delete(data, key) }
func empty(data map[string][]byte, key string)  { data[key] = []byte{} }

var _ = Describe("The Secrets of the bots", func() {
	It("are each read once, and the first that is missing speaks", func(ctx SpecContext) {
		reader := &secretReader{secrets: map[string]map[string][]byte{"chat/token": {"TOKEN": []byte("s3cret")}}}
		reconciler := NewReconciler(Options{Reader: reader, Clock: clocktesting.NewFakePassiveClock(time.Unix(0, 0))})
		bc := crew()
		bc.Spec.Bot.EnvFrom = []v1alpha1.EnvFromSource{
			{SecretRef: v1alpha1.SecretReference{Name: "token"}}, {SecretRef: v1alpha1.SecretReference{Name: "token"}},
		}
		secrets, err := reconciler.botSecrets(ctx, bc)
		Expect(err).NotTo(HaveOccurred())
		Expect(secrets).To(HaveLen(1))
		Expect(secrets["token"].UID).To(Equal("uid-secret"))
		Expect(secrets["token"].Data).To(HaveKeyWithValue("TOKEN", []byte("s3cret")))

		bc.Spec.Bot.Files = []v1alpha1.File{
			{Path: "/a", SecretKeyRef: &v1alpha1.SecretKeyReference{Name: "token", Key: "TOKEN"}},
			{Path: "/b", SecretKeyRef: &v1alpha1.SecretKeyReference{Name: "gone", Key: "any"}},
			{Path: "/c", SecretKeyRef: &v1alpha1.SecretKeyReference{Name: "lost", Key: "any"}},
		}
		secrets, err = reconciler.botSecrets(ctx, bc)
		Expect(secrets).To(HaveLen(1))
		Expect(provider.ClassOf(err)).To(Equal(provider.Terminal))
		Expect(provider.MessageOf(err, "")).To(HavePrefix(`Secret "gone", named in spec.bot.files, does not exist`))
		Expect(err.Error()).NotTo(ContainSubstring("s3cret"))
	})
})

var _ = Describe("A Secret of the bots that lacks a key", func() {
	It("is seen at once when it is corrected", func(ctx SpecContext) {
		reader := &secretReader{secrets: map[string]map[string][]byte{"chat/token": {}}}
		reconciler := NewReconciler(Options{Reader: reader, Clock: clocktesting.NewFakePassiveClock(time.Unix(0, 0))})
		bc := crew()
		bc.Spec.Incus.IdentitySecretRef = &v1alpha1.SecretReference{Name: "missing"} // so that no server is asked
		bc.Spec.Bot.Files = []v1alpha1.File{{Path: "/a", SecretKeyRef: &v1alpha1.SecretKeyReference{Name: "token", Key: "TOKEN"}}}
		Expect(provider.ReasonOf(reconciler.observe(ctx, bc).SecretsErr, "")).To(Equal(v1alpha1.ReasonSecretNotFound))
		reader.secrets["chat/token"]["TOKEN"] = []byte("s3cret")
		Expect(reconciler.observe(ctx, bc).SecretsErr).NotTo(HaveOccurred())
	})
})
