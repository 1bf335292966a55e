package kubeconfig

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"

	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"
)

// name of the cluster, the user and the context in every file of ours; a file with another context is somebody else's.
const name = "botcluster-controlplane"

// Embedded makes a kubeconfig that holds all it needs, so that it can be copied to another host. The arguments are PEM.
func Embedded(server string, authority, certificate, key []byte) ([]byte, error) {
	return encode(
		&api.Cluster{Server: server, CertificateAuthorityData: authority},
		&api.AuthInfo{ClientCertificateData: certificate, ClientKeyData: key},
	)
}

// Referring makes a kubeconfig that names files, which its client reads again when they are renewed. The identity holds
// certificate and key.
func Referring(server, authorityPath, identityPath string) ([]byte, error) {
	return encode(
		&api.Cluster{Server: server, CertificateAuthority: authorityPath},
		&api.AuthInfo{ClientCertificate: identityPath, ClientKey: identityPath},
	)
}

// Replaceable returns an error, with what to do, when the file is not one of ours: overwriting it would lose somebody's clusters.
func Replaceable(path string) error {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil || len(bytes.TrimSpace(content)) == 0 {
		return err
	}
	config, err := clientcmd.Load(content)
	if err != nil {
		return fmt.Errorf("%q exists and is no kubeconfig; name another file with --kubeconfig: %w", path, err)
	}
	contexts := slices.Sorted(maps.Keys(config.Contexts))
	if !slices.Equal(contexts, []string{name}) {
		return fmt.Errorf("%q holds other clusters (contexts: %s) and would be overwritten; name another file with --kubeconfig",
			path, strings.Join(contexts, ", "))
	}
	return nil
}

func encode(cluster *api.Cluster, user *api.AuthInfo) ([]byte, error) {
	content, err := clientcmd.Write(api.Config{
		Clusters:       map[string]*api.Cluster{name: cluster},
		AuthInfos:      map[string]*api.AuthInfo{name: user},
		Contexts:       map[string]*api.Context{name: {Cluster: name, AuthInfo: name}},
		CurrentContext: name,
	})
	if err != nil {
		return nil, fmt.Errorf("encode the kubeconfig of %q: %w", cluster.Server, err)
	}
	return content, nil
}
