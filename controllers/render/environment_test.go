package render_test

import (
	"fmt"
	"math/rand/v2"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/render"
)

var _ = Describe("Environment", func() {
	It("is sorted and quoted", func() {
		content, err := render.Environment(map[string]string{
			"PORT":     "8080",
			"GREETING": `She said "hi", and left.`,
			"PATTERN":  `^\d+$`,
			"EMPTY":    "",
			"POEM":     "two\nlines",
			"COMMENT":  "# is no comment",
			"BLANKS":   "  both sides  ",
			"UNICODE":  "olá ✓ 🤖",
		})
		Expect(err).NotTo(HaveOccurred())
		expectGolden("botserver.env", content)
	})

	DescribeTable("reaches the bot unchanged",
		func(value string) {
			content, err := render.Environment(map[string]string{"A": "first", "VALUE": value, "Z": "last"})
			Expect(err).NotTo(HaveOccurred())
			Expect(readEnvironmentFile(string(content))).To(Equal(map[string]string{"A": "first", "VALUE": value, "Z": "last"}))
		},
		Entry("nothing", ""),
		Entry("a line break", "one\ntwo\n"),
		Entry("a carriage return", "one\r\ntwo"),
		Entry("double quotes", `"quoted"`),
		Entry("single quotes", `it's`),
		Entry("a backslash at the end", `C:\temp\`),
		Entry("backslashes before anything", `\n \" \\ \$ \x41`),
		Entry("a backslash before a line break", "one\\\ntwo"),
		Entry("a dollar", "$HOME ${HOME} $$"),
		Entry("backquotes", "`id`"),
		Entry("a comment sign", "# no ; comment"),
		Entry("leading and trailing blanks", " \t both \t "),
		Entry("an equals sign", "a=b=c"),
		Entry("unicode", "naïve ✓ 🤖 \u2028"),
		Entry("what looks like another variable", "x\nINJECTED=yes"),
		Entry("control characters", "\a\b\x1b[0m\x7f"),
	)

	It("reaches the bot unchanged, whatever is in it", func() {
		random := rand.New(rand.NewPCG(uint64(GinkgoRandomSeed()), 2))
		for range 3000 {
			variables := map[string]string{}
			for i := range 1 + random.IntN(5) {
				variables[fmt.Sprintf("V%d", i)] = randomText(random)
			}
			content, err := render.Environment(variables)
			Expect(err).NotTo(HaveOccurred())
			Expect(readEnvironmentFile(string(content))).To(Equal(variables), "%q", content)
		}
	})

	DescribeTable("refuses what systemd or Linux would not take, without showing the value",
		func(name, value string, want error) {
			_, err := render.Environment(map[string]string{name: value})
			Expect(err).To(MatchError(want))
			Expect(err.Error()).NotTo(ContainSubstring("hunter2"))
			Expect(err.Error()).To(ContainSubstring(fmt.Sprintf("%q", name)))
		},
		Entry("a name with a dot", "tls.crt", "hunter2", render.ErrVariableName),
		Entry("a name that begins with a digit", "1ST", "hunter2", render.ErrVariableName),
		Entry("no name", "", "hunter2", render.ErrVariableName),
		Entry("a name with a line break", "A\nB", "hunter2", render.ErrVariableName),
		Entry("a NUL", "A", "hunter2\x00", render.ErrVariableValue),
		Entry("what is not UTF-8", "A", "hunter2\xff", render.ErrVariableValue),
		Entry("128 KiB", "A", "hunter2"+strings.Repeat("x", 128<<10), render.ErrEnvironmentSize),
	)

	It("takes the longest value that Linux takes, and not one more", func() {
		longest := strings.Repeat("x", 128<<10-len("A=\x00"))
		content, err := render.Environment(map[string]string{"A": longest})
		Expect(err).NotTo(HaveOccurred())
		Expect(readEnvironmentFile(string(content))).To(HaveKeyWithValue("A", longest))
		_, err = render.Environment(map[string]string{"A": longest + "x"})
		Expect(err).To(MatchError(render.ErrEnvironmentSize))
	})

	It("refuses more than a program can be started with", func() {
		variables := map[string]string{}
		for i := range 11 {
			variables[fmt.Sprintf("V%d", i)] = strings.Repeat("x", 100<<10)
		}
		_, err := render.Environment(variables)
		Expect(err).To(MatchError(render.ErrEnvironmentSize))
	})
})

// randomText is short and full of what quoting trips over.
func randomText(random *rand.Rand) string {
	alphabet := []rune("\"\"\\\\\\'`$$%%#;=\n\n\r\t  ax{}nx41é✓🤖\x01\x7f\u00a0")
	text := make([]rune, random.IntN(12))
	for i := range text {
		text[i] = alphabet[random.IntN(len(alphabet))]
	}
	return string(text)
}
