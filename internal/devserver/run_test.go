package devserver

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/policy"
	"github.com/calendsync/devtool/internal/process"
)

// TestMain lets the test binary act as the guardian, as devtool's executable
// does.
func TestMain(m *testing.M) {
	if code, handled := process.Main(os.Args[1:]); handled {
		os.Exit(code)
	}
	os.Exit(m.Run())
}

// longest is how long a test waits for something that must happen.
const longest = 2 * time.Minute

// session is a server that runs in the test's own process, so that the race
// detector sees it.
type session struct {
	t    *testing.T
	dir  string
	asks chan policy.Ask
	url  string

	mu    sync.Mutex
	told  []policy.Message
	newer chan struct{} // closed by the next message
	seen  int           // how many messages await has returned or skipped
}

// serveProject runs a server of a project with these files until the test ends.
// Files that begin with "../" are next to the project.
func serveProject(t *testing.T, files map[string]string) *session {
	t.Helper()
	s := &session{t: t, dir: filepath.Join(t.TempDir(), "app"), asks: make(chan policy.Ask), newer: make(chan struct{})}
	s.write("go.mod", "module example.test/app\n\ngo 1.26\n")
	for name, text := range files {
		s.write(name, text)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.url = "http://" + ln.Addr().String()
	cfg, err := s.settings()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() {
		ended <- Run(ctx, Options{
			Config: cfg, Settings: s.settings, Listeners: []net.Listener{ln}, URL: s.url,
			Port: uint16(ln.Addr().(*net.TCPAddr).Port), Self: self, Token: "token", Env: os.Environ(),
			Stdout: io.Discard, Stderr: io.Discard, Asks: s.asks, Tell: s.tell,
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run = %v", err)
		}
		if t.Failed() {
			s.mu.Lock()
			defer s.mu.Unlock()
			for _, m := range s.told {
				t.Logf("%s %+v", m.Type(), m)
			}
		}
	})
	return s
}

func (s *session) settings() (*config.Config, error) {
	return config.Load(config.Options{Dir: s.dir})
}

func (s *session) write(name, text string) {
	s.t.Helper()
	file := filepath.Join(s.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *session) tell(m policy.Message) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, m)
	close(s.newer)
	s.newer = make(chan struct{})
}

// await returns the next wanted message after the last one that it returned.
func await[M policy.Message](s *session, wanted func(M) bool) M {
	s.t.Helper()
	deadline := time.After(longest)
	for {
		s.mu.Lock()
		for s.seen < len(s.told) {
			m, ok := s.told[s.seen].(M)
			s.seen++
			if ok && (wanted == nil || wanted(m)) {
				s.mu.Unlock()
				return m
			}
		}
		newer := s.newer
		s.mu.Unlock()
		select {
		case <-newer:
		case <-deadline:
			var none M
			s.t.Fatalf("waited %v in vain for a %T", longest, none)
		}
	}
}
