package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// longest is how many bytes the path of a unix socket may have everywhere: the
// least that any system allows, less one for its end.
const longest = 103

// Listen opens the socket at path, in place of one that a dead process left:
// the caller knows that nobody else serves there. Where no socket can be, as the
// path is too long or the filesystem has none, it is opened in a directory of
// its own below one for temporary files; the listener's address says where.
// Closing the listener removes the file.
func Listen(path string) (net.Listener, error) {
	ln, err := listenAt(path)
	for _, parent := range []string{os.TempDir(), "/tmp"} {
		if err == nil {
			break
		}
		var failed error
		if ln, failed = listenBelow(parent); failed == nil {
			err = nil
		}
	}
	return ln, err
}

func listenAt(path string) (net.Listener, error) {
	if len(path) > longest {
		return nil, fmt.Errorf("open the control socket: the path has %d bytes, %d are allowed: %s", len(path), longest, path)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("replace the control socket of a dead devtool: %w", err)
	}
	ln, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("open the control socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("make the control socket private: %w", err), ln.Close())
	}
	return ln, nil
}

// listenBelow opens the socket in a directory that goes with it.
func listenBelow(parent string) (net.Listener, error) {
	dir, err := os.MkdirTemp(parent, "devtool-control-") // of mode 0700
	if err != nil {
		return nil, fmt.Errorf("make a directory for the control socket: %w", err)
	}
	ln, err := listenAt(filepath.Join(dir, "socket"))
	if err != nil {
		return nil, errors.Join(err, os.Remove(dir))
	}
	return &elsewhere{ln, dir}, nil
}

type elsewhere struct {
	net.Listener
	dir string
}

// Dir is the directory, which stays behind if Close is not called.
func (l *elsewhere) Dir() string { return l.dir }

func (l *elsewhere) Close() error { return errors.Join(l.Listener.Close(), os.RemoveAll(l.dir)) }

// Source provides the status and answers requests. Its methods are called from
// several goroutines.
type Source interface {
	// Status returns the status, its number, and a channel that is closed once
	// there is a newer one.
	Status() (seq uint64, status any, newer <-chan struct{})
	// Ask performs a request and returns the answer, or [ErrUnknown] if there is no
	// such request.
	Ask(ctx context.Context, what string) (answer any, err error)
}

// ErrUnknown refuses a request that does not exist.
var ErrUnknown = errors.New("unknown request")

// reply is the body of every answer.
type reply struct {
	Seq   uint64 `json:"seq,omitempty"`
	Value any    `json:"value,omitempty"`
	Error string `json:"error,omitempty"`
}

// NewServer returns a server for the listener of [Listen].
func NewServer(src Source) *http.Server {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /status", func(w http.ResponseWriter, r *http.Request) { serveStatus(w, r, src) })
	mux.HandleFunc("POST /ask/{what}", func(w http.ResponseWriter, r *http.Request) {
		answer, err := src.Ask(r.Context(), r.PathValue("what"))
		switch {
		case errors.Is(err, ErrUnknown):
			send(w, http.StatusNotFound, reply{Error: err.Error()})
		case err != nil:
			send(w, http.StatusServiceUnavailable, reply{Error: err.Error()})
		default:
			send(w, http.StatusOK, reply{Value: answer})
		}
	})
	return &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
}

func serveStatus(w http.ResponseWriter, r *http.Request, src Source) {
	after, err := strconv.ParseUint(r.FormValue("after"), 10, 64)
	for {
		seq, status, newer := src.Status()
		if err != nil || seq > after {
			send(w, http.StatusOK, reply{Seq: seq, Value: status})
			return
		}
		select {
		case <-newer:
		case <-r.Context().Done():
			return
		}
	}
}

func send(w http.ResponseWriter, code int, body reply) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) // the other side may have gone
}
