package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/generalbots/botcluster-operator/cmd/controlplane/arguments"
	"github.com/generalbots/botcluster-operator/cmd/controlplane/datadir"
	"github.com/generalbots/botcluster-operator/cmd/controlplane/kubeconfig"
	"github.com/generalbots/botcluster-operator/cmd/controlplane/pki"
)

// plane is a control plane whose data directory, port and certificates are settled.
type plane struct {
	dir        datadir.Dir
	lock       io.Closer
	pki        pki.Store
	settings   arguments.Settings
	kubeconfig string // where the administrator's goes
	out        *journal
}

// prepare settles all that must be right before anything is started. What can be refused is refused first.
func prepare(ctx context.Context, options Options, out *journal) (*plane, error) {
	if options.Kubeconfig == "" {
		options.Kubeconfig = datadir.Dir(options.DataDir).Kubeconfig()
	}
	kubeconfigPath, err := filepath.Abs(options.Kubeconfig)
	if err != nil {
		return nil, err
	}
	if err := kubeconfig.Replaceable(kubeconfigPath); err != nil {
		return nil, err
	}
	dir, lock, err := datadir.Open(options.DataDir)
	if err != nil {
		return nil, err
	}
	p := &plane{dir: dir, lock: lock, pki: pki.Store{Dir: dir.PKI()}, kubeconfig: kubeconfigPath, out: out}
	if err := p.settle(ctx, options); err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return p, nil
}

func (p *plane) settle(ctx context.Context, options Options) error {
	port, err := p.dir.Port(ctx, options.BindAddress, options.Port)
	if err != nil {
		return err
	}
	p.settings = arguments.Settings{
		BindAddress:            options.BindAddress,
		Port:                   port,
		ServiceRange:           options.ServiceRange,
		EtcdData:               p.dir.Etcd(),
		AuthorityCertificate:   p.pki.AuthorityCertificate(),
		APIServerIdentity:      p.pki.APIServer(),
		ServiceAccountKey:      p.pki.ServiceAccountKey(),
		ControllerManagerLogin: p.dir.ControllerManagerLogin(),
	}
	names, err := serverNames(options)
	if err != nil {
		return err
	}
	written, err := p.pki.Ensure(names, time.Now())
	if err != nil {
		return fmt.Errorf("certificates: %w", err)
	}
	p.sayIssued(written)
	if err := os.MkdirAll(filepath.Dir(p.kubeconfig), 0o700); err != nil {
		return fmt.Errorf("make the folder of the kubeconfig: %w", err)
	}
	return p.writeControllerManagerLogin()
}

func (p *plane) sayIssued(written []string) {
	if len(written) > 0 {
		p.out.sayf("issued %s", strings.Join(written, ", "))
	}
}

// url is where clients on this host find the API server.
func (p *plane) url() string {
	host := p.settings.BindAddress
	switch {
	case host == netip.IPv6Unspecified():
		host = netip.IPv6Loopback()
	case host.IsUnspecified():
		host = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return "https://" + net.JoinHostPort(host.String(), strconv.FormatUint(uint64(p.settings.Port), 10))
}

func serverNames(options Options) (pki.Names, error) {
	hostName, err := os.Hostname()
	if err != nil {
		return pki.Names{}, fmt.Errorf("ask for the name of this host: %w", err)
	}
	interfaces, err := net.InterfaceAddrs()
	if err != nil {
		return pki.Names{}, fmt.Errorf("ask for the addresses of this host: %w", err)
	}
	var addresses []netip.Addr
	for _, address := range interfaces {
		if prefix, err := netip.ParsePrefix(address.String()); err == nil {
			addresses = append(addresses, prefix.Addr().WithZone(""))
		}
	}
	return pki.ServerNames(options.BindAddress, options.ServiceRange, hostName, addresses), nil
}
