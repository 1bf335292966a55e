package live_test

import (
	"encoding/json"
	"reflect"
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
		Expect(parts.Whole).To(MatchJSON(example))
	})

	It("hands routes on without Caddy's marks, which it keeps in the whole", func() {
		parts := read(`{"a":{"handler":"botcluster_routes","name":"a","routes":[{"@id":"here","terminal":true}]}}`)
		Expect(parts.Routes).To(HaveKeyWithValue("a", MatchJSON(`[{"terminal":true}]`)))
		Expect(parts.Whole).To(ContainSubstring("@id"))
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

// FuzzRead checks that whatever is sent is either refused, or is a configuration that is the same when it is written down and
// read again: that is what happens between the file for the next start and what runs.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{
		example,
		`{"apps":{"botcluster":7}}`,
		`{"apps":{"botcluster":{"revision":7}},"admin":[]}`,
		`{"a":{"handler":"botcluster_routes","name":7,"routes":null}}`,
		`{"a":[{"handler":"botcluster_routes","name":"<>","routes":[{"@id":"x","n":1e300}]}]}`,
		`{"handler":"botcluster_routes"}`,
		`{"a":1,"a":2}`,
		`{}{}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		first, err := live.Read(data)
		if err != nil {
			return
		}
		again, err := live.Read([]byte(first.Whole))
		if err != nil {
			t.Fatalf("what was read cannot be read again: %v", err)
		}
		if !reflect.DeepEqual(again, first) {
			t.Fatalf("read again, %+v is %+v", first, again)
		}
	})
}
