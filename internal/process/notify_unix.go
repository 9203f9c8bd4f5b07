//go:build unix

package process

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// notifySocket receives the datagrams of sd_notify.
type notifySocket struct {
	dir    string
	path   string
	conn   *net.UnixConn
	free   func()        // of the guardian's care
	ready  chan struct{} // closed at READY=1
	reader sync.WaitGroup
}

// notifyDirs are where the socket may be, in order of preference: TMPDIR may be
// long, full, read-only, or on a filesystem without sockets.
func notifyDirs() []string { return []string{os.TempDir(), "/tmp"} }

// newNotifySocket makes a socket that only our user can reach, in a directory of
// its own below the first of dirs that can hold one.
func newNotifySocket(guardian *Guardian, dirs []string) (*notifySocket, error) {
	var errs []error
	for _, parent := range dirs {
		n, err := newNotifySocketIn(guardian, parent)
		if err == nil {
			return n, nil
		}
		errs = append(errs, err)
	}
	return nil, errors.Join(errs...)
}

func newNotifySocketIn(guardian *Guardian, parent string) (*notifySocket, error) {
	dir, err := os.MkdirTemp(parent, "devtool-")
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Net: "unixgram", Name: path})
	if err != nil {
		return nil, errors.Join(err, os.Remove(dir))
	}
	free, err := guardian.Remove(dir)
	if err != nil {
		return nil, errors.Join(err, conn.Close(), os.RemoveAll(dir))
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
