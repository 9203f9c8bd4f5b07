//go:build unix

package process

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/creack/pty"
)

// terminal is the app's own terminal. We hold the other end: we read there what the
// app prints, and write there what is typed.
type terminal struct {
	ours, theirs *os.File
	input        *os.File // a copy of Spec.Stdin, or nil
	resized      chan os.Signal
	printed      chan struct{} // closed when nothing more comes from the app
	work         sync.WaitGroup
}

// openTerminal gives cmd a terminal for its three standard streams, in a session
// of its own. Until close is called what is printed there is passed on to out,
// and what comes from spec.Stdin to the app.
func openTerminal(cmd *exec.Cmd, spec Spec, out io.Writer) (*terminal, error) {
	ours, theirs, err := pty.Open()
	if err != nil {
		return nil, fmt.Errorf("open a terminal for the app: %w", err)
	}
	t := &terminal{ours: ours, theirs: theirs, resized: make(chan os.Signal, 1), printed: make(chan struct{})}
	if spec.Stdin != nil {
		if t.input, err = duplicate(spec.Stdin, "stdin"); err != nil {
			return nil, errors.Join(err, ours.Close(), theirs.Close())
		}
		go t.typed() // ends with the app's end of the terminal, which a process that left the group may keep
	}
	t.follow(spec.Screen)
	go func() { // close waits for it, but not for ever: out may be stuck
		defer close(t.printed)
		_, _ = io.Copy(&unixLines{to: out}, t.ours) // fails once nobody has the other end
	}()
	cmd.Stdin, cmd.Stdout, cmd.Stderr = theirs, theirs, theirs
	cmd.SysProcAttr = groupAttr()
	// The leader of a session also leads its process group.
	cmd.SysProcAttr.Setpgid, cmd.SysProcAttr.Setsid, cmd.SysProcAttr.Setctty = false, true, true
	return t, nil
}

// typed passes on what comes from Spec.Stdin, whose end is Ctrl-D.
func (t *terminal) typed() {
	if _, err := io.Copy(t.ours, t.input); err == nil {
		_, _ = t.ours.Write([]byte{4}) // the app may be gone
	}
}

// follow keeps the terminal as large as the screen, if there is one.
func (t *terminal) follow(screen *os.File) {
	if screen == nil {
		_ = pty.Setsize(t.ours, &pty.Winsize{Rows: 24, Cols: 80}) // as terminals always had
		return
	}
	signal.Notify(t.resized, syscall.SIGWINCH)
	_ = pty.InheritSize(screen, t.ours) // the screen may be gone
	t.work.Go(func() {
		for range t.resized {
			_ = pty.InheritSize(screen, t.ours)
		}
	})
}

// started leaves the app's end to the app.
func (t *terminal) started() { t.theirs.Close() }

// close is called when the app has ended or could not be started. It waits until
// everything it printed has been passed on.
func (t *terminal) close() {
	t.theirs.Close()
	late := time.NewTimer(waitDelay) // a process that left the group may hold the other end
	defer late.Stop()
	select {
	case <-t.printed:
	case <-late.C:
	}
	signal.Stop(t.resized)
	close(t.resized)
	t.work.Wait() // before the descriptor that it uses goes
	t.ours.Close()
	if t.input != nil {
		t.input.Close()
	}
}

// unixLines replaces the \r\n of terminals by \n.
type unixLines struct {
	to   io.Writer
	held bool // a return that may belong to a line's end
}

func (u *unixLines) Write(p []byte) (int, error) {
	n := len(p)
	if u.held {
		p = append([]byte{'\r'}, p...)
	}
	if u.held = bytes.HasSuffix(p, []byte{'\r'}); u.held {
		p = p[:len(p)-1]
	}
	_, err := u.to.Write(bytes.ReplaceAll(p, []byte("\r\n"), []byte{'\n'}))
	return n, err
}
