package supervise_test

import (
	"errors"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/generalbots/botcluster-operator/cmd/controlplane/supervise"
)

var _ = DescribeTable("An event is a sentence", func(event supervise.Event, want string) {
	event.Process = "etcd"
	Expect(event.String()).To(Equal(want))
},
	Entry(nil, supervise.Event{State: supervise.Started, PID: 7}, "etcd started (process 7)"),
	Entry(nil, supervise.Event{State: supervise.Ready, Within: 1234 * time.Millisecond}, "etcd is ready after 1.2 s"),
	Entry(nil, supervise.Event{State: supervise.Exited, Err: errors.New("signal: killed"), Within: 200 * time.Millisecond},
		"etcd exited (signal: killed), starts again in 0.2 s"),
	Entry(nil, supervise.Event{State: supervise.Stopped}, "etcd stopped"),
)
