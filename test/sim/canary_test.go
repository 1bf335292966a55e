package sim

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
)

// keyCanary is what every key of cookies begins with in here; 12 bytes of it are 16 letters of base64.
const keyCanary = "a-canary-sings"

// canaryKeys draws keys that can be recognized, each another one.
type canaryKeys struct {
	mutex sync.Mutex
	drawn int
}

// Read implements io.Reader.
func (k *canaryKeys) Read(p []byte) (int, error) {
	k.mutex.Lock()
	defer k.mutex.Unlock()
	k.drawn++
	return copy(p, fmt.Sprintf("%s%0*d", keyCanary, len(p)-len(keyCanary), k.drawn)), nil
}

// pair is a certificate with its key.
type pair struct{ chain, key []byte }

// pairs are the certificates that clients see before and after a rotation.
var pairs = sync.OnceValue(func() [2]pair { return [2]pair{newPair(1), newPair(2)} })

func newPair(serial int64) pair {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	Expect(err).NotTo(HaveOccurred())
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "bot.example.com"}, DNSNames: []string{"bot.example.com"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	Expect(err).NotTo(HaveOccurred())
	private, err := x509.MarshalPKCS8PrivateKey(key)
	Expect(err).NotTo(HaveOccurred())
	return pair{
		chain: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}),
		key:   pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
	}
}

func (p pair) data() map[string][]byte {
	return map[string][]byte{corev1.TLSCertKey: p.chain, corev1.TLSPrivateKeyKey: p.key}
}

// canaries are the texts by which a secret would be found where it must not be.
var canaries = sync.OnceValue(func() []string {
	list := []string{
		keyCanary, base64.StdEncoding.EncodeToString([]byte(keyCanary[:12])), hex.EncodeToString([]byte(keyCanary)),
		strings.Trim(fmt.Sprintf("%d", []byte(keyCanary)), "[]"), // as %v shows bytes
	}
	for _, pair := range pairs() {
		lines := strings.Split(string(pair.key), "\n")
		list = append(list, lines[2]) // the first line of a private key begins like that of any other
	}
	return list
})

// listen is I7: nothing that the operator says holds a secret.
func (r *rig) listen(where, text string) {
	if i := slices.IndexFunc(canaries(), func(canary string) bool { return strings.Contains(text, canary) }); i >= 0 {
		r.leaks.add(fmt.Sprintf("I7: %s holds canary %d", where, i))
	}
}

// leaks are the secrets that were found, from whichever goroutine.
type leaks struct {
	mutex sync.Mutex
	found []string
}

func (l *leaks) add(what string) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.found = append(l.found, what)
}

// logger listens to the log.
func (r *rig) logger() logr.Logger {
	return funcr.New(func(prefix, args string) { r.listen("the log", prefix+" "+args) }, funcr.Options{Verbosity: 10})
}

// checkSilence looks for secrets in all that the operator wrote.
func (r *rig) checkSilence(bc *v1alpha1.BotCluster) {
	for len(r.recorder.Events) > 0 {
		r.listen("an event", <-r.recorder.Events)
	}
	status, err := json.Marshal(bc)
	Expect(err).NotTo(HaveOccurred())
	r.listen("the BotCluster", string(status))
	for _, sight := range r.ours(string(bc.UID)) {
		r.listen("the config of "+sight.Ref.Name, fmt.Sprint(sight.Config, sight.Devices))
	}
	r.leaks.mutex.Lock()
	defer r.leaks.mutex.Unlock()
	r.broken = append(r.broken, r.leaks.found...)
	r.leaks.found = nil
}

// keepTLS makes or changes the Secret with the certificate, as a user or cert-manager would.
func (r *rig) keepTLS(ctx context.Context, p pair) {
	secret := &corev1.Secret{Type: corev1.SecretTypeTLS, Data: p.data()}
	secret.Namespace, secret.Name = r.key.Namespace, r.tlsName()
	err := kubernetes.Client.Create(ctx, secret)
	if apierrors.IsAlreadyExists(err) {
		err = kubernetes.Client.Update(ctx, secret)
	}
	Expect(err).NotTo(HaveOccurred())
}

func (r *rig) tlsName() string { return r.key.Name + "-tls" }
