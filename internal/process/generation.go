package process

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"sync/atomic"
	"time"
)

// Target is where and how an app is reached.
type Target struct {
	Addr     string // host:port
	Protocol string // "http/1.1", "h2c" or "https"
	Via      Via

	// Others are further addresses of the app's own choice, sorted. Addr was
	// chosen among them; Guess reports that one of them answered just as well.
	Others []string
	Guess  bool
}

// Via is how the address of an app was found.
type Via string

// The ways to find an app.
const (
	ViaSocket Via = "socket"   // it took the socket it was passed
	ViaPort   Via = "PORT"     // it listens on PORT
	ViaOwn    Via = "own port" // it listens somewhere else
)

// Generation is one process of the app. Its methods may be called from any
// goroutine.
type Generation struct {
	spec     Spec
	cmd      *exec.Cmd
	child    *child
	since    time.Time
	tail     *tail
	outputs  []*lineWriter
	terminal *terminal        // nil unless Spec.Terminal
	notify   *notifySocket    // nil unless readiness is Auto
	degraded *NotifyError     // why it is nil all the same
	sockets  []netip.AddrPort // TCP addresses of the passed sockets
	baseline map[uint64]bool  // sockets that listened before the start
	stopped  atomic.Bool      // Stop was called
	exit     *ExitError       // read after Done
}

// Start starts the app. It runs until it exits, Stop is called, ctx ends (then it
// is killed at once) or we die. Start returns an error if it cannot be started;
// Ready, Done and Exit report what happens later.
func Start(ctx context.Context, spec Spec) (*Generation, error) {
	spec, err := spec.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.Path, err)
	}
	g := &Generation{spec: spec, tail: &tail{limit: spec.Tail}}
	files, names, err := g.passedSockets()
	// Once the app has its copy ours must go: a connection to an app that crashed
	// is then refused instead of waiting for nobody.
	defer closeAll(files)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", spec.Path, err)
	}
	vars := Vars{URL: spec.URL, Manifest: spec.Manifest, Build: spec.Build, Color: spec.Color, Sockets: names}
	if spec.Port != nil {
		vars.Port = spec.Port.Port()
	}
	if spec.Ready == Auto {
		if g.notify, err = newNotifySocket(spec.Guardian, spec.notifyDirs); err != nil {
			g.degraded = &NotifyError{Err: err}
		} else {
			vars.Notify = g.notify.path
		}
	}
	g.cmd = g.command(ctx, vars, files)
	if spec.Terminal {
		if g.terminal, err = openTerminal(g.cmd, spec, g.outputs[0]); err != nil {
			g.release()
			return nil, fmt.Errorf("start %s: %w", spec.Path, err)
		}
		defer g.terminal.started()
	}
	g.baseline = inodes(listening())
	g.since = time.Now()
	g.child, err = spec.Guardian.start(g.cmd, g.exited)
	if err != nil {
		g.release()
		return nil, err
	}
	return g, nil
}

// passedSockets returns the descriptors to pass, also with an error.
func (g *Generation) passedSockets() (files []*os.File, names []string, err error) {
	inherit := g.spec.Inherit
	if g.spec.Socket {
		ln, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			return nil, nil, fmt.Errorf("open a socket for the app: %w", err)
		}
		defer ln.Close()
		inherit = []Inherited{{Name: "http", Conn: ln}}
	}
	for _, in := range inherit {
		file, err := duplicate(in.Conn, in.Name)
		if err != nil {
			return files, nil, err
		}
		files = append(files, file)
		names = append(names, in.Name)
		if ln, ok := in.Conn.(net.Listener); ok {
			if addr, ok := ln.Addr().(*net.TCPAddr); ok {
				g.sockets = append(g.sockets, dialable(addr.AddrPort()))
			}
		}
	}
	return files, names, nil
}

// command builds the command. It goes through the shim only if LISTEN_PID has to
// be set.
func (g *Generation) command(ctx context.Context, vars Vars, files []*os.File) *exec.Cmd {
	spec := g.spec
	path, args := spec.Path, []string(nil)
	if len(files) > 0 && !spec.OmitPID {
		path, args = spec.Guardian.self, []string{execCommand, spec.Path, spec.Path}
	}
	for _, arg := range spec.Args {
		args = append(args, vars.Expand(arg))
	}
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = spec.Dir
	cmd.Env = Environ(spec.Base, vars, spec.Env)
	cmd.ExtraFiles = files
	if spec.Stdin != nil {
		cmd.Stdin = spec.Stdin
	}
	stdout := newLineWriter(spec.Stdout, g.tail)
	g.outputs = append(g.outputs, stdout)
	cmd.Stdout, cmd.Stderr = stdout, stdout
	if !spec.Terminal && !sameWriter(spec.Stdout, spec.Stderr) {
		stderr := newLineWriter(spec.Stderr, g.tail)
		g.outputs = append(g.outputs, stderr)
		cmd.Stderr = stderr
	}
	return cmd
}

// exited is called once, when the process is reaped.
func (g *Generation) exited(error) {
	g.release()
	g.exit = newExitError(g.cmd.ProcessState)
	g.exit.Stopped = g.stopped.Load()
	g.exit.Ran = time.Since(g.since)
	g.exit.Tail = g.tail.String()
}

func (g *Generation) release() {
	if g.terminal != nil {
		g.terminal.close()
	}
	for _, w := range g.outputs {
		w.close()
	}
	if g.notify != nil {
		g.notify.close()
	}
}

// PID returns the process id of the app, which is also its process group.
func (g *Generation) PID() int { return g.cmd.Process.Pid }

// Degraded returns what the app has to do without, as an error with a hint; nil if
// nothing.
func (g *Generation) Degraded() error {
	if g.degraded == nil {
		return nil
	}
	return g.degraded
}

// Since returns when the app was started.
func (g *Generation) Since() time.Time { return g.since }

// Tail returns the end of the app's output so far, and the beginning of its
// newest panic.
func (g *Generation) Tail() string { return g.tail.String() }

// Done is closed when the app has ended, its output is passed on and its process
// group is dead.
func (g *Generation) Done() <-chan struct{} { return g.child.done }

// Exit returns how the app ended, or nil while it runs. A clean end has Code 0.
func (g *Generation) Exit() *ExitError {
	select {
	case <-g.Done():
		return g.exit
	default:
		return nil
	}
}

// Signal sends sig to the process group, for instance to suspend it with us.
func (g *Generation) Signal(sig os.Signal) error { return g.child.group.signal(sig) }

// Stop asks the process group to end and waits until it is dead. After
// StopTimeout, or at once when ctx ends, it is killed: forced is then true.
// Stopping an app that has ended does nothing.
func (g *Generation) Stop(ctx context.Context) (forced bool) {
	g.stopped.Store(true)
	if g.child.group.terminate() == nil {
		timeout := time.NewTimer(g.spec.StopTimeout)
		defer timeout.Stop()
		select {
		case <-g.Done():
			return false
		case <-timeout.C:
		case <-ctx.Done():
		}
		// Also false if it ended in this very moment.
		forced = g.child.group.kill() == nil
	}
	<-g.Done()
	return forced
}

// Owns reports whether the client end of a TCP connection belongs to the app's
// process group, so that the app is talking to itself through server. On systems
// other than Linux it returns false.
func (g *Generation) Owns(client, server netip.AddrPort) bool {
	if g.Exit() != nil {
		return false
	}
	inode, ok := connected(unmap(client), unmap(server))
	return ok && groupSockets(g.PID())[inode]
}

func unmap(addr netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())
}

func closeAll(files []*os.File) {
	for _, f := range files {
		f.Close()
	}
}

// dialable returns where to connect to reach a listener at addr.
func dialable(addr netip.AddrPort) netip.AddrPort {
	ip := addr.Addr().Unmap()
	switch {
	case ip == netip.IPv4Unspecified():
		ip = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	case ip == netip.IPv6Unspecified():
		ip = netip.IPv6Loopback()
	}
	return netip.AddrPortFrom(ip, addr.Port())
}
