//go:build unix

package socket

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/calendsync/devtool/listenfd"
)

// running is a real child.
type running struct {
	cmd  *exec.Cmd
	done chan struct{}
}

func startRunning(cmd *exec.Cmd) (*running, error) {
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	r := &running{cmd: cmd, done: make(chan struct{})}
	go func() {
		defer close(r.done)
		cmd.Wait()
	}()
	return r, nil
}

func (r *running) Done() <-chan struct{} { return r.done }

func (r *running) Stop(context.Context) (forced bool) {
	r.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case <-r.done:
		return false
	case <-time.After(10 * time.Second):
		r.cmd.Process.Kill()
		<-r.done
		return true
	}
}

// supervised runs a supervisor until the test ends.
type supervised struct {
	changes chan []string
	events  chan Event
	stop    context.CancelFunc
	result  chan error
}

func supervise(t *testing.T, start func() (Process, error)) *supervised {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	s := &supervised{
		changes: make(chan []string),
		events:  make(chan Event, 100),
		stop:    stop,
		result:  make(chan error, 1),
	}
	supervisor := &Supervisor{
		Start:   func(context.Context) (Process, error) { return start() },
		Changes: s.changes,
		Report:  func(e Event) { s.events <- e },
	}
	go func() { s.result <- supervisor.Run(ctx) }()
	t.Cleanup(func() { stop() })
	return s
}

func (s *supervised) expect(t *testing.T, kind EventKind) Event {
	t.Helper()
	select {
	case e := <-s.events:
		if e.Kind != kind {
			t.Fatalf("event %+v, want kind %d", e, kind)
		}
		return e
	case <-time.After(20 * time.Second):
		t.Fatalf("no event of kind %d", kind)
		return Event{}
	}
}

func (s *supervised) end(t *testing.T) {
	t.Helper()
	s.stop()
	select {
	case err := <-s.result:
		if err != nil {
			t.Errorf("Run: %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("Run did not end")
	}
}

// TestSuperviseKeepsTheSocket replaces the server while clients keep asking:
// none is refused, and each new process answers.
func TestSuperviseKeepsTheSocket(t *testing.T) {
	t.Parallel()
	set := mustOpen(t, 0, "http::0")
	s := supervise(t, func() (Process, error) {
		cmd := another(roleServe)
		cmd.Env = set.Environ(cmd.Env, 0)
		cmd.ExtraFiles = []*os.File{set.Sockets[0].File}
		return startRunning(cmd)
	})
	pids := make(chan string)
	finish, finished := make(chan struct{}), make(chan error, 1)
	go func() { finished <- askUntil(finish, set.Sockets[0].String(), pids) }()
	answer := func() string {
		t.Helper()
		select {
		case pid := <-pids:
			return pid
		case err := <-finished:
			t.Fatalf("a client was lost: %v", err)
		case <-time.After(20 * time.Second):
			t.Fatal("no answer")
		}
		return ""
	}
	s.expect(t, Started)
	previous := answer()
	for range 4 {
		s.changes <- []string{"server.py"}
		if e := s.expect(t, Restarting); len(e.Paths) != 1 || e.Paths[0] != "server.py" {
			t.Errorf("restarting because of %q", e.Paths)
		}
		s.expect(t, Started)
		answer() // perhaps one the old process gave at its end
		pid := answer()
		if pid == previous {
			t.Errorf("process %s still answers", pid)
		}
		previous = pid
	}
	close(finish)
	if err := <-finished; err != nil {
		t.Errorf("a client was lost: %v", err)
	}
	s.end(t)
}

// askUntil sends one request after the other, each on a connection of its own,
// and delivers the answers.
func askUntil(finish <-chan struct{}, url string, answers chan<- string) error {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second}
	for {
		resp, err := client.Get(url)
		if err != nil {
			return err
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			return err
		}
		select {
		case answers <- string(body):
		case <-finish:
			return nil
		}
	}
}

func TestSuperviseExitAndFailure(t *testing.T) {
	t.Parallel()
	broken := errors.New("half written")
	var starts int
	s := supervise(t, func() (Process, error) {
		if starts++; starts == 2 {
			return nil, broken
		}
		return startRunning(exec.Command("true"))
	})
	s.expect(t, Started)
	s.expect(t, Exited) // and stays so, until
	s.changes <- []string{"a"}
	s.expect(t, Restarting)
	if e := s.expect(t, Failed); !errors.Is(e.Err, broken) {
		t.Errorf("failed with %v", e.Err)
	}
	s.changes <- []string{"b"}
	s.expect(t, Restarting)
	s.expect(t, Started)
	s.expect(t, Exited)
	s.end(t)
}

func TestSuperviseFirstStartFails(t *testing.T) {
	t.Parallel()
	_, missing := exec.LookPath("no-such-command-here")
	s := supervise(t, func() (Process, error) { return nil, missing })
	if err := <-s.result; !errors.Is(err, exec.ErrNotFound) {
		t.Errorf("Run: %v, want that the command was not found", err)
	}
}

// TestSuperviseFeedback runs a command that writes what it is restarted for: one
// file, files of ever new names, and files in ever new directories.
func TestSuperviseFeedback(t *testing.T) {
	t.Parallel()
	for name, written := range map[string]string{
		"starts.log":    "starts.log",
		"out/*.log":     "out/#.log",
		"out/**/*.html": "out/#/page.html",
		"out/**/*":      "out/#/page",
	} {
		t.Run(strings.ReplaceAll(name, "/", " "), func(t *testing.T) {
			t.Parallel()
			s := supervise(t, func() (Process, error) { return startRunning(exec.Command("sleep", "1000")) })
			s.expect(t, Started)
			restarts := 0
			write := func() { s.changes <- []string{strings.ReplaceAll(written, "#", fmt.Sprint(restarts))} }
			for caught := false; !caught; restarts++ {
				if restarts > 20 {
					t.Fatal("restarted for ever")
				}
				write() // at once, as a program that logs its start
				select {
				case e := <-s.events:
					if caught = e.Kind == Feedback; caught {
						if len(e.Paths) != 1 || e.Paths[0] != name {
							t.Errorf("caught %q, want %s", e.Paths, name)
						}
						continue
					}
					s.expect(t, Started)
				case <-time.After(20 * time.Second):
					t.Fatal("no event")
				}
			}
			write()
			s.changes <- []string{"server.py"} // of another file it is restarted all the same
			if e := s.expect(t, Restarting); len(e.Paths) != 1 || e.Paths[0] != "server.py" {
				t.Errorf("restarted for %q, want server.py", e.Paths)
			}
			s.expect(t, Started)
			s.end(t)
		})
	}
}

func TestSuperviseStopsTheProcess(t *testing.T) {
	t.Parallel()
	s := supervise(t, func() (Process, error) { return startRunning(exec.Command("sleep", "1000")) })
	p := s.expect(t, Started).Process
	s.end(t)
	select {
	case <-p.Done():
	default:
		t.Error("Run ended before its process")
	}
}

func TestAdopt(t *testing.T) {
	t.Parallel()
	set := mustOpen(t, 0, "http::0", "udp::0")
	files := []*os.File{set.Sockets[0].File, set.Sockets[1].File}
	tests := []struct {
		name string
		env  []string
		want string
	}{
		{"passed", []string{listenfd.EnvFDs + "=2"}, "adopted " + set.Sockets[0].Addr.String() + "\nskipped inherited fd 4 (unknown) is a udp4 socket, not one for tcp\n"},
		{"for another", []string{listenfd.EnvFDs + "=2", listenfd.EnvPID + "=1"}, "skipped LISTEN_PID is"},
		{"nothing", nil, ""},
	}
	for _, test := range tests {
		cmd := another(roleAdopt)
		cmd.Env = append(cmd.Env, test.env...)
		cmd.ExtraFiles = files
		out, err := cmd.Output()
		if err != nil || !strings.HasPrefix(string(out), test.want) || test.want == "" && len(out) > 0 {
			t.Errorf("%s: %v, printed %q, want %q", test.name, err, out, test.want)
		}
	}
}
