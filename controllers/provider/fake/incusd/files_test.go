package incusd_test

import (
	"io"
	"net/http"
	"strings"

	incusclient "github.com/lxc/incus/v6/client"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
)

var _ = Describe("Files inside an instance", func() {
	var b *bench

	BeforeEach(func() {
		b = newBench()
		Expect(b.over(b.client.CreateInstance(ofBot("bot-1")))).To(Succeed())
	})

	write := func(path, content string, args incusclient.InstanceFileArgs) error {
		args.Content = strings.NewReader(content)
		return b.client.CreateInstanceFile("bot-1", path, args)
	}
	read := func(path string) (string, *incusclient.InstanceFileResponse) {
		GinkgoHelper()
		content, info, err := b.client.GetInstanceFile("bot-1", path)
		Expect(err).NotTo(HaveOccurred())
		text, err := io.ReadAll(content)
		Expect(err).NotTo(HaveOccurred())
		return string(text), info
	}

	It("keep owner and mode from their first writing", func() {
		Expect(write("/etc/bot.env", "A=1", incusclient.InstanceFileArgs{UID: 3, GID: 4, Mode: 0o600, Type: "file"})).To(Succeed())
		Expect(write("/etc/bot.env", "A=2", incusclient.InstanceFileArgs{UID: 0, GID: 0, Mode: 0o644, Type: "file"})).To(Succeed())
		text, info := read("/etc/bot.env")
		Expect(text).To(Equal("A=2"))
		Expect(*info).To(Equal(incusclient.InstanceFileResponse{UID: 3, GID: 4, Mode: 0o600, Type: "file"}))
	})

	It("are appended to", func() {
		Expect(write("/etc/list", "a", incusclient.InstanceFileArgs{Mode: 0o600})).To(Succeed())
		Expect(write("/etc/list", "b", incusclient.InstanceFileArgs{Mode: 0o600, WriteMode: "append"})).To(Succeed())
		text, _ := read("/etc/list")
		Expect(text).To(Equal("ab"))
	})

	It("are in directories, which list them", func() {
		Expect(write("/etc/bot/a", "", incusclient.InstanceFileArgs{})).To(MatchError("Not Found"))
		Expect(write("/etc/bot", "", incusclient.InstanceFileArgs{Mode: 0o700, Type: "directory"})).To(Succeed())
		Expect(write("/etc/bot/a", "", incusclient.InstanceFileArgs{})).To(Succeed())
		_, info, err := b.client.GetInstanceFile("bot-1", "/etc/bot")
		Expect(err).NotTo(HaveOccurred())
		Expect(info.Entries).To(Equal([]string{"a"}))
		Expect(b.client.DeleteInstanceFile("bot-1", "/etc/bot")).To(MatchError(ContainSubstring("directory not empty")))
		Expect(b.client.DeleteInstanceFile("bot-1", "/etc/bot/a")).To(Succeed())
		Expect(b.client.DeleteInstanceFile("bot-1", "/etc/bot")).To(Succeed())
	})

	It("may be links", func() {
		Expect(write("/etc/now", "/etc/bot.env", incusclient.InstanceFileArgs{Mode: 0o777, Type: "symlink"})).To(Succeed())
		text, info := read("/etc/now")
		Expect(text).To(Equal("/etc/bot.env"))
		Expect(info.Type).To(Equal("symlink"))
	})

	It("are not found when they are not there", func() {
		_, _, err := b.client.GetInstanceFile("bot-1", "/etc/nope")
		Expect(code(err)).To(Equal(http.StatusNotFound))
		_, _, err = b.client.GetInstanceFile("bot-2", "/etc/nope")
		Expect(code(err)).To(Equal(http.StatusNotFound))
	})

	It("survive a stop, but for those under /run", func() {
		Expect(write("/etc/kept", "x", incusclient.InstanceFileArgs{})).To(Succeed())
		Expect(write("/run/lost", "x", incusclient.InstanceFileArgs{})).To(Succeed())
		Expect(b.change("bot-1", start)).To(Succeed())
		read("/etc/kept")
		_, _, err := b.client.GetInstanceFile("bot-1", "/run/lost")
		Expect(code(err)).To(Equal(http.StatusNotFound))
	})
})
