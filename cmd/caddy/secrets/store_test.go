package secrets_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/cmd/caddy/secrets"
)

type pushed map[string]any

func (p pushed) encode() []byte {
	GinkgoHelper()
	encoded, err := json.Marshal(p)
	Expect(err).NotTo(HaveOccurred())
	return encoded
}

func listed(pairs ...pair) []map[string]string {
	var list []map[string]string
	for _, p := range pairs {
		list = append(list, map[string]string{"chain": p.Chain, "key": p.Key})
	}
	return list
}

const canary = "canary-canary-canary-canary-canary"

func key(filler string) string {
	return base64.StdEncoding.EncodeToString([]byte(strings.Repeat(filler, 32)))
}

var _ = Describe("A store of secrets", func() {
	var (
		path  string
		told  []string
		store *secrets.Store
	)
	listen := func(revision string, cookieKey []byte) {
		told = append(told, fmt.Sprintf("%s %s", revision, cookieKey[:1]))
	}
	BeforeEach(func() {
		path, told = filepath.Join(GinkgoT().TempDir(), "folder", "secrets.json"), nil
		store = secrets.NewStore(path, listen)
	})
	names := func(asked string) []string {
		found := store.Certificate(asked)
		if found == nil {
			return nil
		}
		return append(found.Leaf.DNSNames, found.Leaf.Subject.CommonName)
	}

	It("begins with nothing", func() {
		Expect(store.Restore()).To(Succeed())
		Expect(told).To(BeEmpty())
		Expect(store.Certificate("bot.example.com")).To(BeNil())
	})

	It("replaces all at once, keeps it in a file for its owner, and has it again after a restart", func() {
		first, second := issue("one", "one.example.com"), issue("two", "two.example.com")
		Expect(store.Apply(pushed{"revision": "r1", "cookieKey": key("a"), "certificates": listed(first)}.encode())).To(Succeed())
		Expect(names("one.example.com")).To(ContainElement("one.example.com"))
		Expect(store.Apply(pushed{"revision": "r2", "cookieKey": key("b"), "certificates": listed(second)}.encode())).To(Succeed())
		Expect(names("one.example.com")).To(ContainElement("two.example.com"), "the old one is gone")
		Expect(told).To(Equal([]string{"r1 a", "r2 b"}))
		about, err := os.Stat(path)
		Expect(err).NotTo(HaveOccurred())
		Expect(about.Mode().Perm()).To(BeEquivalentTo(0o600))

		told = nil
		store = secrets.NewStore(path, listen)
		Expect(store.Restore()).To(Succeed())
		Expect(told).To(Equal([]string{"r2 b"}))
		Expect(names("two.example.com")).To(ContainElement("two.example.com"))
	})

	It("writes and tells nothing when it is pushed what it holds", func() {
		same := pushed{"revision": "r1", "cookieKey": key("a")}.encode()
		Expect(store.Apply(same)).To(Succeed())
		Expect(os.Remove(path)).To(Succeed())
		Expect(store.Apply(same)).To(Succeed())
		Expect(path).NotTo(BeAnExistingFile())
		Expect(told).To(HaveLen(1))
	})

	It("finds the certificate of a name, of its wildcard, else the first", func() {
		Expect(store.Apply(pushed{"revision": "r", "cookieKey": key("a"), "certificates": listed(
			issue("first", "first.example.com"), issue("wild", "*.bots.example.com"),
			issue("exact", "A.bots.example.com"), issue("common.example.com"), issue("late", "first.example.com"),
		)}.encode())).To(Succeed())
		for asked, common := range map[string]string{
			"first.example.com": "first", "x.bots.example.com": "wild", "a.bots.example.com": "exact", "a.bots.example.com.": "exact",
			"X.BOTS.example.com": "wild", "x.y.bots.example.com": "first", "common.example.com": "common.example.com", "": "first", "bots": "first",
		} {
			Expect(names(asked)).To(ContainElement(common), asked)
		}
	})

	DescribeTable("refuses", func(change func(pushed), why string) {
		good := pushed{"revision": "r1", "cookieKey": key("a"), "certificates": listed(issue("one", "one.example.com"))}
		Expect(store.Apply(good.encode())).To(Succeed())
		bad := pushed{"revision": "r2", "cookieKey": key("b")}
		change(bad)
		err := store.Apply(bad.encode())
		Expect(err).To(MatchError(secrets.ErrInvalid))
		Expect(err).To(MatchError(ContainSubstring(why)))
		Expect(err.Error()).NotTo(ContainSubstring("canary"))
		Expect(told).To(Equal([]string{"r1 a"}))
		Expect(names("one.example.com")).To(ContainElement("one.example.com"))
		kept, readErr := os.ReadFile(path)
		Expect(readErr).NotTo(HaveOccurred())
		Expect(string(kept)).To(ContainSubstring(`"r1"`))
	},
		Entry("no revision", func(p pushed) { delete(p, "revision") }, "revision"),
		Entry("a revision with a line break", func(p pushed) { p["revision"] = "a\nb" }, "revision"),
		Entry("no key", func(p pushed) { delete(p, "cookieKey") }, "cookieKey: it has 0 bytes"),
		Entry("a short key", func(p pushed) { p["cookieKey"] = "YQ==" }, "cookieKey: it has 1 bytes"),
		Entry("a key that is no base64", func(p pushed) { p["cookieKey"] = canary + "!" }, "base64"),
		Entry("a key that is a number", func(p pushed) { p["cookieKey"] = 7 }, "cookieKey is of the wrong type"),
		Entry("another key of the document", func(p pushed) { p[canary] = 1 }, "the keys revision"),
		Entry("a certificate without its key", func(p pushed) { p["certificates"] = listed(pair{Chain: issue("x").Chain}) }, "certificates[0].key: "),
		Entry("a certificate with another's key", func(p pushed) {
			p["certificates"] = listed(issue("fine"), pair{Chain: issue("x").Chain, Key: issue("y").Key})
		}, "certificates[1].key: it is not the private key of the first"),
		Entry("what is no certificate", func(p pushed) { p["certificates"] = listed(pair{Chain: canary, Key: canary}) }, "certificates[0].chain: there is no certificate in it"),
		Entry("a chain that goes on with what cannot be read", func(p pushed) {
			fine := issue("fine")
			fine.Chain += "-----BEGIN CERTIFICATE-----\nYQ==\n-----END CERTIFICATE-----\n"
			p["certificates"] = listed(fine)
		}, "certificates[0].chain: its certificate 1 cannot be read"),
		Entry("marks that say something", func(p pushed) {
			marked := issue("fine")
			marked.Key = "-----BEGIN " + canary + "-----\nYQ==\n-----END " + canary + "-----\n"
			p["certificates"] = listed(marked)
		}, "certificates[0].key: "),
		Entry("too many", func(p pushed) { p["certificates"] = make([]map[string]string, 129) }, "129 are too many"),
	)

	It("reports a file that it cannot use, and takes a push all the same", func() {
		Expect(os.MkdirAll(filepath.Dir(path), 0o700)).To(Succeed())
		Expect(os.WriteFile(path, []byte(`{"revision":"`+canary), 0o600)).To(Succeed())
		err := store.Restore()
		Expect(err).To(MatchError(ContainSubstring(path)))
		Expect(err.Error()).NotTo(ContainSubstring("canary"))
		Expect(store.Apply(pushed{"revision": "r", "cookieKey": key("a")}.encode())).To(Succeed())
	})

	It("changes nothing when the file cannot be written", func() {
		Expect(os.WriteFile(filepath.Dir(path), nil, 0o600)).To(Succeed())
		Expect(store.Apply(pushed{"revision": "r", "cookieKey": key("a")}.encode())).NotTo(Succeed())
		Expect(told).To(BeEmpty())
	})
})

// FuzzApply checks that whatever is pushed is either refused as such, and nothing is told, or is told and there after a restart.
func FuzzApply(f *testing.F) {
	RegisterTestingT(f)
	pair, err := json.Marshal(listed(issue("a", "a.example.com")))
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		`{"revision":"r","cookieKey":"` + key("a") + `","certificates":[]}`,
		`{"revision":"r","cookieKey":"` + key("a") + `","certificates":null}`,
		`{"revision":"r","cookieKey":"` + key("a") + `","certificates":` + string(pair) + `}`,
		`{"revision":"r","cookieKey":"` + key("a") + `","certificates":[{"chain":"","key":""}]}`,
		`{"revision":"r","cookieKey":7}`,
		`{}{}`,
		`[`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var told []string
		listen := func(revision string, cookieKey []byte) { told = append(told, revision+" "+string(cookieKey)) }
		path := filepath.Join(t.TempDir(), "s")
		err := secrets.NewStore(path, listen).Apply(data)
		if err != nil {
			if !errors.Is(err, secrets.ErrInvalid) || len(told) != 0 {
				t.Fatalf("a refusal of another kind: %v, told %d times", err, len(told))
			}
			return
		}
		if err := secrets.NewStore(path, listen).Restore(); err != nil {
			t.Fatalf("what was taken is not there after a restart: %v", err)
		}
		if len(told) != 2 || told[0] != told[1] {
			t.Fatalf("after a restart it is another")
		}
	})
}
