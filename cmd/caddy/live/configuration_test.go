package live_test

import (
	"encoding/json"
	"testing"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/cmd/caddy/live"
)

const example = `{
  "admin": {"config": {"persist": true}},
  "apps": {
    "botcluster": {"revision": "r1"},
    "http": {"servers": {"a": {"listen": [":80"], "routes": [{"handle": [
      {"handler": "botcluster_routes", "name": "a", "routes": [{"handle": [{"handler": "static_response", "body": "one"}]}]}]}]}}}
  }
}`

var _ = Describe("A configuration", func() {
	read := func(text string) live.Parts {
		GinkgoHelper()
		parts, err := live.Read([]byte(text))
		Expect(err).NotTo(HaveOccurred())
		return parts
	}
	replaced := func(path []string, value any) string {
		GinkgoHelper()
		var document map[string]any
		Expect(json.Unmarshal([]byte(example), &document)).To(Succeed())
		object := document
		for _, key := range path[:len(path)-1] {
			object = object[key].(map[string]any)
		}
		object[path[len(path)-1]] = value
		text, err := json.Marshal(document)
		Expect(err).NotTo(HaveOccurred())
		return string(text)
	}

	It("is taken apart into its frame and its routes", func() {
		parts := read(example)
		Expect(parts.Revision).To(Equal("r1"))
		Expect(parts.Routes).To(HaveKeyWithValue("a", MatchJSON(`[{"handle": [{"handler": "static_response", "body": "one"}]}]`)))
		Expect(parts.Frame).To(HaveLen(64))
		Expect(parts.Whole).To(ContainSubstring(`"botcluster":{"frame":"` + parts.Frame + `","revision":"r1"}`))
		Expect(read(parts.Whole).Frame).To(Equal(parts.Frame), "what it is loaded with does not change it")
	})

	It("has the same frame with other routes, another revision and other spaces", func() {
		other := `{"apps":{"http":{"servers":{"a":{"routes":[{"handle":[{"routes":[],"name":"a","handler":"botcluster_routes"}]}],"listen":[":80"]}}},
			"botcluster":{"revision":"r2"}},"admin":{"config":{"persist":true}}}`
		Expect(read(other).Frame).To(Equal(read(example).Frame))
	})

	DescribeTable("has another frame with", func(path []string, value any) {
		Expect(read(replaced(path, value)).Frame).NotTo(Equal(read(example).Frame))
	},
		Entry("another port", []string{"apps", "http", "servers", "a", "listen"}, []string{":81"}),
		Entry("another app", []string{"apps", "tls"}, map[string]any{}),
		Entry("something else in the app of the pool", []string{"apps", "botcluster", "loopback_members"}, true),
		Entry("another way to keep it", []string{"admin", "config", "persist"}, false),
	)

	It("is kept for the next start unless it says no", func() {
		Expect(read(`{}`).Persist).To(BeTrue())
		Expect(read(example).Persist).To(BeTrue())
		Expect(read(replaced([]string{"admin", "config", "persist"}, false)).Persist).To(BeFalse())
	})

	DescribeTable("is refused when it is", func(text, why string) {
		_, err := live.Read([]byte(text))
		Expect(err).To(MatchError(ContainSubstring(why)))
	},
		Entry("nothing", ``, "one JSON object"),
		Entry("null", `null`, "one JSON object"),
		Entry("a list", `[]`, "one JSON object"),
		Entry("cut off", example[:40], "one JSON object"),
		Entry("two objects", `{}{}`, "one JSON object"),
		Entry("of two handlers of one name",
			`{"a":{"handler":"botcluster_routes","name":"x"},"b":{"handler":"botcluster_routes","name":"x"}}`, `same name: "x"`),
		Entry("of a handler without a name", `{"a":{"handler":"botcluster_routes"}}`, `"name" is missing`),
		Entry("of a handler inside of another",
			`{"a":{"handler":"botcluster_routes","name":"x","routes":[{"handle":[{"handler":"botcluster_routes","name":"y"}]}]}}`, "in the routes of another"),
	)
})

func FuzzRead(f *testing.F) {
	f.Add([]byte(example))
	f.Add([]byte(`{"apps":{"botcluster":7}}`))
	f.Add([]byte(`{"a":{"handler":"botcluster_routes","name":7,"routes":null}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		first, err := live.Read(data)
		if err != nil {
			return
		}
		again, err := live.Read([]byte(first.Whole))
		if err != nil || again.Frame != first.Frame {
			t.Fatalf("what was read is not read the same again: %v", err)
		}
	})
}
