package botcluster

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net/netip"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/plan"
	"github.com/generalbots/botcluster-operator/controllers/provider"
	"github.com/generalbots/botcluster-operator/controllers/render"
)

const cookieCanary = "canary-cookie-key-of-32-bytes-ok"

// apiServer has Secrets by name, and takes new ones.
type apiServer struct {
	client.Client

	secrets map[string]*corev1.Secret
	refusal error
}

func (s *apiServer) Get(_ context.Context, key client.ObjectKey, object client.Object, _ ...client.GetOption) error {
	found := s.secrets[key.Name]
	if found == nil || key.Namespace != "chat" {
		return apierrors.NewNotFound(schema.GroupResource{Resource: "secrets"}, key.Name)
	}
	found.DeepCopyInto(object.(*corev1.Secret))
	return nil
}

func (s *apiServer) Create(_ context.Context, object client.Object, _ ...client.CreateOption) error {
	if s.refusal != nil {
		return s.refusal
	}
	if s.secrets[object.GetName()] != nil {
		return apierrors.NewAlreadyExists(schema.GroupResource{Resource: "secrets"}, object.GetName())
	}
	s.secrets[object.GetName()] = object.(*corev1.Secret)
	return nil
}

// saysNothing asserts that an error holds no key.
func saysNothing(err error) {
	GinkgoHelper()
	Expect(err.Error() + provider.MessageOf(err, "")).NotTo(ContainSubstring("canary"))
}

var _ = Describe("The Secrets of the edges", func() {
	var (
		server     *apiServer
		clock      *clocktesting.FakePassiveClock
		reconciler *Reconciler
		bc         *v1alpha1.BotCluster
	)
	BeforeEach(func() {
		server = &apiServer{secrets: map[string]*corev1.Secret{}}
		clock = clocktesting.NewFakePassiveClock(time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC))
		reconciler = NewReconciler(Options{
			Client: server, Reader: server, Clock: clock, Random: bytes.NewReader([]byte(cookieCanary + strings.ToUpper(cookieCanary))),
		})
		bc = crew()
		bc.UID = "uid-crew"
	})
	// key is a Secret of that name, as somebody made it.
	key := func(owner types.UID, data map[string][]byte) *corev1.Secret {
		secret := &corev1.Secret{Data: data}
		if owner != "" {
			secret.OwnerReferences = []metav1.OwnerReference{{
				APIVersion: "scaling.generalbots.dev/v1alpha1", Kind: "BotCluster", Name: "crew", UID: owner, Controller: new(true),
			}}
		}
		return secret
	}

	It("begin with a key that is made once, belongs to the BotCluster, and cannot be changed", func(ctx SpecContext) {
		_, err := reconciler.edgeSecrets(ctx, bc)
		Expect(err).To(MatchError(errKeyMissing))
		Expect(provider.ClassOf(err)).To(Equal(provider.Waiting))
		Expect(reconciler.createKey(ctx, bc, "crew-edge")).To(Succeed())

		made := server.secrets["crew-edge"]
		Expect(made.Namespace).To(Equal("chat"))
		Expect(made.Labels).To(Equal(map[string]string{
			"scaling.generalbots.dev/botcluster": "crew", "scaling.generalbots.dev/tier": "edge",
		}))
		Expect(made.OwnerReferences).To(HaveExactElements(metav1.OwnerReference{
			APIVersion: "scaling.generalbots.dev/v1alpha1", Kind: "BotCluster", Name: "crew", UID: "uid-crew", Controller: new(true),
		}))
		Expect(made.Immutable).To(HaveValue(BeTrue()))
		Expect(made.Data).To(Equal(map[string][]byte{"cookie-key": []byte(cookieCanary)}))
		Expect(reconciler.edgeSecrets(ctx, bc)).To(Equal(render.EdgeSecrets{CookieKey: []byte(cookieCanary)}), "it is looked for every time")
	})

	It("keep a key that came between: nobody's is overwritten", func(ctx SpecContext) {
		Expect(reconciler.createKey(ctx, bc, "crew-edge")).To(Succeed())
		Expect(reconciler.createKey(ctx, bc, "crew-edge")).To(Succeed())
		Expect(server.secrets["crew-edge"].Data["cookie-key"]).To(Equal([]byte(cookieCanary)))
	})

	It("get a new key after somebody deleted the Secret, within the age of what was read", func(ctx SpecContext) {
		Expect(reconciler.createKey(ctx, bc, "crew-edge")).To(Succeed())
		Expect(reconciler.edgeSecrets(ctx, bc)).NotTo(BeZero())
		delete(server.secrets, "crew-edge")
		Expect(reconciler.edgeSecrets(ctx, bc)).NotTo(BeZero())
		clock.SetTime(clock.Now().Add(secretAge))
		_, err := reconciler.edgeSecrets(ctx, bc)
		Expect(err).To(MatchError(errKeyMissing))
	})

	It("need a Secret whose label fits", func(ctx SpecContext) {
		bc.Name = strings.Repeat("long", 20)
		Expect(reconciler.createKey(ctx, bc, keySecretName(bc.Name))).To(Succeed())
		Expect(server.secrets[bc.Name+"-edge"].Labels).To(Equal(map[string]string{"scaling.generalbots.dev/tier": "edge"}))
	})

	DescribeTable("cannot be had", func(ctx SpecContext, owner types.UID, data map[string][]byte, reason, sentence string) {
		server.secrets["crew-edge"] = key(owner, data)
		secrets, err := reconciler.edgeSecrets(ctx, bc)
		Expect(secrets).To(BeZero())
		Expect(provider.ClassOf(err)).To(Equal(provider.Terminal))
		Expect(provider.ReasonOf(err, "")).To(Equal(reason))
		Expect(provider.MessageOf(err, "")).To(Equal(sentence))
		Expect(errors.Is(err, errKeyMissing)).To(BeFalse(), "it is there, and stays as it is")
		saysNothing(err)
	},
		Entry("the Secret is somebody else's", types.UID(""), map[string][]byte{"cookie-key": []byte(cookieCanary)}, "NameConflict",
			`Secret "crew-edge" exists and does not belong to this BotCluster, which needs one of that name for the key of its edges' `+
				`cookies: delete or rename the Secret, or rename the BotCluster`),
		Entry("the key is missing", types.UID("uid-crew"), map[string][]byte(nil), "CookieKeyInvalid",
			`Secret "crew-edge" has no usable key "cookie-key": it must have 32 bytes and has 0; delete the Secret, and the operator makes a new one`),
		Entry("the key is short", types.UID("uid-crew"), map[string][]byte{"cookie-key": []byte("canary")}, "CookieKeyInvalid",
			`Secret "crew-edge" has no usable key "cookie-key": it must have 32 bytes and has 6; delete the Secret, and the operator makes a new one`),
	)

	It("wait for the key of an earlier BotCluster of that name to go, and look for it every time", func(ctx SpecContext) {
		server.secrets["crew-edge"] = key("uid-before", map[string][]byte{"cookie-key": []byte(cookieCanary)})
		_, err := reconciler.edgeSecrets(ctx, bc)
		Expect(provider.ClassOf(err)).To(Equal(provider.Waiting))
		Expect(errors.Is(err, errKeyMissing)).To(BeFalse(), "it is there, and stays as it is")
		Expect(provider.MessageOf(err, "")).To(Equal(`Secret "crew-edge", which holds the key of the edges' cookies, belongs to an earlier ` +
			`BotCluster of this name: Kubernetes is about to remove it, and a new one is made then; if it stays, delete it`))
		saysNothing(err)
		delete(server.secrets, "crew-edge")
		_, err = reconciler.edgeSecrets(ctx, bc)
		Expect(err).To(MatchError(errKeyMissing))
	})

	DescribeTable("have a key of somebody else's when its owner", func(ctx SpecContext, change func(*metav1.OwnerReference)) {
		server.secrets["crew-edge"] = key("uid-before", map[string][]byte{"cookie-key": []byte(cookieCanary)})
		change(&server.secrets["crew-edge"].OwnerReferences[0])
		_, err := reconciler.edgeSecrets(ctx, bc)
		Expect(provider.ReasonOf(err, "")).To(Equal(v1alpha1.ReasonNameConflict))
	},
		Entry("has another name", func(o *metav1.OwnerReference) { o.Name = "other" }),
		Entry("is of another kind", func(o *metav1.OwnerReference) { o.Kind = "Deployment" }),
		Entry("is of another group", func(o *metav1.OwnerReference) { o.APIVersion = "example.com/v1alpha1" }),
		Entry("is of no group that could be", func(o *metav1.OwnerReference) { o.APIVersion = "a/b/c" }),
		Entry("does not control it", func(o *metav1.OwnerReference) { o.Controller = nil }),
	)

	It("keep nothing that was refused", func(ctx SpecContext) {
		for _, refused := range []*corev1.Secret{
			key("", nil), key("uid-crew", nil), key("uid-before", nil),
		} {
			server.secrets["crew-edge"] = refused
			_, err := reconciler.edgeSecrets(ctx, bc)
			Expect(err).To(HaveOccurred())
			Expect(reconciler.secrets.kept).To(BeEmpty())
		}
		server.secrets["crew-edge"] = key("uid-crew", map[string][]byte{"cookie-key": []byte(cookieCanary)})
		Expect(reconciler.edgeSecrets(ctx, bc)).NotTo(BeZero(), "it is taken at once")
		Expect(reconciler.secrets.kept).To(HaveLen(1))
	})

	DescribeTable("say why their key cannot be made", func(ctx SpecContext, refusal error, class provider.Class, sentence string) {
		server.refusal = refusal
		err := reconciler.createKey(ctx, bc, "crew-edge")
		Expect(provider.ClassOf(err)).To(Equal(class))
		Expect(provider.MessageOf(err, "")).To(Equal(sentence))
		saysNothing(err)
	},
		Entry("no right", apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, "crew-edge", errors.New("no")), provider.Terminal,
			`the API server refuses Secret "crew-edge" for the key of the edges' cookies (Forbidden): the operator's role must allow it `+
				`to create Secrets, and a quota must have room`),
		Entry("no answer", apierrors.NewTimeoutError("busy", 1), provider.Transient,
			`Secret "crew-edge" for the key of the edges' cookies could not be made`),
	)

	It("say so when no key can be drawn", func(ctx SpecContext) {
		reconciler.Random = bytes.NewReader(nil)
		Expect(reconciler.createKey(ctx, bc, "crew-edge")).NotTo(Succeed())
		Expect(server.secrets).To(BeEmpty())
	})

	Describe("with certificates", func() {
		BeforeEach(func(ctx SpecContext) {
			Expect(reconciler.createKey(ctx, bc, "crew-edge")).To(Succeed())
			bc.Spec.Edge.TLS = v1alpha1.EdgeTLS{Mode: v1alpha1.TLSModeSecret, SecretRef: &v1alpha1.SecretReference{Name: "first"}}
			server.secrets["first"] = certificateSecret("first.example.com")
		})

		It("hold them all, the default one first", func(ctx SpecContext) {
			bc.Spec.Edge.TLS.AdditionalSecretRefs = []v1alpha1.SecretReference{{Name: "second"}}
			server.secrets["second"] = certificateSecret("second.example.com")
			secrets, err := reconciler.edgeSecrets(ctx, bc)
			Expect(err).NotTo(HaveOccurred())
			Expect(secrets.TLS).To(HaveExactElements(
				HaveField("Data", server.secrets["first"].Data), HaveField("Data", server.secrets["second"].Data)))
		})

		It("see another certificate after a while", func(ctx SpecContext) {
			Expect(reconciler.edgeSecrets(ctx, bc)).NotTo(BeZero())
			server.secrets["first"] = certificateSecret("new.example.com")
			clock.SetTime(clock.Now().Add(secretAge))
			secrets, err := reconciler.edgeSecrets(ctx, bc)
			Expect(err).NotTo(HaveOccurred())
			Expect(secrets.TLS[0].Data).To(Equal(server.secrets["first"].Data))
		})

		DescribeTable("name what is wrong", func(ctx SpecContext, spoil func(), reason string, words ...string) {
			spoil()
			secrets, err := reconciler.edgeSecrets(ctx, bc)
			Expect(secrets).To(BeZero(), "all or none")
			Expect(provider.ClassOf(err)).To(Equal(provider.Terminal))
			Expect(provider.ReasonOf(err, "")).To(Equal(reason))
			for _, word := range append(words, "spec.edge.tls") {
				Expect(provider.MessageOf(err, "")).To(ContainSubstring(word))
			}
			server.secrets["first"], server.secrets["second"] = certificateSecret("first.example.com"), certificateSecret("second.example.com")
			Expect(reconciler.edgeSecrets(ctx, bc)).NotTo(BeZero(), "what is corrected is seen at once")
			saysNothing(err)
		},
			Entry("no such Secret", func() { delete(server.secrets, "first") }, v1alpha1.ReasonSecretNotFound,
				`Secret "first", named in spec.edge.tls, does not exist in namespace "chat"`),
			Entry("no key in it", func() { delete(server.secrets["first"].Data, "tls.key") }, v1alpha1.ReasonSecretNotFound, `"tls.key"`, `"first"`),
			Entry("another's key", func() {
				server.secrets["first"].Data["tls.key"] = certificateSecret("b.example.com").Data["tls.key"]
			}, v1alpha1.ReasonCertificateInvalid, `"first"`, "kubectl create secret tls"),
			Entry("no PEM", func() { server.secrets["first"].Data["tls.key"] = []byte("canary") }, v1alpha1.ReasonCertificateInvalid, `"first"`),
			Entry("another Secret", func() {
				bc.Spec.Edge.TLS.AdditionalSecretRefs = []v1alpha1.SecretReference{{Name: "second"}}
			}, v1alpha1.ReasonSecretNotFound, `Secret "second"`),
		)

		DescribeTable("keep the routes from before in service while they cannot be had",
			func(ctx SpecContext, before v1alpha1.TLSMode, spoil func(), reason string) {
				declared := bc.Spec.Edge.TLS
				bc.Spec.Edge.Hosts, bc.Spec.Edge.TLS = []v1alpha1.HostName{"crew.example.com"}, v1alpha1.EdgeTLS{Mode: before}
				key, err := reconciler.edgeSecrets(ctx, bc)
				Expect(err).NotTo(HaveOccurred())
				input := render.Input{Cluster: bc, Owner: reconciler.owner(bc), EdgeSecrets: key, Policy: plan.DefaultPolicy()}
				earlier, err := render.Blueprint(input)
				Expect(err).NotTo(HaveOccurred())

				bc.Spec.Edge.TLS = declared
				spoil()
				var seen observation
				input.EdgeSecrets, seen.EdgeSecretsErr = reconciler.edgeSecrets(ctx, bc)
				seen.blueprint, err = render.Blueprint(input)
				Expect(err).NotTo(HaveOccurred())
				name := plan.InstanceName(seen.blueprint.Owner.Prefix, model.TierEdge, 1)
				seen.Inventory.Instances = []model.Instance{{Name: name, Tier: model.TierEdge, Ordinal: 1, Owned: true, State: model.StateRunning,
					Address: netip.MustParseAddr("10.0.0.101")}}
				seen.Edges = map[string]plan.EdgeObservation{name: {State: model.EdgeState{
					RoutesRevision: earlier.Routes.Revision, SecretsRevision: earlier.Secrets.Revision, PoolRevision: "pool",
				}}}
				next := plan.BotCluster(seen.blueprint, seen.Observed, clock.Now())
				for _, step := range next.Steps {
					Expect(step.Verb).NotTo(BeElementOf(plan.VerbSetRoutes, plan.VerbSetSecrets), step.String())
				}
				report{seen: seen, plan: next}.fill(bc)
				Expect(told(bc, v1alpha1.ConditionEdgeReady)).To(And(HavePrefix("False "+reason+": 0 of 1 edge serves"), ContainSubstring(`"first"`)))
				expectCoherent(bc)
			},
			Entry("from plain HTTP, without the Secret", v1alpha1.TLSModeOff, func() { delete(server.secrets, "first") }, v1alpha1.ReasonSecretNotFound),
			Entry("from ACME, without the Secret", v1alpha1.TLSModeAuto, func() { delete(server.secrets, "first") }, v1alpha1.ReasonSecretNotFound),
			Entry("from plain HTTP, with no certificate in it", v1alpha1.TLSModeOff, func() {
				server.secrets["first"].Data["tls.crt"] = []byte("canary")
			}, v1alpha1.ReasonCertificateInvalid),
			Entry("from ACME, with no certificate in it", v1alpha1.TLSModeAuto, func() {
				server.secrets["first"].Data["tls.crt"] = []byte("canary")
			}, v1alpha1.ReasonCertificateInvalid),
		)

		It("read no Secret that the mode does not ask for", func(ctx SpecContext) {
			bc.Spec.Edge.TLS.Mode = v1alpha1.TLSModeInternal
			delete(server.secrets, "first")
			Expect(reconciler.edgeSecrets(ctx, bc)).To(HaveField("TLS", BeEmpty()))
		})
	})
})

// certificateSecret is a Secret as `kubectl create secret tls` makes it.
func certificateSecret(name string) *corev1.Secret {
	GinkgoHelper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	Expect(err).NotTo(HaveOccurred())
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotAfter: time.Now().Add(time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	Expect(err).NotTo(HaveOccurred())
	private, err := x509.MarshalPKCS8PrivateKey(key)
	Expect(err).NotTo(HaveOccurred())
	return &corev1.Secret{Data: map[string][]byte{
		"tls.crt": pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}),
		"tls.key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
	}}
}
