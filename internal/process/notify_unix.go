//go:build unix

package process

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// maxSocketPath is what sun_path holds on macOS, the smallest.
const maxSocketPath = 103

// notifySocket receives the datagrams of sd_notify.
type notifySocket struct {
	dir    string
	path   string
	conn   *net.UnixConn
	free   func()        // of the guardian's care
	ready  chan struct{} // closed at READY=1
	reader sync.WaitGroup
}

// newNotifySocket makes a socket that only our user can reach.
func newNotifySocket(guardian *Guardian) (*notifySocket, error) {
	dir, err := os.MkdirTemp("", "devtool-")
	if err == nil && len(dir)+len("/notify") > maxSocketPath {
		os.Remove(dir)
		dir, err = os.MkdirTemp("/tmp", "devtool-")
	}
	if err != nil {
		return nil, fmt.Errorf("make the notification socket: %w", err)
	}
	path := filepath.Join(dir, "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Net: "unixgram", Name: path})
	if err != nil {
		os.RemoveAll(dir)
		return nil, fmt.Errorf("make the notification socket: %w", err)
	}
	free, err := guardian.Remove(dir)
	if err != nil {
		conn.Close()
		os.RemoveAll(dir)
		return nil, err
	}
	n := &notifySocket{dir: dir, path: path, conn: conn, free: free, ready: make(chan struct{})}
	n.reader.Go(n.read)
	return n, nil
}

// read reads until the socket is closed, long after READY=1: an app blocks in
// sending once the queue of an unread socket is full.
func (n *notifySocket) read() {
	ready := sync.OnceFunc(func() { close(n.ready) })
	message := make([]byte, 4096)
	for {
		size, err := n.conn.Read(message)
		if err != nil {
			return
		}
		for line := range strings.Lines(string(message[:size])) {
			if strings.TrimSpace(line) == "READY=1" {
				ready()
			}
		}
	}
}

func (n *notifySocket) close() {
	n.conn.Close()
	n.reader.Wait()
	os.RemoveAll(n.dir)
	n.free()
}
