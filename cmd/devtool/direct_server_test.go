//go:build unix

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/calendsync/devtool/internal/devtooltest"
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

// directServer is devtool in direct mode.
type directServer struct {
	*devtooltest.Session
	t        *testing.T
	dir      string
	heard    int    // messages that await has passed
	url      string // the public one
	endpoint string // devtool's own
}

func startDirect(t *testing.T, files map[string]string) *directServer {
	t.Helper()
	repo, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	s := &directServer{t: t, dir: t.TempDir()}
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
	s.Session = devtooltest.Start(t, devtooltest.Options{
		Program: "devtool", Dir: s.dir, Args: []string{"--direct"},
		Env: devtooltest.Environ(t, t.TempDir()),
	})
	t.Cleanup(func() {
		_ = s.Cmd.Process.Signal(os.Interrupt) // the test may have ended it
		<-s.Ended
		if code := s.Cmd.ProcessState.ExitCode(); code != 0 {
			t.Errorf("devtool ended with %v, want exit code 0", s.Cmd.ProcessState)
		}
	})
	s.url = s.await("listening").URLs[0]
	s.endpoint = s.Await("devtool's own address", func(m devtooltest.Message) bool {
		return m.Type == "assumed" && m.What == "direct"
	}).Value
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

// await returns the next message of a type, after the one it returned before.
func (s *directServer) await(kind string) devtooltest.Message {
	s.t.Helper()
	found, at := s.AwaitNext(s.heard, kind, devtooltest.OfType(kind))
	s.heard = at
	return found
}
