package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// soak is one run behind one tool.
type soak struct {
	tool, bin    string
	replacements int
	mix          mix
	progress     io.Writer

	dir, ledger, log string
	port             int
	cmd              *exec.Cmd
	ended            chan struct{}
	version          int
	resaved          int
}

func (s *soak) url() string { return fmt.Sprintf("http://127.0.0.1:%d", s.port) }

// run replaces the app under load and counts.
func (s *soak) run(ctx context.Context) (*report, error) {
	temp, err := os.MkdirTemp("", "soak-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(temp)
	fresh := 0
	if s.tool == "devtool" {
		if fresh, err = s.freshGoroutines(ctx, temp); err != nil {
			return nil, err
		}
	}
	if err := s.start(ctx, filepath.Join(temp, "soaked")); err != nil {
		return nil, err
	}
	defer s.stop()
	r := &report{tool: s.tool, replacements: s.replacements, fresh: fresh, before: usageOf(s.cmd.Process.Pid)}
	begun := time.Now()
	t := newTally()
	l := startLoad(s.url(), s.mix, t)
	err = s.replaceAll(ctx, t, r)
	r.loaded = usageOf(s.cmd.Process.Pid)
	l.stop()
	if err != nil {
		return nil, err
	}
	pause(ctx, s.mix.settled) // idle connections of both sides go
	r.took, r.rows, r.stale, r.holds = time.Since(begun), t.rows(), t.stale, t.holds()
	r.resaved = s.resaved
	if s.tool == "devtool" {
		said, err := os.ReadFile(s.log)
		if err != nil {
			return nil, err
		}
		r.excesses = excesses(replacements(string(said), "stop"), t.gets)
	}
	r.after = usageOf(s.cmd.Process.Pid)
	r.goroutines = s.stop()
	r.left = processesIn(s.dir)
	ids, err := os.ReadFile(s.ledger)
	if err != nil {
		return nil, err
	}
	ledger := strings.Fields(string(ids))
	r.noted = len(ledger)
	r.unnoted, r.duplicated = l.unnoted(ledger)
	return r, nil
}

// freshGoroutines counts those of a devtool that has replaced the app once.
func (s *soak) freshGoroutines(ctx context.Context, temp string) (int, error) {
	if err := s.start(ctx, filepath.Join(temp, "fresh")); err != nil {
		return 0, err
	}
	defer s.stop()
	if err := s.good(ctx); err != nil {
		return 0, err
	}
	return s.stop(), nil
}

// start copies the app and serves the copy.
func (s *soak) start(ctx context.Context, dir string) error {
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		return fmt.Errorf("find the sources of devtool: %w", err)
	}
	source := filepath.Join(strings.TrimSpace(string(out)), "bench", "soak", "app")
	if err := os.CopyFS(dir, os.DirFS(source)); err != nil {
		return err
	}
	s.dir, s.ledger, s.log, s.version = dir, dir+".ledger", dir+".log", 0
	if s.port, err = freePort(); err != nil {
		return err
	}
	log, err := os.Create(s.log)
	if err != nil {
		return err
	}
	defer log.Close()
	argv := command(s.bin, s.tool, s.port)
	s.cmd = exec.Command(argv[0], argv[1:]...)
	s.cmd.Dir, s.cmd.Stdout, s.cmd.Stderr = dir, log, log
	s.cmd.Env = append(os.Environ(), "LEDGER="+s.ledger, "PUBLIC_URL="+s.url(), "GOTRACEBACK=all", "GOWORK=off", fmt.Sprintf("PORT=%d", s.port))
	s.cmd.Env = append(s.cmd.Env, s.mix.settings...)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	s.ended = make(chan struct{})
	go func() { // ends with the process, for which stop waits
		defer close(s.ended)
		_ = s.cmd.Wait()
	}()
	return s.good(ctx)
}

// stop ends the tool with a dump of its goroutines and returns their number. It
// may be called again.
func (s *soak) stop() (goroutines int) {
	before, _ := os.ReadFile(s.log) // versions that crashed have dumped theirs
	_ = s.cmd.Process.Signal(syscall.SIGQUIT)
	<-s.ended
	pause(context.Background(), time.Second)              // what it left has had its time to go
	_ = syscall.Kill(-s.cmd.Process.Pid, syscall.SIGKILL) // air and wgo have no guardian
	data, _ := os.ReadFile(s.log)
	return strings.Count(string(data[len(before):]), "\ngoroutine ")
}

// freePort returns a port below those that systems give to outgoing connections:
// one of a client's own could otherwise take it while the app is replaced.
func freePort() (int, error) {
	for range 100 {
		port := 20000 + rand.IntN(10000)
		if ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return port, ln.Close()
		}
	}
	return 0, fmt.Errorf("no free port")
}

func (s *soak) replaceAll(ctx context.Context, t *tally, r *report) error {
	for n := range s.replacements {
		if err := s.fault(ctx, n, t); err != nil {
			return err
		}
		if err := s.good(ctx); err != nil {
			return err
		}
		t.replaced()
		if n == s.replacements/10 {
			r.early = usageOf(s.cmd.Process.Pid)
		}
		fmt.Fprintf(s.progress, "\r%s: %d of %d ", s.tool, n+1, s.replacements)
	}
	fmt.Fprintln(s.progress)
	return nil
}

// deathThroes is how long a process that has crashed may still accept: its
// sockets are closed one after the other.
const deathThroes = 20 * time.Millisecond

// fault lets something go wrong before some of the replacements.
func (s *soak) fault(ctx context.Context, n int, t *tally) error {
	switch n % 10 {
	case 1:
		if err := s.edit("broken ="); err != nil {
			return err
		}
		pause(ctx, s.mix.afterCompileError)
	case 3:
		if err := s.edit(`habit = "exit"`); err != nil {
			return err
		}
		pause(ctx, 2*s.mix.afterCompileError)
	case 5:
		return s.next(ctx, `habit = "deaf"`)
	case 7:
		from := time.Now()
		if res, err := http.Get(s.url() + "/panic"); err == nil {
			res.Body.Close()
		}
		t.died(from, time.Now().Add(deathThroes))
		if s.tool == "devtool" { // the others wait for an edit
			return s.serves(ctx)
		}
	}
	return nil
}

// good writes the next version and waits until it answers.
func (s *soak) good(ctx context.Context) error { return s.next(ctx, `habit = ""`) }

// next writes the next version and waits until it answers. A person whose save
// is not served saves again, and so does this.
func (s *soak) next(ctx context.Context, line string) error {
	s.version++
	var err error
	for again := range 4 {
		if err = s.edit(fmt.Sprintf("%s // save %d", line, again)); err != nil {
			return err
		}
		if err = s.serves(ctx); err == nil || ctx.Err() != nil {
			return err
		}
		s.resaved++
	}
	return err
}

func (s *soak) edit(line string) error {
	text := fmt.Sprintf("package main\n\nconst (\n\tversion = %d\n\t%s\n)\n", s.version, line)
	return os.WriteFile(filepath.Join(s.dir, "version.go"), []byte(text), 0o644)
}

// patience is how long a version may take to answer.
const patience = 15 * time.Second

// serves waits until the newest version answers.
func (s *soak) serves(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	c := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		if version, f, _ := number(whole(c.Get(s.url() + "/version"))); f == answered && version == s.version {
			return nil
		}
		pause(ctx, 10*time.Millisecond)
		if ctx.Err() != nil {
			said, _ := os.ReadFile(s.log)
			return fmt.Errorf("version %d does not come: %w\n%s", s.version, ctx.Err(), said[max(0, len(said)-4000):])
		}
	}
}
