package serve

import (
	"context"
	"fmt"
	"time"

	"github.com/generalbots/botcluster-operator/cmd/controlplane/atomicfile"
	"github.com/generalbots/botcluster-operator/cmd/controlplane/kubeconfig"
)

// renewalInterval is how often the certificates are looked at; they are renewed months before they expire.
const renewalInterval = 12 * time.Hour

func (p *plane) adminKubeconfig() ([]byte, error) {
	authority, certificate, key, err := p.pki.Admin()
	if err != nil {
		return nil, fmt.Errorf("certificate of the administrator: %w", err)
	}
	return kubeconfig.Embedded(p.url(), authority, certificate, key)
}

// publish writes the administrator's kubeconfig. It is called when the API server is ready, so that whoever finds the file can use it.
func (p *plane) publish() error {
	content, err := p.adminKubeconfig()
	if err != nil {
		return err
	}
	if err := atomicfile.Write(p.kubeconfig, content); err != nil {
		return err
	}
	p.out.sayf("serving at %s, kubeconfig %s", p.url(), p.kubeconfig)
	return nil
}

func (p *plane) writeControllerManagerLogin() error {
	content, err := kubeconfig.Referring(p.url(), p.pki.AuthorityCertificate(), p.pki.ControllerManager())
	if err != nil {
		return err
	}
	return atomicfile.Write(p.dir.ControllerManagerLogin(), content)
}

// renewUntil renews what comes near its expiry, until the context ends.
func (p *plane) renewUntil(ctx context.Context) {
	ticker := time.NewTicker(renewalInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			p.renew(time.Now())
		}
	}
}

// renew does not end the control plane when it fails, for example on a full disk: the certificates are good for months, and it comes
// again.
func (p *plane) renew(now time.Time) {
	written, err := p.pki.Renew(now)
	p.sayIssued(written)
	if err == nil && len(written) > 0 {
		err = p.publish()
	}
	if err != nil {
		p.out.sayf("certificates were not renewed, which is tried again in %s: %v", renewalInterval, err)
	}
}
