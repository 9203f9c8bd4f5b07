package devtooltest

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Options says how to start devtool.
type Options struct {
	Program string   // of [Build], or one that is found in PATH
	Dir     string   // the project
	Args    []string // after `dev server --json --port 0`
	Env     []string // of [Environ]

	Prepare func(*exec.Cmd)         // changes the command before it is started; may be nil
	Check   func(line []byte) error // is asked about each line; may be nil
}

// Session is a running devtool. Its methods may be called from any goroutine of
// the test.
type Session struct {
	Cmd    *exec.Cmd
	Stdout io.Closer       // our end of its stdout
	Ended  <-chan struct{} // closed when it has ended and Cmd.ProcessState is set

	t      testing.TB
	stderr strings.Builder

	mu       sync.Mutex
	messages []Message     // append only
	lines    []string      // as they were written, one for each message
	more     chan struct{} // closed when a message comes; then a new one
}

// Start starts `devtool dev server --json --port 0`. At the end of the test it is
// interrupted and waited for, if it runs still.
func Start(t testing.TB, o Options) *Session {
	t.Helper()
	ended := make(chan struct{})
	s := &Session{t: t, Ended: ended, more: make(chan struct{})}
	s.Cmd = exec.Command(o.Program, append([]string{"dev", "server", "--json", "--port", "0"}, o.Args...)...)
	s.Cmd.Dir, s.Cmd.Env = o.Dir, o.Env
	stdout, err := s.Cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	s.Cmd.Stderr, s.Stdout = &s.stderr, stdout
	if o.Prepare != nil {
		o.Prepare(s.Cmd)
	}
	if err := s.Cmd.Start(); err != nil {
		t.Fatalf("start devtool: %v", err)
	}
	go func() {
		defer close(ended)
		s.collect(stdout, o.Check)
		_ = s.Cmd.Wait() // the state says how it ended
	}()
	t.Cleanup(func() {
		_ = s.Cmd.Process.Signal(os.Interrupt) // the test may have ended it
		killer := time.AfterFunc(Patience, func() { _ = s.Cmd.Process.Kill() })
		<-s.Ended
		if !killer.Stop() {
			t.Errorf("devtool did not end within %v of an interrupt", Patience)
		}
		if t.Failed() {
			t.Logf("devtool said:\n%s", s.stderr.String())
		}
	})
	return s
}

// collect keeps the lines of devtool until its end.
func (s *Session) collect(stdout io.Reader, check func([]byte) error) {
	lines := bufio.NewScanner(stdout)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if check != nil {
			if err := check(lines.Bytes()); err != nil {
				s.t.Errorf("a line is wrong: %v\n%s", err, lines.Text())
			}
		}
		var m Message
		if err := json.Unmarshal(lines.Bytes(), &m); err != nil {
			s.t.Errorf("a line is not JSON: %v\n%s", err, lines.Text())
			continue
		}
		s.mu.Lock()
		s.messages, s.lines = append(s.messages, m), append(s.lines, lines.Text())
		close(s.more)
		s.more = make(chan struct{})
		s.mu.Unlock()
	}
}

// Stderr returns what devtool and the app wrote to stderr. It must be called after
// Ended.
func (s *Session) Stderr() string {
	<-s.Ended
	return s.stderr.String()
}

// Mark returns the number of messages so far.
func (s *Session) Mark() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.messages)
}

// Since returns the messages after a mark.
func (s *Session) Since(mark int) []Message {
	messages, _ := s.heard()
	return slices.Clone(messages[mark:])
}

func (s *Session) linesSince(mark int) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.lines[mark:], "\n")
}

// heard returns the messages so far, not to be changed, and a channel that is
// closed when there are more.
func (s *Session) heard() (messages []Message, more <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.messages, s.more
}

// Await returns the first message, so far or to come, that is wanted.
func (s *Session) Await(what string, wanted func(Message) bool) Message {
	s.t.Helper()
	return s.AwaitAfter(0, what, wanted)
}

// AwaitAfter is Await for the messages after a mark.
func (s *Session) AwaitAfter(mark int, what string, wanted func(Message) bool) Message {
	s.t.Helper()
	found, _ := s.AwaitNext(mark, what, wanted)
	return found
}

// AwaitNext is AwaitAfter; it also returns the mark after what it found.
func (s *Session) AwaitNext(mark int, what string, wanted func(Message) bool) (found Message, next int) {
	s.t.Helper()
	timeout := time.NewTimer(Patience)
	defer timeout.Stop()
	for next = mark; ; {
		messages, more := s.heard()
		for ; next < len(messages); next++ {
			if wanted(messages[next]) {
				return messages[next], next + 1
			}
		}
		select {
		case <-more:
		case <-s.Ended:
			if next == s.Mark() {
				s.t.Fatalf("devtool ended before %s:\n%s", what, s.Stderr())
			}
		case <-timeout.C:
			s.t.Fatalf("waited in vain for %s; messages:\n%s", what, s.linesSince(mark))
		}
	}
}

// Outcome acts and returns the outcome of the batch that this caused, not the one
// of a batch before it, whose app may be ready already.
func (s *Session) Outcome(act func()) Message {
	s.t.Helper()
	before, mark := 0, s.Mark()
	for _, m := range s.Since(0)[:mark] {
		before = max(before, m.Build)
	}
	act()
	return s.AwaitAfter(mark, "an outcome", Finished(before+1))
}

// Stop ends devtool as Ctrl-C does and returns how long that took.
func (s *Session) Stop() time.Duration {
	s.t.Helper()
	begun := time.Now()
	if err := s.Cmd.Process.Signal(os.Interrupt); err != nil {
		s.t.Fatal(err)
	}
	select {
	case <-s.Ended:
	case <-time.After(Patience):
		s.t.Fatal("devtool does not end")
	}
	return time.Since(begun)
}
