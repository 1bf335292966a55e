package incusd_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"

	"github.com/gorilla/websocket"
	incusclient "github.com/lxc/incus/v6/client"
	incusapi "github.com/lxc/incus/v6/shared/api"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
)

var _ = Describe("A command in an instance", func() {
	var b *bench

	BeforeEach(func() {
		b = newBench()
		b.launch("bot-1")
	})

	// run carries a command to its end and returns its exit status.
	run := func(input string, command ...string) (code any, stdout, stderr string, err error) {
		GinkgoHelper()
		var out, diagnostics bytes.Buffer
		drained := make(chan bool)
		op, err := b.client.ExecInstance("bot-1", incusapi.InstanceExecPost{Command: command, WaitForWS: true},
			&incusclient.InstanceExecArgs{Stdin: strings.NewReader(input), Stdout: &out, Stderr: &diagnostics, DataDone: drained})
		if err != nil {
			return nil, "", "", err
		}
		Eventually(drained).Should(BeClosed())
		var state *incusapi.Operation
		Eventually(func(g Gomega) {
			state, _, err = b.client.GetOperation(op.Get().ID)
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(state.StatusCode.IsFinal()).To(BeTrue())
		}).Should(Succeed())
		if state.Err != "" {
			err = failure(state.Err)
		}
		return state.Metadata["return"], out.String(), diagnostics.String(), err
	}

	It("gets its input and gives its output and exit status", func() {
		status, out, _, err := run("hello", "cat")
		Expect(err).NotTo(HaveOccurred())
		Expect(out).To(Equal("hello"))
		Expect(status).To(BeEquivalentTo(0))
		status, _, _, err = run("", "false")
		Expect(err).NotTo(HaveOccurred())
		Expect(status).To(BeEquivalentTo(1))
	})

	It("that is not there ends with 127", func() {
		status, _, _, err := run("", "botserver")
		Expect(err).To(MatchError("Command not found"))
		Expect(status).To(BeEquivalentTo(127))
	})

	It("can be one of the test's own", func() {
		b.world.AddCommand(fake.Command{Image: "bot", Name: "patronictl", Run: func(i fake.Invocation) int {
			fmt.Fprintf(i.Stdout, "%s in %s", i.Args[0], i.At.Ref)
			fmt.Fprint(i.Stderr, "careful")
			return 3
		}})
		status, out, diagnostics, err := run("", "/usr/bin/patronictl", "list")
		Expect(err).NotTo(HaveOccurred())
		Expect(out).To(Equal("list in default/bot-1"))
		Expect(diagnostics).To(Equal("careful"))
		Expect(status).To(BeEquivalentTo(3))
	})

	DescribeTable("is not run",
		func(prepare incusapi.InstanceStatePut, text string) {
			Expect(b.change("bot-1", prepare)).To(Succeed())
			_, _, _, err := run("", "true")
			Expect(err).To(MatchError(ContainSubstring(text)))
			Expect(code(err)).To(Equal(http.StatusBadRequest))
		},
		Entry("in a stopped instance", kill, "Instance is not running"),
		Entry("in a frozen instance", freeze, "Instance is frozen"),
	)

	DescribeTable("ends with its instance",
		func(end func(), status int) {
			op, err := b.client.ExecInstance("bot-1", incusapi.InstanceExecPost{Command: []string{"sleep", "100"}, WaitForWS: true}, &incusclient.InstanceExecArgs{})
			Expect(err).NotTo(HaveOccurred())
			Eventually(b.execs).Should(Equal(1))
			end()
			var state incusapi.Operation
			Eventually(func() string {
				state, err = b.world.Operation(op.Get().ID)
				Expect(err).NotTo(HaveOccurred())
				return state.Status
			}).Should(Equal("Success"))
			Expect(state.Metadata).To(HaveKeyWithValue("return", status))
		},
		Entry("that is killed", func() { Expect(b.change("bot-1", kill)).To(Succeed()) }, 137),
		Entry("that crashes", func() { Expect(b.world.Crash(inDefault("bot-1"))).To(Succeed()) }, 137),
		Entry("that shuts down", func() { Expect(b.change("bot-1", incusapi.InstanceStatePut{Action: "stop", Timeout: 5})).To(Succeed()) }, 143),
	)

	It("without anybody connected runs in the background", func() {
		ran := make(chan struct{})
		b.world.AddCommand(fake.Command{Name: "touch", Run: func(i fake.Invocation) int {
			fmt.Fprint(i.Stdout, "nobody reads this")
			close(ran)
			return 2
		}})
		resp, _, err := b.client.RawQuery(http.MethodPost, "/1.0/instances/bot-1/exec", incusapi.InstanceExecPost{Command: []string{"touch", "x"}}, "")
		Expect(err).NotTo(HaveOccurred())
		op, err := resp.MetadataAsOperation()
		Expect(err).NotTo(HaveOccurred())
		Eventually(ran).Should(BeClosed())
		state, err := b.world.WaitOperation(context.Background(), op.ID, -1)
		Expect(err).NotTo(HaveOccurred())
		Expect(state.Metadata).To(HaveKeyWithValue("return", 2))
	})

	It("waits ten seconds for its streams", func() {
		resp, _, err := b.client.RawQuery(http.MethodPost, "/1.0/instances/bot-1/exec",
			incusapi.InstanceExecPost{Command: []string{"cat"}, WaitForWS: true}, "")
		Expect(err).NotTo(HaveOccurred())
		op, err := resp.MetadataAsOperation()
		Expect(err).NotTo(HaveOccurred())
		fds, ok := op.Metadata["fds"].(map[string]any)
		Expect(ok).To(BeTrue())
		Expect(fds).To(And(HaveKey("0"), HaveKey("1"), HaveKey("2"), HaveKey("control")))
		stream, err := b.client.GetOperationWebsocket(op.ID, fmt.Sprint(fds["0"]))
		Expect(err).NotTo(HaveOccurred())
		b.world.Advance(11e9)
		_, _, err = stream.NextReader()
		Expect(err).To(HaveOccurred())
		Expect(stream.Close()).To(Succeed())
		state, err := b.world.Operation(op.ID)
		Expect(err).NotTo(HaveOccurred())
		Expect(state.Err).To(Equal("Timed out waiting for websockets to connect"))
	})

	It("asks for the right secret", func() {
		resp, _, err := b.client.RawQuery(http.MethodPost, "/1.0/instances/bot-1/exec",
			incusapi.InstanceExecPost{Command: []string{"cat"}, WaitForWS: true}, "")
		Expect(err).NotTo(HaveOccurred())
		op, err := resp.MetadataAsOperation()
		Expect(err).NotTo(HaveOccurred())
		_, err = b.client.GetOperationWebsocket(op.ID, "guess")
		Expect(err).To(MatchError(ContainSubstring("Forbidden")))
		b.world.Advance(11e9)
	})

	It("is signalled through the control stream", func() {
		b.world.AddCommand(fake.Command{Name: "serve", Run: func(i fake.Invocation) int { <-i.Killed; return 0 }})
		controlled := make(chan *websocket.Conn, 1)
		op, err := b.client.ExecInstance("bot-1", incusapi.InstanceExecPost{Command: []string{"serve"}, WaitForWS: true},
			&incusclient.InstanceExecArgs{Control: func(conn *websocket.Conn) { controlled <- conn }})
		Expect(err).NotTo(HaveOccurred())
		Expect((<-controlled).WriteJSON(incusapi.InstanceExecControl{Command: "signal", Signal: 15})).To(Succeed())
		state, err := b.world.WaitOperation(context.Background(), op.Get().ID, -1)
		Expect(err).NotTo(HaveOccurred())
		Expect(state.Metadata).To(HaveKeyWithValue("return", 143))
	})
})

var _ = Describe("A tunnel into an instance", func() {
	var b *bench

	BeforeEach(func() {
		b = newBench()
		b.world.AddService(fake.Service{
			Image: "bot", Socket: "/run/app.sock", Serve: fake.HTTP(func(at fake.Boot) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					body, _ := io.ReadAll(r.Body)
					fmt.Fprintf(w, "%s %s %s", at.Ref.Name, r.URL.Path, body)
				})
			}),
		})
		b.world.AddService(fake.Service{Port: 6379, Serve: func(conn net.Conn, _ fake.Boot) {
			line, err := bufio.NewReader(conn).ReadString('\n')
			if err == nil {
				fmt.Fprintf(conn, "+%s", line)
			}
		}})
		b.launch("bot-1")
	})

	It("carries HTTP with keep-alive over one exec", func() {
		conn := dialThrough(b, "bot-1", "UNIX-CONNECT:/run/app.sock,forever")
		dials := 0
		transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			if dials++; dials > 1 {
				return nil, errors.New("dialed again")
			}
			return conn, nil
		}}
		DeferCleanup(transport.CloseIdleConnections)
		client := http.Client{Transport: transport}
		for i := range 20 {
			answer, err := client.Post(fmt.Sprintf("http://bot/%d", i), "text/plain", strings.NewReader(strings.Repeat("x", i*1000)))
			Expect(err).NotTo(HaveOccurred())
			body, err := io.ReadAll(answer.Body)
			Expect(err).NotTo(HaveOccurred())
			Expect(answer.Body.Close()).To(Succeed())
			Expect(string(body)).To(Equal(fmt.Sprintf("bot-1 /%d %s", i, strings.Repeat("x", i*1000))))
		}
		Expect(conn.Close()).To(Succeed())
	})

	It("passes the end of the input on and brings the answer back", func() {
		conn := dialThrough(b, "bot-1", "TCP:127.0.0.1:6379,nodelay")
		_, err := conn.Write([]byte("PING\n"))
		Expect(err).NotTo(HaveOccurred())
		answer, err := io.ReadAll(conn)
		Expect(err).NotTo(HaveOccurred())
		Expect(string(answer)).To(Equal("+PING\n"))
		Expect(conn.Close()).To(Succeed())
	})

	DescribeTable("does not come about",
		func(address string, prepare func()) {
			if prepare != nil {
				prepare()
			}
			conn := dialThrough(b, "bot-1", address)
			answer, err := io.ReadAll(conn)
			Expect(err).NotTo(HaveOccurred())
			Expect(answer).To(BeEmpty())
			Expect(conn.Close()).To(Succeed())
		},
		Entry("where nothing listens", "UNIX-CONNECT:/run/other.sock", nil),
		Entry("to a port where nothing listens", "TCP:127.0.0.1:1", nil),
		Entry("to an address that socat does not know", "CARRIER-PIGEON:x", nil),
		Entry("without socat", "UNIX-CONNECT:/run/app.sock", func() {
			b.world.Behave("default/bot-1", func(behaviour *fake.Behaviour) { behaviour.MissingPrograms = []string{"socat"} })
		}),
	)

	It("stands still while the instance is frozen", func() {
		conn := dialThrough(b, "bot-1", "TCP:127.0.0.1:6379")
		Eventually(b.execs).Should(Equal(1))
		Expect(b.change("bot-1", freeze)).To(Succeed())
		_, err := conn.Write([]byte("PING\n"))
		Expect(err).NotTo(HaveOccurred())
		answered := make(chan string)
		go func() {
			answer, _ := io.ReadAll(conn)
			answered <- string(answer)
		}()
		Consistently(answered, "50ms").ShouldNot(Receive())
		Expect(b.change("bot-1", unfreeze)).To(Succeed())
		Eventually(answered).Should(Receive(Equal("+PING\n")))
		Expect(conn.Close()).To(Succeed())
	})

	It("breaks when the instance stops", func() {
		conn := dialThrough(b, "bot-1", "TCP:127.0.0.1:6379")
		Eventually(b.execs).Should(Equal(1))
		Expect(b.change("bot-1", kill)).To(Succeed())
		_, err := io.ReadAll(conn)
		Expect(err).NotTo(HaveOccurred())
		Expect(conn.Close()).To(Succeed())
	})

	It("breaks when a test cuts it, and can be opened again", func() {
		conn := dialThrough(b, "bot-1", "TCP:127.0.0.1:6379")
		Eventually(b.execs).Should(Equal(1))
		Expect(b.world.KillExecs(inDefault("bot-1"))).To(Succeed())
		Expect(io.ReadAll(conn)).To(BeEmpty())
		Expect(conn.Close()).To(Succeed())
		again := dialThrough(b, "bot-1", "TCP:127.0.0.1:6379")
		_, err := again.Write([]byte("PING\n"))
		Expect(err).NotTo(HaveOccurred())
		Expect(io.ReadAll(again)).To(BeEquivalentTo("+PING\n"))
		Expect(again.Close()).To(Succeed())
	})

	It("waits for a program that listens later than the start", func() {
		b.world.AddService(fake.Service{Image: "bot", Socket: "/run/late.sock", Delay: 2e9, Serve: func(conn net.Conn, _ fake.Boot) {
			_, _ = conn.Write([]byte("here"))
		}})
		_, err := b.world.Dial(inDefault("bot-1"), "unix", "/run/late.sock")
		Expect(err).To(HaveOccurred())
		b.world.Advance(2e9)
		conn, err := b.world.Dial(inDefault("bot-1"), "unix", "/run/late.sock")
		Expect(err).NotTo(HaveOccurred())
		Expect(io.ReadAll(conn)).To(BeEquivalentTo("here"))
		Expect(conn.Close()).To(Succeed())
	})
})

// execs is how many commands run in bot-1.
func (b *bench) execs() int {
	GinkgoHelper()
	sight, ok := b.world.Look(inDefault("bot-1"))
	Expect(ok).To(BeTrue())
	return sight.Execs
}

// tunnel is the two ends of pipes that an exec mirrors, as one connection.
type tunnel struct {
	net.Conn // for what no spec uses
	input    *io.PipeWriter
	output   *io.PipeReader
}

func (t *tunnel) Read(p []byte) (int, error)  { return t.output.Read(p) }
func (t *tunnel) Write(p []byte) (int, error) { return t.input.Write(p) }

func (t *tunnel) Close() error { return errors.Join(t.input.Close(), t.output.Close()) }

// dialThrough opens a tunnel with the client library's own exec.
func dialThrough(b *bench, name, address string) *tunnel {
	GinkgoHelper()
	stdin, input := io.Pipe()
	output, stdout := io.Pipe()
	drained := make(chan bool)
	_, err := b.client.ExecInstance(name,
		incusapi.InstanceExecPost{Command: []string{"socat", "-", address}, WaitForWS: true},
		&incusclient.InstanceExecArgs{Stdin: stdin, Stdout: stdout, DataDone: drained})
	Expect(err).NotTo(HaveOccurred())
	go func() {
		<-drained
		_ = stdout.Close()
		_ = stdin.Close()
	}()
	return &tunnel{input: input, output: output}
}
