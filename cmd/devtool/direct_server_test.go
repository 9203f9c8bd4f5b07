//go:build unix

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// directApp serves a template that it parses at start, so that an edit of the
// template replaces it without a build.
const directApp = `package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/signal"
	"syscall"

	"github.com/calendsync/devtool/listenfd"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	text, err := os.ReadFile("page.tmpl")
	if err != nil {
		log.Fatal(err)
	}
	ln, err := listenfd.Listen("tcp", "127.0.0.1:"+os.Getenv("PORT"))
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			return
		}
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, "<html><head>%s<script>sessionStorage.loads = 1 + Number(sessionStorage.loads ?? 0)</script></head><body>%s</body></html>", os.Getenv("DEVTOOL_TAG"), text)
	})
	if err := listenfd.Serve(ctx, new(http.Server), ln); err != nil {
		log.Fatal(err)
	}
}
`

// directServer is devtool in direct mode, with what it says.
type directServer struct {
	t        *testing.T
	dir      string
	messages chan directMessage
	url      string // the public one
	endpoint string // devtool's own
}

type directMessage struct {
	Type, What, Value, Text, Result string
	URLs                            []string
	Generation                      int
	Problems                        []struct {
		Message string
		Notes   []string
	}
}

func startDirect(t *testing.T, files map[string]string) *directServer {
	t.Helper()
	repo, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	s := &directServer{t: t, dir: t.TempDir(), messages: make(chan directMessage, 1000)}
	for name, text := range map[string]string{
		"go.mod":    fmt.Sprintf("module example.com/app\n\ngo 1.26.0\n\nrequire github.com/calendsync/devtool v0.0.0\n\nreplace github.com/calendsync/devtool => %s\n", repo),
		"main.go":   directApp,
		"page.tmpl": "page 0",
	} {
		if _, given := files[name]; !given {
			s.write(name, text)
		}
	}
	for name, text := range files {
		s.write(name, text)
	}
	cmd := exec.Command("devtool", "dev", "server", "--direct", "--json", "--port", "0", "--dir", s.dir)
	cache, err := exec.CommandContext(t.Context(), "go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Env = append(os.Environ(), "PORT=", "XDG_CACHE_HOME="+t.TempDir(), "GOCACHE="+strings.TrimSpace(string(cache)))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var reading sync.WaitGroup
	reading.Go(func() {
		defer close(s.messages)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var m directMessage
			if json.Unmarshal(lines.Bytes(), &m) == nil {
				s.messages <- m
			}
		}
	})
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		killer := time.AfterFunc(patience, func() { _ = cmd.Process.Kill() })
		for range s.messages { // what was not waited for
		}
		reading.Wait()
		if err := cmd.Wait(); err != nil {
			t.Errorf("devtool: %v", err)
		}
		killer.Stop()
	})
	s.url = s.await("listening").URLs[0]
	for s.endpoint == "" {
		if m := s.await("assumed"); m.What == "direct" {
			s.endpoint = m.Value
		}
	}
	return s
}

func (s *directServer) write(name, text string) {
	s.t.Helper()
	file := filepath.Join(s.dir, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// await returns the next message of a type.
func (s *directServer) await(kind string) directMessage {
	s.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case m, ok := <-s.messages:
			if !ok {
				s.t.Fatalf("devtool ended before %q", kind)
			}
			if m.Type == kind {
				return m
			}
		case <-deadline:
			s.t.Fatalf("waited %v in vain for %q", patience, kind)
		}
	}
}
