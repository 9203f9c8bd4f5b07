//go:build unix

package runner

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/calendsync/devtool/internal/process"
)

// longest is how long a test waits for something that must happen.
const longest = 2 * time.Minute

func TestMain(m *testing.M) {
	if code, handled := process.Main(os.Args[1:]); handled {
		os.Exit(code)
	}
	os.Exit(m.Run())
}

const app = `package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
)

func main() {
	if os.Getenv("BROKEN") != "" {
		os.Exit(3)
	}
	addr := os.Getenv("OWN")
	if addr == "" {
		addr = "127.0.0.1:" + os.Getenv("PORT")
	}
	http.ListenAndServe(addr, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/exit":
			os.Exit(4)
		case "/open":
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				os.Exit(5)
			}
			go http.Serve(ln, http.RedirectHandler("/login", http.StatusFound))
			fmt.Fprint(w, ln.Addr())
			return
		}
		fmt.Fprint(w, os.Getenv("NAME"))
	}))
}
`

// buildApp compiles the app of these tests.
func buildApp(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(app), 0o600); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "app")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, filepath.Join(dir, "main.go")).CombinedOutput(); err != nil {
		t.Fatalf("build the app: %v\n%s", err, out)
	}
	return binary
}

// gate records what a runner does with it.
type gate struct {
	mu     sync.Mutex
	steps  []string
	target process.Target
}

func (g *gate) step(what string) { g.mu.Lock(); defer g.mu.Unlock(); g.steps = append(g.steps, what) }
func (g *gate) Shut()            { g.step("shut") }

func (g *gate) Open(t process.Target) {
	g.step("open")
	g.mu.Lock()
	defer g.mu.Unlock()
	g.target = t
}

func (g *gate) Drain(context.Context, time.Duration) (time.Duration, []string) {
	g.step("drain")
	return 0, nil
}

// taken returns the steps since it was last called.
func (g *gate) taken() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	steps := strings.Join(g.steps, " ")
	g.steps = nil
	return steps
}

// events passes on what happens to an app.
type events chan any

func (e events) Ready(r Ready)           { e <- r }
func (e events) Failed(f Failed)         { e <- f }
func (e events) Exited(x Exited)         { e <- x }
func (e events) Remark(string, string)   {}
func (e events) Begin(string) (_ func()) { return func() {} }

func await[E any](t *testing.T, e events) E {
	t.Helper()
	select {
	case got := <-e:
		want, ok := got.(E)
		if !ok {
			t.Fatalf("got %T %+v, want a %T", got, got, want)
		}
		return want
	case <-time.After(longest):
		var want E
		t.Fatalf("waited %v in vain for a %T", longest, want)
		return want
	}
}

// service is a runner with everything that a test needs to know about it.
type service struct {
	*Runner
	t        *testing.T
	gate     *gate
	events   events
	guardian *process.Guardian
	binary   string
}

func newService(t *testing.T, binary string) *service {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	guardian, err := process.StartGuardian(self, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &service{t: t, gate: new(gate), events: make(events, 10), guardian: guardian, binary: binary}
	if s.Runner, err = New(Options{Gate: s.gate}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close() // again, perhaps
		if err := guardian.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *service) replace(name string, overlap bool, env ...string) {
	s.replaceFor(s.events, name, overlap, env...)
}

func (s *service) replaceFor(events Events, name string, overlap bool, env ...string) {
	s.Replace(Spec{
		Binary: s.binary, Overlap: overlap, Drain: time.Second,
		Prepare: func() process.Spec {
			return process.Spec{
				Guardian: s.guardian, Path: s.binary, Base: os.Environ(), Env: append(env, "NAME="+name),
				Stdout: io.Discard, Stderr: io.Discard, ReadyTimeout: longest, StopTimeout: longest,
			}
		},
	}, events)
}

func (s *service) get(path string) string {
	s.t.Helper()
	s.gate.mu.Lock()
	addr := s.gate.target.Addr
	s.gate.mu.Unlock()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+addr+path, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Close = true
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return ""
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	return string(body)
}

func (s *service) want(steps, name string) {
	s.t.Helper()
	if got := s.gate.taken(); got != steps {
		s.t.Errorf("steps %q, want %q", got, steps)
	}
	if got := s.get("/"); got != name {
		s.t.Errorf("%q serves, want %q", got, name)
	}
}

// TestReplacements plays both orders, and failures in each.
func TestReplacements(t *testing.T) {
	t.Parallel()
	s := newService(t, buildApp(t))

	s.replace("one", false)
	first := await[Ready](t, s.events)
	s.want("shut open", "one")

	s.replace("two", false)
	await[Ready](t, s.events)
	s.want("shut drain open", "two")
	if first.App.Exit() == nil {
		t.Error("the first generation runs beside the second")
	}

	s.replace("three", true)
	await[Ready](t, s.events)
	<-s.settled()
	s.want("open drain", "three")

	s.replace("broken", true, "BROKEN=1")
	if f := await[Failed](t, s.events); !f.Kept || f.Canceled {
		t.Errorf("an overlapping app that does not start: %+v; want the old one kept", f)
	}
	s.want("", "three")

	s.replace("broken", false, "BROKEN=1")
	var exit *process.ExitError
	if f := await[Failed](t, s.events); f.Kept || !errors.As(f.Err, &exit) || exit.Code != 3 {
		t.Errorf("an app that does not start: %+v", f)
	}
	if s.Alive() {
		t.Error("a generation is left")
	}

	s.gate.taken()
	s.replace("four", false)
	await[Ready](t, s.events)
	s.want("shut open", "four")
	s.get("/exit")
	if e := await[Exited](t, s.events); e.Exit.Code != 4 {
		t.Errorf("exited with %+v, want code 4", e.Exit)
	}
}

// settled returns a channel that is closed when the replacement under way is over
// and the generation that it retired is gone.
func (s *service) settled() <-chan struct{} {
	k := <-s.handover
	defer func() { s.handover <- k }()
	return k.retired
}

// TestRunnersAreIndependent checks that what one app does has no effect on
// another.
func TestRunnersAreIndependent(t *testing.T) {
	t.Parallel()
	binary := buildApp(t)
	web, api := newService(t, binary), newService(t, binary)
	web.replace("web", false)
	api.replace("api", false)
	await[Ready](t, web.events)
	await[Ready](t, api.events)
	web.want("shut open", "web")
	api.want("shut open", "api")

	web.replace("web 2", false)
	web.Abandon()
	if f, ok := (<-web.events).(Failed); ok && !f.Canceled {
		t.Errorf("abandoned: %+v", f)
	}
	api.want("", "api")
	web.Close()
	api.want("", "api")
}
