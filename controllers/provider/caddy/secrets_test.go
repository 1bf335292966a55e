package caddy_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider"
	"github.com/generalbots/botcluster-operator/controllers/provider/caddy"
)

const (
	canaryKey  = "canary-cookie-key-of-32-bytes-ok"
	canaryLine = "Y2FuYXJ5LXByaXZhdGUta2V5LW9mLWEtY2VydGlmaWNhdGU"
)

var exampleSecrets = model.EdgeSecrets{
	Revision: "s-1", CookieKey: []byte(canaryKey),
	Certificates: []model.Certificate{{
		Chain: []byte("-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----\n"),
		Key:   []byte("-----BEGIN PRIVATE KEY-----\n" + canaryLine + "\nQUI=\n-----END PRIVATE KEY-----\n"),
	}},
}

// canaries are the texts by which the secrets would be found again.
var canaries = []string{canaryKey, canaryLine, base64.StdEncoding.EncodeToString([]byte(canaryKey))}

// tellsNothing asserts that a text holds none of the secrets.
func tellsNothing(text string) {
	GinkgoHelper()
	for _, canary := range canaries {
		Expect(text).NotTo(ContainSubstring(canary))
	}
}

var _ = Describe("The secrets of an edge", func() {
	edgeThat := func(answer http.HandlerFunc) provider.Edge {
		return caddy.New().Edge("host/edge-1", newAdminServer(answer).dial)
	}

	It("are pushed whole", func(ctx SpecContext) {
		edge := edgeThat(func(w http.ResponseWriter, r *http.Request) {
			defer GinkgoRecover()
			Expect(r.Method + " " + r.URL.String()).To(Equal("PUT /botcluster/secrets"))
			Expect(r.Header.Get("Content-Type")).To(Equal("application/json"))
			pushed, err := io.ReadAll(r.Body)
			Expect(err).NotTo(HaveOccurred())
			expected, err := json.Marshal(map[string]any{
				"revision": "s-1", "cookieKey": base64.StdEncoding.EncodeToString([]byte(canaryKey)),
				"certificates": []map[string]string{{
					"chain": string(exampleSecrets.Certificates[0].Chain), "key": string(exampleSecrets.Certificates[0].Key),
				}},
			})
			Expect(err).NotTo(HaveOccurred())
			Expect(pushed).To(MatchJSON(expected))
			says(http.StatusOK, emptyDocument)(w, r)
		})
		Expect(edge.SetSecrets(ctx, exampleSecrets)).To(Succeed())
	}, SpecTimeout(time.Minute))

	It("hold a list of certificates also when there are none", func(ctx SpecContext) {
		edge := edgeThat(func(w http.ResponseWriter, r *http.Request) {
			defer GinkgoRecover()
			pushed, err := io.ReadAll(r.Body)
			Expect(err).NotTo(HaveOccurred())
			Expect(string(pushed)).To(ContainSubstring(`"certificates":[]`))
			says(http.StatusOK, emptyDocument)(w, r)
		})
		Expect(edge.SetSecrets(ctx, model.EdgeSecrets{Revision: "s-1", CookieKey: []byte(canaryKey)})).To(Succeed())
	}, SpecTimeout(time.Minute))

	It("may be refused, in Caddy's words", func(ctx SpecContext) {
		err := edgeThat(says(http.StatusBadRequest, `{"error":"certificates[0]: the key is not that of the certificate"}`)).
			SetSecrets(ctx, exampleSecrets)
		Expect(err).To(beOfClass(provider.Terminal, "EdgeRejectedSecrets"))
		Expect(provider.MessageOf(err, "")).To(Equal("the edge edge-1 refused its secrets and keeps the ones from before: " +
			"certificates[0]: the key is not that of the certificate"))
	}, SpecTimeout(time.Minute))

	DescribeTable("are in no error, whatever an edge says", func(ctx SpecContext, status int, class provider.Class) {
		for _, canary := range canaries {
			body, err := json.Marshal(map[string]string{"error": "cannot use " + canary})
			Expect(err).NotTo(HaveOccurred())
			err = edgeThat(says(status, string(body))).SetSecrets(ctx, exampleSecrets)
			Expect(provider.ClassOf(err)).To(Equal(class))
			tellsNothing(fmt.Sprintf("%v %+v %#v %s", err, err, err, provider.MessageOf(err, "")))
		}
	},
		Entry("a refusal", http.StatusBadRequest, provider.Terminal, SpecTimeout(time.Minute)),
		Entry("too much", http.StatusRequestEntityTooLarge, provider.Terminal, SpecTimeout(time.Minute)),
		Entry("an error of its own", http.StatusInternalServerError, provider.Transient, SpecTimeout(time.Minute)),
		Entry("not our Caddy", http.StatusNotFound, provider.Terminal, SpecTimeout(time.Minute)),
	)

	DescribeTable("hide themselves", func(value any) {
		tellsNothing(fmt.Sprint(value))
		tellsNothing(fmt.Sprintf("%v %+v %#v %s %q", value, value, value, value, value))
		encoded, err := json.Marshal(map[string]any{"value": value})
		Expect(err).NotTo(HaveOccurred())
		tellsNothing(string(encoded))
		Expect(strings.Contains(string(encoded), "value")).To(BeTrue())
	},
		Entry("all", exampleSecrets),
		Entry("by reference", &exampleSecrets),
		Entry("within something else", struct{ Secrets model.EdgeSecrets }{exampleSecrets}),
		Entry("a certificate", exampleSecrets.Certificates),
	)
})
