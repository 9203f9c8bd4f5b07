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
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Guardian ensures that nothing outlives us. It owns a second process that
// reads the numbers of our process groups from a pipe and, at the pipe's end,
// kills those that are left and removes our directories; the kernel closes the
// pipe however we die.
type Guardian struct {
	self     string      // our executable
	lost     func(error) // see StartGuardian
	children sync.WaitGroup
	keeper   sync.WaitGroup
	closing  chan struct{} // closed by Close

	mu       sync.Mutex
	closed   bool
	groups   map[int]bool
	dirs     map[string]bool // absolute paths
	lifeline *os.File
	pid      int            // of the guardian process
	missing  *GuardianError // why there is no guardian process
}

// A guardian process that is killed is replaced at once, five times a minute: more
// often somebody means it, or it cannot live here.
const (
	maxLaunches  = 5
	launchWindow = time.Minute
)

// guardianMark is set in the guardian's environment, so that an executable whose
// main does not call Main fails at once instead of starting itself for ever.
const guardianMark = "DEVTOOL_GUARDIAN"

// StartGuardian starts the guardian process. self is the path of our own
// executable, whose main calls Main. The caller closes the Guardian.
//
// lost is called with a [*GuardianError] when there is no guardian process any
// more, and with nil when there is one again. The calls come from one goroutine,
// which [Guardian.Close] waits for.
func StartGuardian(self string, lost func(error)) (*Guardian, error) {
	return startGuardian(self, lost, budget{limit: maxLaunches, per: launchWindow})
}

func startGuardian(self string, lost func(error), launches budget) (*Guardian, error) {
	if os.Getenv(guardianMark) != "" {
		return nil, fmt.Errorf("start guardian: main of %s does not call process.Main first", self)
	}
	g := &Guardian{self: self, lost: lost, closing: make(chan struct{}), groups: map[int]bool{}, dirs: map[string]bool{}}
	g.mu.Lock()
	defer g.mu.Unlock()
	cmd, err := g.launch()
	if err != nil {
		return nil, fmt.Errorf("start guardian %s: %w", self, err)
	}
	g.keeper.Go(func() { g.keep(cmd, launches) })
	return g, nil
}

// Register has a process group killed when we die, unless release is called
// before. It is for groups that Start did not start.
func (g *Guardian) Register(pgid int) (release func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed { // Close came while it was starting
		_ = syscall.Kill(-pgid, syscall.SIGKILL)
		return func() {}
	}
	g.groups[pgid] = true
	g.tell("+", strconv.Itoa(pgid))
	return sync.OnceFunc(func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.groups, pgid)
		g.tell("-", strconv.Itoa(pgid))
	})
}

// Remove has a directory removed when we die, unless release is called before. The
// directory must be made for this run: everything in it is lost.
func (g *Guardian) Remove(dir string) (release func(), err error) {
	dir, err = filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.dirs[dir] = true
	g.tell("d", strconv.Quote(dir))
	return sync.OnceFunc(func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		delete(g.dirs, dir)
		g.tell("k", strconv.Quote(dir))
	}), nil
}

// Close kills every group that is left and waits for their commands and for the
// guardian process. It returns a [*GuardianError] if there was none at the end.
func (g *Guardian) Close() error {
	g.mu.Lock()
	if !g.closed {
		g.closed = true
		close(g.closing)
		for pgid := range g.groups {
			_ = syscall.Kill(-pgid, syscall.SIGKILL)
		}
		g.lifeline.Close()
	}
	g.mu.Unlock()
	g.children.Wait()
	g.keeper.Wait()
	if g.missing != nil {
		return g.missing
	}
	return nil
}

// keep waits for the guardian process and replaces it if it was killed.
func (g *Guardian) keep(cmd *exec.Cmd, launches budget) {
	for cmd != nil {
		err := cmd.Wait()
		cmd = g.relaunch(err, launches.take)
	}
}

// relaunch replaces a guardian process that ended with err. It returns nil once
// g is closed.
func (g *Guardian) relaunch(err error, take func(time.Time) time.Duration) *exec.Cmd {
	for {
		if wait := take(time.Now()); wait > 0 && !g.manageWithout(err, wait) {
			return nil
		}
		g.mu.Lock()
		if g.closed {
			g.mu.Unlock()
			return nil
		}
		g.lifeline.Close()
		var cmd *exec.Cmd
		cmd, err = g.launch()
		regained := err == nil && g.missing != nil
		if regained {
			g.missing = nil
		}
		g.mu.Unlock()
		if regained {
			g.lost(nil)
		}
		if err == nil {
			return cmd
		}
	}
}

// manageWithout reports that there is no guardian process, and why, and waits
// until one may be started again. It returns false once g is closed.
func (g *Guardian) manageWithout(reason error, wait time.Duration) bool {
	g.mu.Lock()
	told := g.missing != nil || g.closed
	if !told {
		g.missing = &GuardianError{Err: reason}
	}
	g.mu.Unlock()
	if !told {
		g.lost(g.missing)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-g.closing:
		return false
	}
}

// begin counts a command that is about to start. It returns an error once g is
// closed.
func (g *Guardian) begin() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.closed {
		return errors.New("guardian is closed")
	}
	g.children.Add(1)
	return nil
}

// tell sends one line. It may fail or get lost if the guardian process has just
// been killed; the next one is told everything.
func (g *Guardian) tell(op, what string) {
	if !g.closed {
		_, _ = fmt.Fprintf(g.lifeline, "%s%s\n", op, what)
	}
}

// launch starts the guardian process and tells it everything. It has a session of its own, so that no
// terminal can signal it, and holds none of our files open.
func (g *Guardian) launch() (*exec.Cmd, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	cmd := exec.Command(g.self, guardianCommand)
	cmd.Stdin = r
	cmd.Dir = "/"
	cmd.Env = []string{guardianMark + "=1"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		w.Close()
		return nil, err
	}
	g.lifeline, g.pid = w, cmd.Process.Pid
	for pgid := range g.groups {
		g.tell("+", strconv.Itoa(pgid))
	}
	for dir := range g.dirs {
		g.tell("d", strconv.Quote(dir))
	}
	return cmd, nil
}

// guardianMain is the guardian process.
func guardianMain(lifeline io.Reader) {
	signal.Ignore(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	groups, dirs := orphans(lifeline)
	for pgid := range groups {
		_ = syscall.Kill(-pgid, syscall.SIGKILL)
	}
	for dir := range dirs {
		remove(dir)
	}
}

// remove tries again for a second: a process that was just killed may still write
// there.
func remove(dir string) {
	const tries, pause = 50, 20 * time.Millisecond
	for range tries {
		if os.RemoveAll(dir) == nil {
			return
		}
		time.Sleep(pause)
	}
}

// orphans reads the lifeline to its end and returns the groups and directories
// that are left. Numbers below 2 would mean every process there is, or our own
// group. A line that we died within has no end quote.
func orphans(lifeline io.Reader) (groups map[int]bool, dirs map[string]bool) {
	groups, dirs = map[int]bool{}, map[string]bool{}
	for lines := bufio.NewScanner(lifeline); lines.Scan(); {
		op, what := "", ""
		if line := lines.Text(); line != "" {
			op, what = line[:1], line[1:]
		}
		pgid, _ := strconv.Atoi(strings.TrimSpace(what))
		dir, _ := strconv.Unquote(what)
		isDir := filepath.IsAbs(dir) && filepath.Dir(dir) != dir
		switch {
		case op == "+" && pgid >= 2:
			groups[pgid] = true
		case op == "-":
			delete(groups, pgid)
		case op == "d" && isDir:
			dirs[dir] = true
		case op == "k":
			delete(dirs, dir)
		}
	}
	return groups, dirs
}
