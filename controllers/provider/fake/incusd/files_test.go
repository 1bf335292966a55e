package incusd_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"

	incusclient "github.com/lxc/incus/v6/client"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/pkg/sftp"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

var _ = Describe("Files inside an instance", func() {
	var b *bench
	var files *sftp.Client

	open := func() *sftp.Client {
		GinkgoHelper()
		client, err := b.client.GetInstanceFileSFTP("bot-1")
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { _ = client.Close() })
		return client
	}
	BeforeEach(func() {
		b = newBench()
		Expect(b.over(b.client.CreateInstance(ofBot("bot-1")))).To(Succeed())
		files = open()
	})

	write := func(path string, content []byte, mode fs.FileMode, uid, gid int) error {
		created, err := files.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
		if err != nil {
			return err
		}
		_, err = created.Write(content)
		return errors.Join(err, created.Chmod(mode), created.Chown(uid, gid), created.Close())
	}
	read := func(path string) (string, *incusclient.InstanceFileResponse) {
		GinkgoHelper()
		content, info, err := b.client.GetInstanceFile("bot-1", path)
		Expect(err).NotTo(HaveOccurred())
		text, err := io.ReadAll(content)
		Expect(err).NotTo(HaveOccurred())
		return string(text), info
	}

	It("have content, owner and mode, and are made once", func() {
		Expect(write("/etc/bot.env", []byte("A=1"), 0o600, 3, 4)).To(Succeed())
		text, info := read("/etc/bot.env")
		Expect(text).To(Equal("A=1"))
		Expect(*info).To(Equal(incusclient.InstanceFileResponse{UID: 3, GID: 4, Mode: 0o600, Type: "file"}))
		Expect(write("/etc/bot.env", nil, 0o600, 0, 0)).To(MatchError(ContainSubstring("file exists")))
	})

	It("may be larger than a packet", func() {
		large := bytes.Repeat([]byte("0123456789"), 10_000)
		Expect(write("/etc/large", large, 0o600, 0, 0)).To(Succeed())
		text, _ := read("/etc/large")
		Expect(text).To(Equal(string(large)))
		info, err := files.Lstat("/etc/large")
		Expect(err).NotTo(HaveOccurred())
		Expect(info.Size()).To(BeEquivalentTo(len(large)))
	})

	It("are in directories, which list them", func() {
		Expect(write("/etc/bot/a", nil, 0o600, 0, 0)).To(MatchError(fs.ErrNotExist))
		Expect(files.Mkdir("/etc/bot")).To(Succeed())
		Expect(files.Chmod("/etc/bot", 0o700)).To(Succeed())
		Expect(write("/etc/bot/a", nil, 0o600, 0, 0)).To(Succeed())
		_, info, err := b.client.GetInstanceFile("bot-1", "/etc/bot")
		Expect(err).NotTo(HaveOccurred())
		Expect(info.Entries).To(Equal([]string{"a"}))
		Expect(info.Mode).To(Equal(0o700))
		Expect(write("/etc/bot/a/b", nil, 0o600, 0, 0)).To(MatchError(ContainSubstring("not a directory")))
		Expect(files.Remove("/etc/bot")).To(MatchError(ContainSubstring("directory not empty")))
		Expect(files.Remove("/etc/bot/a")).To(Succeed())
		Expect(files.Remove("/etc/bot")).To(Succeed())
	})

	It("may be links", func() {
		Expect(files.Symlink("/etc/bot.env", "/etc/now")).To(Succeed())
		text, info := read("/etc/now")
		Expect(text).To(Equal("/etc/bot.env"))
		Expect(info.Type).To(Equal("symlink"))
	})

	It("are not found when they are not there", func() {
		_, _, err := b.client.GetInstanceFile("bot-1", "/etc/nope")
		Expect(code(err)).To(Equal(http.StatusNotFound))
		_, err = files.Lstat("/etc/nope")
		Expect(err).To(MatchError(fs.ErrNotExist))
		_, _, err = b.client.GetInstanceFile("bot-2", "/etc/nope")
		Expect(code(err)).To(Equal(http.StatusNotFound))
		_, err = b.client.GetInstanceFileSFTP("bot-2")
		Expect(code(err)).To(Equal(http.StatusNotFound))
	})

	It("survive a stop, but for those under /run", func() {
		Expect(write("/etc/kept", nil, 0o600, 0, 0)).To(Succeed())
		Expect(write("/run/lost", nil, 0o600, 0, 0)).To(Succeed())
		Expect(b.change("bot-1", start)).To(Succeed())
		read("/etc/kept")
		_, _, err := b.client.GetInstanceFile("bot-1", "/run/lost")
		Expect(code(err)).To(Equal(http.StatusNotFound))
	})

	Describe("when writing them goes wrong", func() {
		record := func() []string {
			verbs := []string{}
			for _, written := range b.world.Writes()[1:] {
				verbs = append(verbs, written.Verb+" "+written.Path)
			}
			return verbs
		}
		const path = "/1.0/instances/bot-1/sftp"

		It("counts the making of a file and its content", func() {
			Expect(write("/etc/a", []byte("x"), 0o600, 0, 0)).To(Succeed())
			Expect(record()).To(Equal([]string{"Put " + path, "Write " + path}))
		})

		It("refuses, or loses the answer of, one call", func() {
			b.world.Faults().Plan(
				fake.Fault{Mode: fake.Refuse, Verb: "Put"}, fake.Fault{Mode: fake.LoseAnswer, Verb: "Write", Path: path},
				fake.Fault{Mode: fake.RefuseConnection, Verb: "Put", Nth: 2},
			)
			Expect(write("/etc/a", []byte("x"), 0o600, 0, 0)).To(MatchError(ContainSubstring("Refused by plan")))
			Expect(write("/etc/a", []byte("x"), 0o600, 0, 0)).To(MatchError(sftp.ErrSSHFxConnectionLost))
			text, _ := read("/etc/a")
			Expect(text).To(Equal("x"))
			files = open()
			Expect(write("/etc/b", []byte("x"), 0o600, 0, 0)).To(MatchError(sftp.ErrSSHFxConnectionLost))
			_, _, err := b.client.GetInstanceFile("bot-1", "/etc/b")
			Expect(code(err)).To(Equal(http.StatusNotFound))
			Expect(b.world.Faults().Unreached()).To(BeEmpty())
		})
	})
})
