package contract_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	incusclient "github.com/lxc/incus/v6/client"
	incusapi "github.com/lxc/incus/v6/shared/api"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/controllers/model"
	"github.com/generalbots/botcluster-operator/controllers/provider/fake"
	"github.com/generalbots/botcluster-operator/controllers/provider/fake/incusd"
	"github.com/generalbots/botcluster-operator/test/ground"
)

const (
	incusImage   = "botcluster-bot"
	incusProject = "botcluster-contract"
	incusPool    = "botcluster-contract"
	incusNetwork = "bccontract"
)

// incusWorld is a server with a project, pool, network, default profile and image, reached by its socket.
type incusWorld struct {
	// socket is that of the daemon.
	socket string
	// behind does what others do to the project, behind the driver's back. It is Incus's own client.
	behind incusclient.InstanceServer
	// serve lets something listen inside a running instance: a server of HTTP that answers every request with its path, on a
	// unix socket.
	serve func(instance, socket string)
	// spoil keeps a stopped instance from being started.
	spoil func(instance string)
	// busy has a running instance use a core, memory, and as much page cache as cached says.
	busy func(instance string)
	// full makes a storage pool without room.
	full func() (pool string)
}

// incusWorlds are the worlds that the contract holds in; each call makes a new one, which ends with the spec.
var incusWorlds = []struct {
	name  string
	label Labels
	begin func() *incusWorld
}{
	{"the fake incusd", Label("fake"), func() *incusWorld { return newFakeIncus().incusWorld }},
	{"real Incus", Label("real"), newRealIncus},
}

// fakeIncus is a world on the fake daemon, of which more can be asked for than of a real one.
type fakeIncus struct {
	*incusWorld
	world  *fake.World
	server *incusd.Server
}

// fakeLatencies are long enough for an operation to be seen under way.
func fakeLatencies() fake.Latencies {
	return fake.Latencies{
		Create: fake.Exactly(60 * time.Millisecond), Start: fake.Exactly(40 * time.Millisecond), Stop: fake.Exactly(40 * time.Millisecond),
		Delete: fake.Exactly(40 * time.Millisecond), Update: fake.Exactly(20 * time.Millisecond), Freeze: fake.Exactly(5 * time.Millisecond),
	}
}

// newFakeWorld is what the fake daemon holds; members make it a cluster.
func newFakeWorld(extensions []string, members ...fake.Member) *fake.World {
	world := fake.New(fake.Config{Clock: fake.WallClock{}, Latencies: fakeLatencies(), Extensions: extensions})
	DeferCleanup(world.Close)
	for _, member := range members {
		world.AddMember(member)
	}
	world.AddPool(fake.Pool{Name: incusPool, Driver: "btrfs", Capacity: 100 << 30})
	world.AddNetwork(fake.Network{Name: incusNetwork, CIDR: "10.30.0.1/16"})
	world.AddProject(incusProject, map[string]string{"features.networks": "false"})
	world.AddProfile(incusProject, "default", incusapi.ProfilePut{Devices: map[string]map[string]string{
		"root": {"type": "disk", "path": "/", "pool": incusPool},
		"eth0": {"type": "nic", "name": "eth0", "network": incusNetwork},
	}})
	behaviour := fake.MeasuredBehaviour()
	behaviour.AddressDelay = 30 * time.Millisecond
	behaviour.ShutdownDelay = 30 * time.Millisecond
	world.AddImage(fake.Image{Project: incusProject, Aliases: []string{incusImage}, Behaviour: behaviour})
	return world
}

func newFakeIncus(members ...fake.Member) *fakeIncus {
	GinkgoHelper()
	world := newFakeWorld(nil, members...)
	server, err := incusd.ServeUnix(world, "")
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(server.Close)
	serve := func(instance, socket string) {
		world.AddService(fake.Service{
			Instance: incusProject + "/" + instance, Socket: socket,
			Serve: fake.HTTP(func(fake.Boot) http.Handler { return echo{} }),
		})
	}
	spoil := func(instance string) {
		world.Behave(incusProject+"/"+instance, func(b *fake.Behaviour) { b.FailsToStart = "Failed to run: forkstart: exit status 1" })
	}
	busy := func(instance string) {
		world.Behave(incusProject+"/"+instance, func(b *fake.Behaviour) {
			b.Load = fake.Load{Cores: 1, Memory: 100 << 20, PageCache: cached}
		})
	}
	full := func() string {
		world.AddPool(fake.Pool{Name: "full", Driver: "btrfs", Capacity: 1 << 30, Used: 1<<30 - 1<<20})
		return "full"
	}
	return &fakeIncus{
		incusWorld: &incusWorld{
			socket: server.Socket, behind: backdoor(server.Socket), serve: serve, spoil: spoil, busy: busy, full: full,
		},
		world: world, server: server,
	}
}

// echo answers with the path and the body of the request.
type echo struct{}

func (echo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_, _ = io.WriteString(w, r.URL.Path)
	_, _ = io.Copy(w, r.Body)
}

// realEnvironment is the corner of the real daemon that the specs work in: made for the first that asks, gone with the suite.
var realEnvironment struct {
	sync.Once
	incus *ground.Incus
	err   error
}

var _ = AfterSuite(func(ctx SpecContext) {
	if realEnvironment.incus != nil {
		Expect(realEnvironment.incus.Stop(ctx)).To(Succeed())
	}
}, NodeTimeout(5*time.Minute))

func newRealIncus() *incusWorld {
	GinkgoHelper()
	realEnvironment.Do(func() {
		realEnvironment.incus, realEnvironment.err = ground.StartIncus(context.Background(), "contract")
	})
	Expect(realEnvironment.err).NotTo(HaveOccurred(), "the daemon or its environment is not there")
	w := &incusWorld{socket: ground.UnixSocket, behind: backdoor(ground.UnixSocket)}
	w.serve = func(instance, socket string) {
		GinkgoHelper()
		w.push(instance, "/responder", responder(), 0o755)
		w.run(instance, "/responder", socket)
	}
	w.spoil = func(instance string) {
		GinkgoHelper()
		Expect(w.behind.DeleteInstanceFile(instance, "/sbin/init")).To(Succeed())
	}
	w.busy = func(instance string) {
		GinkgoHelper()
		// What is written lies in the page cache; the loop goes on when the session has begun, and ends with the instance.
		script := fmt.Sprintf("dd if=/dev/zero of=/cached bs=1M count=%d && touch /written; while :; do :; done", cached>>20)
		_, err := w.behind.ExecInstance(instance, incusapi.InstanceExecPost{Command: []string{"sh", "-c", script}}, nil)
		Expect(err).NotTo(HaveOccurred())
		Eventually(func() error {
			content, _, err := w.behind.GetInstanceFile(instance, "/written")
			if err == nil {
				err = content.Close()
			}
			return err
		}).WithTimeout(patience).Should(Succeed())
	}
	w.full = w.fill
	return w
}

// fill makes a small pool and an instance that takes all its room.
func (w *incusWorld) fill() string {
	GinkgoHelper()
	const pool, filler = incusPool + "-full", "c-filler"
	post := incusapi.StoragePoolsPost{Name: pool, Driver: "btrfs", StoragePoolPut: incusapi.StoragePoolPut{Config: map[string]string{"size": "1GiB"}}}
	Expect(w.behind.CreateStoragePool(post)).To(Succeed())
	DeferCleanup(func() {
		w.remove(filler)
		Expect(w.behind.DeleteStoragePool(pool)).To(Succeed())
	})
	wait(w.behind.CreateInstance(incusapi.InstancesPost{
		Name: filler, Type: incusapi.InstanceTypeContainer, Start: true, Source: incusapi.InstanceSource{Type: "image", Alias: incusImage},
		InstancePut: incusapi.InstancePut{Devices: map[string]map[string]string{"root": {"type": "disk", "path": "/", "pool": pool}}},
	}))
	// It ends when nothing more can be written.
	wait(w.behind.ExecInstance(filler, incusapi.InstanceExecPost{
		Command: []string{"sh", "-c", "dd if=/dev/urandom of=/fill bs=1M; sync"},
	}, nil))
	return pool
}

// responder is a program that serves HTTP on the unix socket that is its argument.
var responder = sync.OnceValue(func() []byte {
	GinkgoHelper()
	folder, err := os.MkdirTemp("", "responder")
	Expect(err).NotTo(HaveOccurred())
	defer func() { Expect(os.RemoveAll(folder)).To(Succeed()) }()
	binary := filepath.Join(folder, "responder")
	build := exec.Command("go", "build", "-o", binary, "./responder")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	output, err := build.CombinedOutput()
	Expect(err).NotTo(HaveOccurred(), string(output))
	content, err := os.ReadFile(binary)
	Expect(err).NotTo(HaveOccurred())
	return content
})

func backdoor(socket string) incusclient.InstanceServer {
	GinkgoHelper()
	server, err := incusclient.ConnectIncusUnix(socket, nil)
	Expect(err).NotTo(HaveOccurred())
	return server.UseProject(incusProject)
}

func (w *incusWorld) identity() model.Identity {
	return model.Identity{UnixSocket: w.socket, Project: incusProject}
}

// wait waits for an operation that was started behind the driver's back.
func wait(operation incusclient.Operation, err error) {
	GinkgoHelper()
	Expect(err).NotTo(HaveOccurred())
	Expect(operation.Wait()).To(Succeed())
}

// push writes a file.
func (w *incusWorld) push(instance, path string, content []byte, mode int) {
	GinkgoHelper()
	Expect(w.behind.CreateInstanceFile(instance, path, incusclient.InstanceFileArgs{
		Content: strings.NewReader(string(content)), Type: "file", Mode: mode,
	})).To(Succeed())
}

// run starts a program that goes on when the session ends, and returns when it listens.
func (w *incusWorld) run(instance, program, socket string) {
	GinkgoHelper()
	_, err := w.behind.ExecInstance(instance, incusapi.InstanceExecPost{Command: []string{program, socket}}, nil)
	Expect(err).NotTo(HaveOccurred())
	// A socket cannot be read as a file, which is how it is known to be there.
	Eventually(func() bool {
		_, _, err := w.behind.GetInstanceFile(instance, socket)
		return err != nil && !incusapi.StatusErrorCheck(err, http.StatusNotFound)
	}).WithTimeout(10 * time.Second).Should(BeTrue())
}

// create makes an instance, tagged as told, behind the driver's back.
func (w *incusWorld) create(name string, config map[string]string) {
	GinkgoHelper()
	wait(w.behind.CreateInstance(incusapi.InstancesPost{
		Name: name, Type: incusapi.InstanceTypeContainer, Source: incusapi.InstanceSource{Type: "image", Alias: incusImage},
		InstancePut: incusapi.InstancePut{Config: config, Profiles: []string{"default"}},
	}))
}

// config is the configuration of an instance as it is now.
func (w *incusWorld) config(name string) map[string]string {
	GinkgoHelper()
	found, _, err := w.behind.GetInstance(name)
	Expect(err).NotTo(HaveOccurred())
	return found.Config
}

// sweep removes every instance and volume whose name begins with the prefix.
func (w *incusWorld) sweep(prefix string) {
	GinkgoHelper()
	names, err := w.behind.GetInstanceNames(incusapi.InstanceTypeAny)
	Expect(err).NotTo(HaveOccurred())
	for _, name := range names {
		if strings.HasPrefix(name, prefix) {
			w.remove(name)
		}
	}
	volumes, err := w.behind.GetStoragePoolVolumes(incusPool)
	Expect(err).NotTo(HaveOccurred())
	for _, volume := range volumes {
		if volume.Type == "custom" && strings.HasPrefix(volume.Name, prefix) {
			Expect(w.behind.DeleteStoragePoolVolume(incusPool, "custom", volume.Name)).To(Succeed())
		}
	}
}

// remove stops and deletes an instance, whatever goes on in it.
func (w *incusWorld) remove(name string) {
	GinkgoHelper()
	Eventually(func() error {
		if _, _, err := w.behind.GetInstance(name); incusapi.StatusErrorCheck(err, http.StatusNotFound) {
			return nil
		}
		if stop, err := w.behind.UpdateInstanceState(name, incusapi.InstanceStatePut{Action: "stop", Force: true}, ""); err == nil {
			_ = stop.Wait()
		}
		deletion, err := w.behind.DeleteInstance(name)
		if err != nil {
			return err
		}
		return deletion.Wait()
	}).WithTimeout(30 * time.Second).Should(Succeed())
}

// missingSocket is the path of a socket at which nobody listens.
func missingSocket() string {
	GinkgoHelper()
	path := filepath.Join(GinkgoT().TempDir(), "unix.socket")
	listener, err := net.Listen("unix", path)
	Expect(err).NotTo(HaveOccurred())
	// The file stays, as after a daemon that was killed.
	listener.(*net.UnixListener).SetUnlinkOnClose(false)
	Expect(listener.Close()).To(Succeed())
	return path
}

// silentSocket is the path of a socket that takes connections and never answers.
func silentSocket() string {
	GinkgoHelper()
	path := filepath.Join(GinkgoT().TempDir(), "unix.socket")
	listener, err := net.Listen("unix", path)
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(listener.Close)
	return path
}

// portOfNobody is an address of the loopback at which nobody listens.
func portOfNobody() string {
	GinkgoHelper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	Expect(err).NotTo(HaveOccurred())
	Expect(listener.Close()).To(Succeed())
	return listener.Addr().String()
}
