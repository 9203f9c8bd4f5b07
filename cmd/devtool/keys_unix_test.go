//go:build unix

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"github.com/calendsync/devtool/internal/devtooltest"
)

// screen collects what is printed on a terminal.
type screen struct {
	t     *testing.T
	mu    sync.Mutex
	text  []byte
	wrote chan struct{}
}

func (s *screen) Write(p []byte) (int, error) {
	s.mu.Lock()
	s.text = append(s.text, p...)
	s.mu.Unlock()
	select {
	case s.wrote <- struct{}{}:
	default:
	}
	return len(p), nil
}

// until waits for a text, and forgets what was printed so far.
func (s *screen) until(want string) {
	s.t.Helper()
	deadline := time.After(devtooltest.Patience)
	for {
		s.mu.Lock()
		i := bytes.Index(s.text, []byte(want))
		if i >= 0 {
			s.text = s.text[i+len(want):]
			s.mu.Unlock()
			return
		}
		all := string(s.text)
		s.mu.Unlock()
		select {
		case <-s.wrote:
		case <-deadline:
			s.t.Fatalf("%q was not printed, but %q", want, all)
		}
	}
}

// onTerminal starts devtool on a terminal of its own, which stays open.
func onTerminal(t *testing.T, env ...string) (cmd *exec.Cmd, keys *os.File, tty *os.File, s *screen) {
	t.Helper()
	return runOnTerminal(t, "package main\n\nimport (\n\t\"net/http\"\n\t\"os\"\n)\n\nfunc main() { http.ListenAndServe(\"127.0.0.1:\"+os.Getenv(\"PORT\"), nil) }\n", env...)
}

func runOnTerminal(t *testing.T, program string, env ...string) (cmd *exec.Cmd, keys *os.File, tty *os.File, s *screen) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":  "module example.com/app\n\ngo 1.26\n",
		"main.go": program,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	keys, tty, err = pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	if err := pty.Setsize(keys, &pty.Winsize{Rows: 41, Cols: 101}); err != nil {
		t.Fatal(err)
	}
	cmd = &exec.Cmd{Path: self, Args: []string{"devtool", "dev", "server", "--port", "0"}, Dir: dir}
	cmd.Env = append(append(os.Environ(), "CI=", "PORT=", "TERM=xterm", "GOFLAGS=-buildvcs=false"), env...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = tty, tty, tty
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s = &screen{t: t, wrote: make(chan struct{}, 1)}
	var reading sync.WaitGroup
	reading.Go(func() {
		buf := make([]byte, 4096)
		for {
			n, err := keys.Read(buf)
			_, _ = s.Write(buf[:n])
			if err != nil {
				return
			}
		}
	})
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		tty.Close()
		keys.Close()
		reading.Wait()
	})
	return cmd, keys, tty, s
}

func modes(t *testing.T, tty *os.File) unix.Termios {
	t.Helper()
	got, err := unix.IoctlGetTermios(int(tty.Fd()), getTermios)
	if err != nil {
		t.Fatal(err)
	}
	return *got
}

func TestKeys(t *testing.T) {
	t.Parallel()
	cmd, keys, tty, screen := onTerminal(t)
	press := func(key string) {
		if _, err := keys.WriteString(key); err != nil {
			t.Fatal(err)
		}
	}
	screen.until("\x1b[1mready\x1b[0m in")
	if now := modes(t, tty); now.Lflag&(unix.ICANON|unix.ECHO) != 0 || now.Lflag&unix.ISIG == 0 {
		t.Errorf("local modes %#x; want cbreak: neither lines nor echo, but signals", now.Lflag)
	}
	press("h")
	screen.until("r restart the app")
	press("r")
	screen.until("restart asked for")
	press("R")
	screen.until("rebuild asked for")
	press("e")
	screen.until("nothing is wrong")
	press("p")
	screen.until("paused\x1b[0m; changes wait")
	press("p")
	screen.until("resumed")
	press("c")
	screen.until("\x1b[2J")
	press("q")
	if err := cmd.Wait(); err != nil {
		t.Errorf("after q: %v, want a clean stop", err)
	}
	if now := modes(t, tty); now.Lflag&unix.ICANON == 0 || now.Lflag&unix.ECHO == 0 {
		t.Errorf("local modes %#x after the end; want lines and echo again", now.Lflag)
	}
}

// TestKeysAreOffInCI: nobody is there to press any, and the terminal is let be.
func TestKeysAreOffInCI(t *testing.T) {
	t.Parallel()
	cmd, keys, tty, screen := onTerminal(t, "CI=true", "NO_COLOR=1")
	before := modes(t, tty)
	screen.until("ready in")
	if now := modes(t, tty); now != before {
		t.Errorf("the terminal's modes changed from %#v to %#v", before, now)
	}
	if _, err := keys.WriteString("\x03"); err != nil { // Ctrl-C
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("after Ctrl-C: %v, want a clean stop", err)
	}
}
