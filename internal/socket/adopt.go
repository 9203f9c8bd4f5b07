package socket

import (
	"net"

	"github.com/calendsync/devtool/listenfd"
)

// Adopt takes the TCP listeners that devtool itself was started with, by
// systemd or an outer supervisor, to serve the public address on. Skipped says
// why others that were announced are not used. If both are empty, nothing
// was passed.
//
// It takes the LISTEN_* variables out of the environment. Call it before the
// environment is read for other programs, and before any is started.
func Adopt() (listeners []net.Listener, skipped []error) {
	files := listenfd.Inherited()
	if files.Len() == 0 {
		return nil, files.Skipped()
	}
	for i := range files.Len() {
		ln, err := files.Listener("tcp", i)
		if err != nil {
			skipped = append(skipped, err)
			continue
		}
		listeners = append(listeners, ln)
	}
	return listeners, skipped
}
