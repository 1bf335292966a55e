package render_test

import (
	"math/rand/v2"
	"strings"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/render"
)

var _ = Describe("The service", func() {
	command := func(words ...string) []v1alpha1.CommandArgument {
		arguments := make([]v1alpha1.CommandArgument, len(words))
		for i, word := range words {
			arguments[i] = v1alpha1.CommandArgument(word)
		}
		return arguments
	}

	When("the image brings it", func() {
		bot := v1alpha1.BotSpec{Service: "botserver"}

		It("only gets the variables", func() {
			file, err := render.ServiceDropIn(bot)
			Expect(err).NotTo(HaveOccurred())
			Expect(file).To(Equal(model.File{
				Path:    "/etc/systemd/system/botserver.service.d/50-botcluster.conf",
				Mode:    0o644,
				Content: []byte("# Written by the botcluster operator.\n[Service]\nEnvironmentFile=/opt/gbo/conf/botserver.env\n"),
			}))
			Expect(render.ServiceUnit(bot)).To(BeEmpty())
		})
	})

	When("the spec has a command", func() {
		bot := v1alpha1.BotSpec{
			Service: "my-bot",
			Command: command("/opt/gbo/bin/botserver", "--greeting", "100% $HOME;", `back\slash "quoted"`, "", ";"),
		}

		It("gets a drop-in that replaces the command", func() {
			file, err := render.ServiceDropIn(bot)
			Expect(err).NotTo(HaveOccurred())
			Expect(file.Path).To(Equal("/etc/systemd/system/my-bot.service.d/50-botcluster.conf"))
			expectGolden("command.conf", file.Content)
		})

		It("gets a unit that starts at boot", func() {
			files, err := render.ServiceUnit(bot)
			Expect(err).NotTo(HaveOccurred())
			Expect(files).To(HaveLen(2))
			Expect(files[0].Path).To(Equal("/etc/systemd/system/my-bot.service"))
			Expect(files[0].Mode).To(Equal(0o644))
			expectGolden("command.service", files[0].Content)
			Expect(files[1]).To(Equal(model.File{
				Path:       "/etc/systemd/system/multi-user.target.wants/my-bot.service",
				LinkTarget: "/etc/systemd/system/my-bot.service",
			}))
		})
	})

	It("runs with the arguments as they are in the spec, whatever is in them", func() {
		random := rand.New(rand.NewPCG(uint64(GinkgoRandomSeed()), 3))
		for range 3000 {
			words := []string{"/opt/gbo/bin/botserver"}
			for range random.IntN(5) {
				words = append(words, randomText(random))
			}
			bot := v1alpha1.BotSpec{Service: "botserver", Command: command(words...)}
			file, err := render.ServiceDropIn(bot)
			Expect(err).NotTo(HaveOccurred())
			lines := strings.Split(strings.TrimSuffix(string(file.Content), "\n"), "\n")
			Expect(lines).To(HaveLen(5), "%q", file.Content)
			Expect(lines[3]).To(Equal("ExecStart="))
			read, err := readCommandLine(strings.TrimPrefix(lines[4], "ExecStart="))
			Expect(err).NotTo(HaveOccurred(), lines[4])
			Expect(read).To(Equal(words), lines[4])
		}
	})

	DescribeTable("is refused when it would be more than a service",
		func(bot v1alpha1.BotSpec, want error) {
			_, err := render.ServiceDropIn(bot)
			Expect(err).To(MatchError(want))
			if len(bot.Command) > 0 {
				_, err = render.ServiceUnit(bot)
				Expect(err).To(MatchError(want))
			}
		},
		Entry("a path as its name", v1alpha1.BotSpec{Service: "../../x", Command: command("/bin/true")}, render.ErrServiceName),
		Entry("a unit with its suffix", v1alpha1.BotSpec{Service: "bot.service"}, render.ErrServiceName),
		Entry("a relative program", v1alpha1.BotSpec{Service: "bot", Command: command("bot")}, render.ErrProgram),
		Entry("a program with systemd's prefix for privileges", v1alpha1.BotSpec{Service: "bot", Command: command("+/bin/true")}, render.ErrProgram),
		Entry("a NUL", v1alpha1.BotSpec{Service: "bot", Command: command("/bin/true", "\x00")}, render.ErrArgument),
		Entry("what is not UTF-8", v1alpha1.BotSpec{Service: "bot", Command: command("/bin/true", "\xff")}, render.ErrArgument),
	)
})
