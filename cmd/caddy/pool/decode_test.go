package pool_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/cmd/caddy/pool"
)

func readTestdata(name string) []byte {
	GinkgoHelper()
	content, err := os.ReadFile("testdata/" + name)
	Expect(err).NotTo(HaveOccurred())
	return content
}

// pushOf returns a push with one member at the address.
func pushOf(address string) string {
	return `{"revision":"1","probe":{"path":"/h","interval":"1s","timeout":"1s","retries":1},"members":[
		{"name":"bot-1","address":"` + address + `","state":"active"}]}`
}

var _ = Describe("Decoding a push", func() {
	It("reads the example", func() {
		push, err := pool.DecodePush(readTestdata("push.json"), pool.Rules{})
		Expect(err).NotTo(HaveOccurred())
		Expect(push.Revision).To(Equal("3f9a1c0e"))
		Expect(push.Probe).To(Equal(pool.Probe{
			Path: "/api/health", Scheme: "http", Retries: 3,
			Interval: pool.Duration(10 * time.Second), Timeout: pool.Duration(5 * time.Second),
		}))
		Expect(push.Members).To(HaveExactElements(
			pool.PushedMember{Name: "botserver-1", Address: "10.89.0.11:8080", State: pool.Active},
			pool.PushedMember{Name: "botserver-2", Address: "10.89.0.12:8080", State: pool.Draining},
			pool.PushedMember{Name: "botserver-10", Address: "[fd42::20]:8080", State: pool.Active},
		))
	})

	It("writes what it reads", func() {
		push, err := pool.DecodePush(readTestdata("push.json"), pool.Rules{})
		Expect(err).NotTo(HaveOccurred())
		Expect(json.Marshal(push)).To(MatchJSON(readTestdata("push.json")))
	})

	It("probes over http unless told otherwise", func() {
		push, err := pool.DecodePush([]byte(pushOf("10.0.0.1:80")), pool.Rules{})
		Expect(err).NotTo(HaveOccurred())
		Expect(push.Probe.Scheme).To(Equal("http"))
	})

	It("takes as many members as it says, and not one more", func() {
		members := func(count int) []byte {
			var list []string
			for i := range count {
				list = append(list, fmt.Sprintf(`{"name":"bot-%d","address":"10.0.%d.%d:80","state":"active"}`, i, i/250, i%250+1))
			}
			return []byte(strings.Replace(pushOf("10.0.0.1:80"),
				`{"name":"bot-1","address":"10.0.0.1:80","state":"active"}`, strings.Join(list, ","), 1))
		}
		_, err := pool.DecodePush(members(pool.LargestPool), pool.Rules{})
		Expect(err).NotTo(HaveOccurred())
		_, err = pool.DecodePush(members(pool.LargestPool+1), pool.Rules{})
		Expect(err).To(MatchError(pool.ErrInvalid))
	})

	DescribeTable("refuses what is wrong, and says where and what to write",
		func(old, replacement string, sentence ...string) {
			example := string(readTestdata("push.json"))
			Expect(example).To(ContainSubstring(old))
			_, err := pool.DecodePush([]byte(strings.Replace(example, old, replacement, 1)), pool.Rules{})
			Expect(err).To(MatchError(pool.ErrInvalid))
			for _, part := range sentence {
				Expect(err.Error()).To(ContainSubstring(part))
			}
		},
		Entry("no JSON", `{`, `(`, "reading the document"),
		Entry("an unknown key", `"revision"`, `"revison"`, `unknown field "revison"`),
		Entry("an unknown key of a member", `"state": "active"`, `"weight": 1`, `unknown field "weight"`),
		Entry("something after it", "\n}\n", "\n} {}", "something follows"),
		Entry("no revision", `"3f9a1c0e"`, `""`, "revision:", "letters"),
		Entry("a revision that is no entity tag", `"3f9a1c0e"`, `"a\"b"`, "revision:"),
		Entry("a path without a slash", `"/api/health"`, `"api/health"`, "probe.path:", "/api/health"),
		Entry("a path that is a host", `"/api/health"`, `"//10.0.0.1/x"`, "probe.path:"),
		Entry("a path with a line break", `"/api/health"`, `"/a\nHost: b"`, "probe.path:"),
		Entry("a path with a fragment", `"/api/health"`, `"/a#b"`, "probe.path:"),
		Entry("a foreign scheme", `"http"`, `"ftp"`, "probe.scheme:", "http or https"),
		Entry("a duration without a unit", `"10s"`, `10`, "not a duration", "10s"),
		Entry("a duration that is none", `"10s"`, `"soon"`, "not a duration"),
		Entry("an absurdly short interval", `"10s"`, `"1ms"`, "probe.interval:", "100ms to 1h"),
		Entry("an absurdly long interval", `"10s"`, `"2h"`, "probe.interval:"),
		Entry("a negative interval", `"10s"`, `"-10s"`, "probe.interval:"),
		Entry("a timeout of nothing", `"5s"`, `"0s"`, "probe.timeout:"),
		Entry("an absurdly long timeout", `"5s"`, `"2m"`, "probe.timeout:"),
		Entry("no retries", `"retries": 3`, `"retries": 0`, "probe.retries:"),
		Entry("absurdly many retries", `"retries": 3`, `"retries": 1000`, "probe.retries:"),
		Entry("a name that is no instance's", `"botserver-2"`, `"bot_2"`, "members[1].name:", `"bot_2"`),
		Entry("no name", `"botserver-2"`, `""`, "members[1].name:"),
		Entry("a name twice", `"botserver-2"`, `"botserver-1"`, "members[1].name:", "members[0]"),
		Entry("an address twice", `"10.89.0.12:8080"`, `"10.89.0.11:8080"`, "members[1].address:", "members[0]"),
		Entry("the state removed", `"draining"`, `"removed"`, "members[1].state:", "leave the member out"),
		Entry("no state", `"draining"`, `""`, "members[1].state:"),
	)

	It("refuses a push without a list of members, which could empty the pool by mistake", func() {
		_, err := pool.DecodePush([]byte(`{"revision":"1","probe":{"path":"/","interval":"1s","timeout":"1s","retries":1}}`), pool.Rules{})
		Expect(err).To(MatchError(pool.ErrInvalid))
		Expect(err.Error()).To(ContainSubstring("members:"))
	})

	It("refuses a document that is too long", func() {
		_, err := pool.DecodePush(append([]byte(pushOf("10.0.0.1:80")), make([]byte, pool.LargestPush)...), pool.Rules{})
		Expect(err).To(MatchError(pool.ErrInvalid))
	})

	DescribeTable("takes addresses of machines",
		func(address string) {
			_, err := pool.DecodePush([]byte(pushOf(address)), pool.Rules{})
			Expect(err).NotTo(HaveOccurred())
		},
		Entry("private", "10.89.0.12:8080"),
		Entry("public", "203.0.113.7:443"),
		Entry("IPv6, unique local", "[fd42::12]:8080"),
	)

	DescribeTable("refuses addresses that are none, or that are not those of another machine",
		func(address string) {
			_, err := pool.DecodePush([]byte(pushOf(address)), pool.Rules{})
			Expect(err).To(MatchError(pool.ErrInvalid))
			Expect(err.Error()).To(ContainSubstring("members[0].address:"))
		},
		Entry("a host name", "botserver-1:8080"),
		Entry("a host name that hides an address", "localhost:8080"),
		Entry("no port", "10.0.0.1"),
		Entry("port 0", "10.0.0.1:0"),
		Entry("a port that is too high", "10.0.0.1:70000"),
		Entry("a port range", "10.0.0.1:80-90"),
		Entry("a unix socket", "unix//run/caddy/admin.sock"),
		Entry("a placeholder", "{env.HOST}:80"),
		Entry("a network", "10.0.0.0/8:80"),
		Entry("a path", "10.0.0.1:80/x"),
		Entry("empty", ""),
		Entry("the edge itself", "127.0.0.1:80"),
		Entry("the edge itself, IPv6", "[::1]:80"),
		Entry("any", "0.0.0.0:80"),
		Entry("any, IPv6", "[::]:80"),
		Entry("broadcast", "255.255.255.255:80"),
		Entry("multicast", "224.0.0.1:80"),
		Entry("link-local, as the metadata service of clouds", "169.254.169.254:80"),
		Entry("link-local, IPv6", "[fe80::1]:80"),
		Entry("with a zone", "[fe80::1%25eth0]:80"),
		Entry("mapped", "[::ffff:10.0.0.1]:80"),
		Entry("another spelling of the same", "[FD42::0012]:8080"),
		Entry("a port with leading zeros", "10.0.0.1:0080"),
	)

	It("takes loopback addresses where the routes allow them", func() {
		_, err := pool.DecodePush([]byte(pushOf("127.0.0.1:80")), pool.Rules{LoopbackMembers: true})
		Expect(err).NotTo(HaveOccurred())
	})
})
