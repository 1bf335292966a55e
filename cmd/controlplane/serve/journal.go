package serve

import (
	"fmt"
	"io"
	"sync"
)

// journal writes one line per transition. It may be used from several goroutines.
type journal struct {
	mutex sync.Mutex
	to    io.Writer
}

func (j *journal) sayf(format string, values ...any) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	// A reader that went away, such as a closed terminal, is no reason to stop serving.
	_, _ = fmt.Fprintf(j.to, "controlplane: "+format+"\n", values...)
}
