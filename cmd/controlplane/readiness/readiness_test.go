package readiness_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/client-go/rest"

	"github.com/generalbots/botcluster-operator/cmd/controlplane/readiness"
)

// answering serves one answer at /readyz.
func answering(status int, body string) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, err := w.Write([]byte(body))
		Expect(err).NotTo(HaveOccurred())
	})
	return mux
}

var _ = Describe("APIServer", func() {
	configFor := func(status int, body string) *rest.Config {
		server := httptest.NewServer(answering(status, body))
		DeferCleanup(server.Close)
		return &rest.Config{Host: server.URL}
	}

	It("agrees when the server does", func(ctx context.Context) {
		Expect(readiness.APIServer(ctx, configFor(http.StatusOK, "ok"))).To(Succeed())
	})

	It("names the checks that failed", func(ctx context.Context) {
		err := readiness.APIServer(ctx, configFor(http.StatusInternalServerError,
			"[+]ping ok\n[-]etcd failed: reason withheld\n[-]poststarthook/rbac failed: not finished\nreadyz check failed\n"))
		Expect(err).To(MatchError(HaveSuffix("500 Internal Server Error: etcd failed: reason withheld; poststarthook/rbac failed: not finished")))
	})

	It("does not take a refusal for an answer", func(ctx context.Context) {
		Expect(readiness.APIServer(ctx, configFor(http.StatusUnauthorized, "who are you"))).To(MatchError(HaveSuffix("401 Unauthorized")))
	})

	It("disagrees when nobody is there", func(ctx context.Context) {
		config := configFor(http.StatusOK, "ok")
		Expect(readiness.APIServer(ctx, &rest.Config{Host: strings.Replace(config.Host, "127.0.0.1", "127.0.0.2", 1)})).NotTo(Succeed())
	})
})

var _ = Describe("Etcd", func() {
	// A folder whose path alone is longer than that of a socket may be.
	deepFolder := func() string {
		folder := filepath.Join(GinkgoT().TempDir(), strings.Repeat("deep/", 30))
		Expect(os.MkdirAll(folder, 0o700)).To(Succeed())
		return folder
	}

	It("asks through a socket in a folder however deep", func(ctx context.Context) {
		folder := deepFolder()
		handle, err := os.Open(folder)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(handle.Close)
		listener, err := net.Listen("unix", filepath.Join("/proc/self/fd", fdOf(handle), "etcd.sock"))
		Expect(err).NotTo(HaveOccurred())
		server := &http.Server{Handler: answering(http.StatusOK, "ok"), ReadHeaderTimeout: time.Second}
		go server.Serve(listener) //nolint:errcheck // ends with the spec
		DeferCleanup(server.Close)
		Expect(readiness.Etcd(ctx, folder, "etcd.sock")).To(Succeed())
	})

	It("disagrees when there is no socket yet", func(ctx context.Context) {
		Expect(readiness.Etcd(ctx, deepFolder(), "etcd.sock")).To(MatchError(os.ErrNotExist))
	})
})

var _ = Describe("Until", func() {
	It("asks until the answer is yes", func(ctx context.Context) {
		asked := 0
		Expect(readiness.Until(ctx, func(context.Context) error {
			if asked++; asked < 3 {
				return errors.New("not yet")
			}
			return nil
		})).To(Succeed())
		Expect(asked).To(Equal(3))
	})

	It("gives the last answer when the time is over", func(ctx context.Context) {
		ctx, cancel := context.WithCancel(ctx)
		refusal := errors.New("no")
		Expect(readiness.Until(ctx, func(context.Context) error { cancel(); return refusal })).To(MatchError(refusal))
	})
})

func fdOf(file *os.File) string { return strconv.FormatUint(uint64(file.Fd()), 10) }
