//go:build unix

package process

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// Guardian sees to it that nothing outlives us. It owns a second process that
// reads the numbers of our process groups from a pipe and, at the pipe's end,
// kills those that are left; the kernel closes the pipe however we die.
type Guardian struct {
	self     string // our executable
	children sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	groups   map[int]bool
	lifeline *os.File
	cmd      *exec.Cmd
}

// guardianMark is set in the guardian's environment, so that an executable whose
// main does not call Main fails at once instead of starting itself for ever.
const guardianMark = "DEVTOOL_GUARDIAN"

// StartGuardian starts the guardian process. self is the path of our own
// executable, whose main calls Main. The caller closes the Guardian.
func StartGuardian(self string) (*Guardian, error) {
	if os.Getenv(guardianMark) != "" {
		return nil, fmt.Errorf("start guardian: main of %s does not call process.Main first", self)
	}
	g := &Guardian{self: self, groups: map[int]bool{}}
	g.mu.Lock()
	defer g.mu.Unlock()
	if err := g.launch(); err != nil {
		return nil, fmt.Errorf("start guardian %s: %w", self, err)
	}
	return g, nil
}

// Register has the group killed when we die, until release is called. It is for
// groups that Start did not start.
func (g *Guardian) Register(pgid int) (release func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed { // Close came while it was starting
		_ = syscall.Kill(-pgid, syscall.SIGKILL)
		return func() {}
	}
	g.groups[pgid] = true
	g.tell("+", pgid)
	return sync.OnceFunc(func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.groups, pgid)
		g.tell("-", pgid)
	})
}

// Close kills every group that is left and waits for their commands and for the
// guardian process.
func (g *Guardian) Close() error {
	g.mu.Lock()
	if g.closed {
		g.mu.Unlock()
		return nil
	}
	g.closed = true
	g.lifeline.Close()
	err := g.cmd.Wait()
	g.mu.Unlock()
	g.children.Wait()
	if err != nil {
		return fmt.Errorf("guardian: %w", err)
	}
	return nil
}

// begin counts a command that is about to start, or refuses it.
func (g *Guardian) begin() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return errors.New("guardian is closed")
	}
	g.children.Add(1)
	return nil
}

// tell sends one line. If the guardian process was killed, a new one is started
// and told everything; if that fails too, the next line tries again.
func (g *Guardian) tell(op string, pgid int) {
	if g.closed {
		return
	}
	if _, err := fmt.Fprintf(g.lifeline, "%s%d\n", op, pgid); err == nil {
		return
	}
	g.lifeline.Close()
	_ = g.cmd.Wait()
	_ = g.launch()
}

// launch starts the guardian process. It has a session of its own, so that no
// terminal can signal it, and holds none of our files open.
func (g *Guardian) launch() error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	cmd := exec.Command(g.self, guardianCommand)
	cmd.Stdin = r
	cmd.Dir = "/"
	cmd.Env = []string{guardianMark + "=1"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		w.Close()
		return err
	}
	for pgid := range g.groups {
		if _, err := fmt.Fprintf(w, "+%d\n", pgid); err != nil {
			break // the next line finds out
		}
	}
	g.lifeline, g.cmd = w, cmd
	return nil
}

// guardianMain is the guardian process.
func guardianMain(lifeline io.Reader) {
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	for pgid := range orphans(lifeline) {
		_ = syscall.Kill(-pgid, syscall.SIGKILL)
	}
}

// orphans reads the lifeline to its end and returns the groups that are left.
// Numbers below 2 would mean every process there is, or our own group.
func orphans(lifeline io.Reader) map[int]bool {
	groups := map[int]bool{}
	for lines := bufio.NewScanner(lifeline); lines.Scan(); {
		op, number := "", ""
		if line := lines.Text(); line != "" {
			op, number = line[:1], line[1:]
		}
		pgid, err := strconv.Atoi(strings.TrimSpace(number))
		switch {
		case err != nil || pgid < 2:
		case op == "+":
			groups[pgid] = true
		case op == "-":
			delete(groups, pgid)
		}
	}
	return groups
}
