package render_test

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/api/v1alpha1"
	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/render"
)

var _ = Describe("BotFiles", func() {
	var input render.BotInput

	BeforeEach(func() {
		input = render.BotInput{
			Bot: v1alpha1.BotSpec{
				Service: "botserver", Port: 8081,
				Env: []v1alpha1.EnvVar{{Name: "COLOUR", Value: "blue"}, {Name: "PORT", Value: "1"}},
				EnvFrom: []v1alpha1.EnvFromSource{
					{SecretRef: v1alpha1.SecretReference{Name: "general"}}, {SecretRef: v1alpha1.SecretReference{Name: "special"}},
				},
				Files: []v1alpha1.File{
					{Path: "/opt/gbo/conf/token", Mode: "0644", UID: 1000, GID: 1001,
						SecretKeyRef: &v1alpha1.SecretKeyReference{Name: "special", Key: "TOKEN"}},
					{Path: "/etc/motd", Content: new("hello\n"), Mode: "0444"},
				},
			},
			Secrets: map[string]render.Secret{
				"general": {UID: "u1", Data: map[string][]byte{"COLOUR": []byte("red"), "SHAPE": []byte("round"), "TOKEN": []byte("old")}},
				"special": {UID: "u2", Data: map[string][]byte{"TOKEN": []byte("new")}},
			},
		}
	})

	It("are all files of a bot, sorted by path", func() {
		files, err := render.BotFiles(input)
		Expect(err).NotTo(HaveOccurred())
		paths := make([]string, 0, len(files))
		for _, file := range files {
			paths = append(paths, file.Path)
		}
		Expect(paths).To(Equal([]string{
			"/etc/motd", "/etc/systemd/system/botserver.service.d/50-botcluster.conf", "/opt/gbo/conf/botserver.env", "/opt/gbo/conf/token",
		}))
		Expect(files[0]).To(Equal(model.File{Path: "/etc/motd", Content: []byte("hello\n"), Mode: 0o444}))
		Expect(files[3]).To(Equal(model.File{Path: "/opt/gbo/conf/token", Content: []byte("new"), Mode: 0o600, UID: 1000, GID: 1001}))
	})

	It("take env before the later Secret before the earlier, and the port from bot.port", func() {
		files, err := render.BotFiles(input)
		Expect(err).NotTo(HaveOccurred())
		Expect(files[2].Mode).To(Equal(0o600))
		Expect(readEnvironmentFile(string(files[2].Content))).To(Equal(map[string]string{
			"COLOUR": "blue", "SHAPE": "round", "TOKEN": "new", "PORT": "8081",
		}))
	})

	It("stand on the defaults of the API where it did not fill them in", func() {
		input.Bot.Service, input.Bot.Port = "", 0
		files, err := render.BotFiles(input)
		Expect(err).NotTo(HaveOccurred())
		Expect(files[1].Path).To(Equal("/etc/systemd/system/botserver.service.d/50-botcluster.conf"))
		Expect(readEnvironmentFile(string(files[2].Content))).To(HaveKeyWithValue("PORT", "8080"))
	})

	It("have a unit when there is a command", func() {
		input.Bot.Command = []v1alpha1.CommandArgument{"/opt/gbo/bin/botserver"}
		files, err := render.BotFiles(input)
		Expect(err).NotTo(HaveOccurred())
		Expect(files).To(HaveLen(6))
		Expect(files[1].Path).To(Equal("/etc/systemd/system/botserver.service"))
		Expect(files[3].LinkTarget).To(Equal("/etc/systemd/system/botserver.service"))
	})

	DescribeTable("are refused, naming what is wrong and no secret",
		func(change func(*render.BotInput), want error, names string) {
			change(&input)
			_, err := render.BotFiles(input)
			Expect(err).To(MatchError(want))
			Expect(err.Error()).To(ContainSubstring(names))
			Expect(err.Error()).NotTo(Or(ContainSubstring("round"), ContainSubstring("hunter2")))
		},
		Entry("without a Secret of envFrom", func(in *render.BotInput) { delete(in.Secrets, "general") }, render.ErrSecretMissing, `"general"`),
		Entry("without a key of a file", func(in *render.BotInput) { delete(in.Secrets["special"].Data, "TOKEN") }, render.ErrSecretMissing, `"TOKEN"`),
		Entry("with a Secret key that is no variable", func(in *render.BotInput) {
			in.Secrets["general"].Data["tls.key"] = []byte("hunter2")
		}, render.ErrVariableName, `"tls.key"`),
		Entry("with a file that the operator writes", func(in *render.BotInput) { in.Bot.Files[1].Path = render.EnvironmentFile },
			render.ErrPathTaken, render.EnvironmentFile),
		Entry("with a mode that is none", func(in *render.BotInput) { in.Bot.Files[1].Mode = "0999" }, render.ErrMode, "/etc/motd"),
		Entry("with more mode than permissions", func(in *render.BotInput) { in.Bot.Files[1].Mode = "4755" }, render.ErrMode, "/etc/motd"),
		Entry("with a service that is none", func(in *render.BotInput) { in.Bot.Service = "a/b" }, render.ErrServiceName, "bot.service"),
	)
})

var _ = Describe("Hash", func() {
	file := model.File{Path: "/a", Content: []byte("content"), Mode: 0o600, UID: 1, GID: 2}
	base := []model.File{file, {Path: "/link", LinkTarget: "/a"}}

	It("is the same for the same files and key", func() {
		Expect(render.Hash(base, "key")).To(MatchRegexp("^[0-9a-f]{16}$"))
		Expect(render.Hash(base, "key")).To(Equal(render.Hash([]model.File{file, base[1]}, "key")))
	})

	DescribeTable("is another for another",
		func(change func(*model.File)) {
			other := file
			change(&other)
			Expect(render.Hash([]model.File{other, base[1]}, "key")).NotTo(Equal(render.Hash(base, "key")))
		},
		Entry("path", func(f *model.File) { f.Path = "/b" }),
		Entry("content", func(f *model.File) { f.Content = []byte("contenT") }),
		Entry("mode", func(f *model.File) { f.Mode = 0o644 }),
		Entry("user", func(f *model.File) { f.UID = 0 }),
		Entry("group", func(f *model.File) { f.GID = 0 }),
		Entry("link", func(f *model.File) { f.LinkTarget = "/x" }),
		Entry("cut between path and content", func(f *model.File) { f.Path, f.Content = "/ac", []byte("ontent") }),
	)

	It("cannot be found again without the key", func() {
		Expect(render.Hash(base, "key")).NotTo(Equal(render.Hash(base, "other key")))
		Expect(render.Hash(base, "key")).NotTo(Equal(render.Hash(base, "")))
	})

	It("has a key that needs what Incus does not hold", func() {
		owner := model.Owner{UID: "bc-uid"}
		secrets := func(uid string) render.BotInput {
			return render.BotInput{Secrets: map[string]render.Secret{"a": {UID: uid}, "b": {UID: "u2"}}}
		}
		Expect(secrets("u1").HashKey(owner)).To(Equal("bc-uid/u1/u2"))
		Expect(secrets("u3").HashKey(owner)).NotTo(Equal(secrets("u1").HashKey(owner)))
		Expect(render.BotInput{}.HashKey(owner)).To(Equal("bc-uid"))
	})
})
