package edge_test

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gbytes"
)

// asCaddy in the environment makes this program the Caddy that its specs are about.
const asCaddy = "EDGE_SPECS_AS_CADDY"

func TestMain(m *testing.M) {
	if os.Getenv(asCaddy) != "" {
		caddycmd.Main()
		return
	}
	os.Exit(m.Run())
}

// process is a Caddy of its own, which can be killed and started again.
type process struct {
	*edge
	command *exec.Cmd
	log     *gbytes.Buffer
}

func newProcess() *process {
	GinkgoHelper()
	// Not GinkgoT().TempDir(): the path of a unix socket must be short.
	directory, err := os.MkdirTemp("", "edge")
	Expect(err).NotTo(HaveOccurred())
	p := &process{edge: newEdge(directory)}
	bootstrap, err := json.Marshal(object{"admin": object{"listen": "unix/" + p.socket("admin")}})
	Expect(err).NotTo(HaveOccurred())
	Expect(os.WriteFile(p.file("bootstrap.json"), bootstrap, 0o600)).To(Succeed())
	DeferCleanup(func() {
		p.kill()
		Expect(os.RemoveAll(directory)).To(Succeed())
	})
	return p
}

func (p *process) file(elements ...string) string {
	return filepath.Join(append([]string{p.directory}, elements...)...)
}

// start runs it as the image of the edge does, and returns the first document that it answers with.
func (p *process) start() (first string) {
	GinkgoHelper()
	program, err := os.Executable()
	Expect(err).NotTo(HaveOccurred())
	p.log = gbytes.NewBuffer()
	p.command = exec.Command(program, "run", "--resume", "--config", p.file("bootstrap.json"))
	p.command.Env = []string{
		asCaddy + "=1", "HOME=" + p.directory, "XDG_DATA_HOME=" + p.directory, "XDG_CONFIG_HOME=" + p.directory,
		"CADDY_ADMIN=unix/" + p.socket("admin"),
	}
	p.command.Stdout, p.command.Stderr = p.log, p.log
	Expect(p.command.Start()).To(Succeed())
	return p.call(http.MethodGet, "/botcluster/pool", nil).Body
}

// kill ends it without a word.
func (p *process) kill() {
	if p.command == nil {
		return
	}
	_ = p.command.Process.Kill()
	_ = p.command.Wait() // killed, as it was asked to be
	p.command = nil
}

var _ = Describe("An edge that is killed and starts again", func() {
	It("has the secrets and the routes that were accepted last, before it answers anything", func() {
		killed := newProcess()
		killed.start()
		front := swappable{revision: "first", header: "first", front: killed.frontName(), persist: true}
		killed.configure(front)
		front.revision, front.header = "replaced", "replaced"
		killed.configure(front)
		push := killed.call(http.MethodPut, "/botcluster/secrets", secretsDocument("s-1", issued(7)))
		Expect(push.Status).To(Equal(http.StatusOK), push.Body)
		refused := front
		refused.routes = []object{{"handle": []object{{"handler": "nonsense"}}}}
		Expect(killed.call(http.MethodPut, "/botcluster/config", killed.swappable(refused)).Status).To(Equal(http.StatusBadRequest))
		killed.kill()

		Expect(killed.start()).To(ContainSubstring(`"secretsRevision":"s-1"`))
		Eventually(func() string { return killed.pool().RoutesRevision }).Should(Equal("replaced"))
		Expect(killed.get("/").Header.Get("Routes")).To(Equal("replaced"))
		front.revision, front.header = "onwards", "onwards"
		killed.configure(front)
		Expect(killed.call(http.MethodGet, "/config/", nil).Body).To(ContainSubstring("replaced"), "it was replaced in place")
		Expect(killed.get("/").Header.Get("Routes")).To(Equal("onwards"))
	})

	It("reports a file of secrets that it cannot use, and takes new ones", func() {
		killed := newProcess()
		file := killed.file("caddy", "botcluster", "secrets.json")
		Expect(os.MkdirAll(filepath.Dir(file), 0o700)).To(Succeed())
		Expect(os.WriteFile(file, []byte(`{"revision":"s-0","cookieKey":"canary`), 0o600)).To(Succeed())
		Expect(killed.start()).To(ContainSubstring(`"secretsRevision":""`))
		Expect(killed.log).To(gbytes.Say("The secrets of an earlier run are not used"))
		Expect(string(killed.log.Contents())).NotTo(ContainSubstring("canary"))
		push := killed.call(http.MethodPut, "/botcluster/secrets", secretsDocument("s-1"))
		Expect(documentOf(push).SecretsRevision).To(Equal("s-1"))
		killed.kill()
		Expect(killed.start()).To(ContainSubstring(`"secretsRevision":"s-1"`))
	})

	It("tells no secret to its log, which has all that Caddy can say", func() {
		talking := newProcess()
		talking.start()
		config := talking.secureConfig(talking.frontName())
		config = []byte(strings.Replace(string(config), `"writer":{"output":"discard"}`, `"level":"DEBUG","writer":{"output":"stderr"}`, 1))
		Expect(talking.call(http.MethodPut, "/botcluster/config", config).Status).To(Equal(http.StatusOK))
		good := issued(9)
		for _, body := range [][]byte{
			secretsDocument("s-good", good),
			secretsDocument("s-bad", good, object{"chain": good["chain"], "key": "canary-key"}),
			secretsDocument("s-bad", good, object{"chain": "-----BEGIN canary-type-----\nAA==\n-----END canary-type-----\n", "key": good["key"]}),
			[]byte(`{"revision":"s-bad","cookieKey":"canary-cookie"}`),
			[]byte(`{"revision":"s-bad","cookieKey":73577357}`),
			[]byte(`{"canary-name":1}`), []byte(`{"revision":"s-bad","cookieKey":canary-no-json`),
		} {
			answered := talking.call(http.MethodPut, "/botcluster/secrets", body)
			Expect(answered.Body).NotTo(Or(ContainSubstring("canary"), ContainSubstring("73577357")))
		}
		connection, serial, err := talking.handshake(GinkgoT().Context(), "bot.example.com")
		Expect(err).NotTo(HaveOccurred())
		Expect(serial).To(BeEquivalentTo(9))
		Expect(connection.Close()).To(Succeed())
		Eventually(talking.log.Contents).Should(ContainSubstring("bot.example.com"), "it does tell of the handshake")
		talking.kill()

		told := string(talking.log.Contents())
		key := strings.Split(good["key"].(string), "\n")[1]
		for _, secret := range []string{"canary", "73577357", key, strings.Repeat("k", 32), secretCookieKey} {
			Expect(told).NotTo(ContainSubstring(secret))
		}
	})
})
