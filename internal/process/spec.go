package process

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Readiness is how an app shows that it can serve: one of the constants, or a
// path beginning with "/" that answers 2xx or 3xx.
type Readiness string

const (
	// Auto is READY=1 on NOTIFY_SOCKET, or the first bytes after "OPTIONS *".
	Auto Readiness = ""
	// TCP is an accepted connection. It proves nothing on a passed socket, where
	// the kernel accepts, and is refused there.
	TCP Readiness = "tcp"
	// Started is that the app still runs 50 ms after its start: for workers and bots.
	Started Readiness = "started"
)

// Inherited is a socket of the caller that is passed to the app as it is.
type Inherited struct {
	Name string // for LISTEN_FDNAMES
	Conn syscall.Conn
}

// Spec is how to run the app.
type Spec struct {
	Guardian *Guardian // required

	Path string   // executable; looked up in our PATH if it has no slash
	Args []string // without the name; ${PORT}, ${HOST}, ${DEVTOOL_URL} are expanded
	Base []string // the environment to start from, such as os.Environ()
	Env  []string // the app's own additions, expanded like Args
	Dir  string   // working directory; ours if empty

	Build    int    // DEVTOOL_BUILD
	URL      string // DEVTOOL_URL
	Manifest string // DEVTOOL_MANIFEST
	Color    bool   // ask for coloured output

	Port    *ReservedPort // PORT; nil for none. Generations that overlap need two.
	Socket  bool          // pass a fresh loopback listener, named http
	Inherit []Inherited   // pass these instead, the same ones every time
	OmitPID bool          // leave LISTEN_PID out: for go run, delve and scripts, which fork

	// Stdin becomes the app's standard input; nil is the null device. It must not be
	// a terminal: reading one from a background process group stops the group. Pass
	// the read end of an os.Pipe and copy into it.
	Stdin *os.File
	// Terminal gives the app a terminal of its own: input from Stdin is typed into
	// it, and its output goes to Stdout. Unix only. It has the size of Screen, a
	// terminal of the caller's, or 80 by 24 if Screen is nil.
	Terminal bool
	Screen   *os.File
	// Stdout and Stderr get whole lines, possibly from two goroutines at once
	// unless they are the same writer. nil discards. Their errors are ignored.
	Stdout, Stderr io.Writer
	Tail           int // bytes of output kept for a crash report; 64 KiB if 0

	Ready        Readiness
	ReadyTimeout time.Duration // 20 s if 0
	StopTimeout  time.Duration // between SIGTERM and SIGKILL; 3 s if 0
	// Known is where the previous generation was found. An address that the app chose
	// itself is then accepted at once, unless it was a guess, and the app is asked in
	// the protocol it spoke.
	Known Target

	notifyDirs []string // see there
}

// withDefaults returns the spec with zero fields filled in, or what is wrong with it.
func (s Spec) withDefaults() (Spec, error) {
	switch {
	case s.Guardian == nil:
		return s, errors.New("no guardian")
	case s.Socket && len(s.Inherit) > 0:
		return s, errors.New("a fresh socket and inherited ones exclude each other")
	case s.Ready == TCP && (s.Socket || len(s.Inherit) > 0):
		return s, errors.New(`readiness "tcp" proves nothing on a passed socket; use a health path`)
	case s.Ready != Auto && s.Ready != TCP && s.Ready != Started && !strings.HasPrefix(string(s.Ready), "/"):
		return s, fmt.Errorf(`readiness %q is neither "tcp" nor "started" nor a path`, s.Ready)
	}
	for _, in := range s.Inherit {
		if strings.Contains(in.Name, ":") {
			return s, fmt.Errorf("socket name %q contains a colon", in.Name)
		}
	}
	path, err := exec.LookPath(s.Path)
	if err != nil && (s.Dir == "" || !strings.ContainsRune(s.Path, '/')) {
		return s, err // a relative path counts from Dir, where LookPath does not look
	}
	if err == nil {
		s.Path = path
	}
	if s.notifyDirs == nil {
		s.notifyDirs = notifyDirs()
	}
	s.Tail = cmp.Or(s.Tail, 64<<10)
	s.ReadyTimeout = cmp.Or(s.ReadyTimeout, 20*time.Second)
	s.StopTimeout = cmp.Or(s.StopTimeout, 3*time.Second)
	return s, nil
}
