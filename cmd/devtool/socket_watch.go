package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/calendsync/devtool/internal/devserver"
	"github.com/calendsync/devtool/internal/process"
	"github.com/calendsync/devtool/internal/socket"
	"github.com/calendsync/devtool/internal/watch"
)

// keeper keeps the sockets of a command that is restarted when files change.
type keeper struct {
	set     *socket.Set
	globs   socket.Globs
	command []string
	pid     bool // announce LISTEN_PID
	env     environment
	out     io.Writer // what happens, for people
}

// run supervises until ctx ends. The goroutines it starts end before it.
func (k *keeper) run(ctx context.Context) error {
	dir, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("find the working directory: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find devtool's own executable: %w", err)
	}
	watcher, err := watch.New(watch.Options{Roots: []string{dir}, Notice: func(n watch.Notice) { k.say("%s; %s", n.Text, n.Hint) }})
	if err != nil {
		return err
	}
	guardian, err := process.StartGuardian(self, k.sayGuardian)
	if err != nil {
		return err
	}
	defer guardian.Close()

	ctx, cancel := context.WithCancel(ctx)
	var work sync.WaitGroup
	defer work.Wait()
	defer cancel()
	changes := make(chan []string)
	work.Go(func() { _ = watcher.Run(ctx) }) // ends with ctx's error
	work.Go(func() { k.choose(ctx, watcher.Batches(), dir, changes) })

	spec := k.spec(guardian, dir)
	supervisor := &socket.Supervisor{
		Start: func(ctx context.Context) (socket.Process, error) {
			p, err := process.Start(ctx, spec)
			if err != nil {
				return nil, err
			}
			return p, nil
		},
		Changes: changes,
		Report:  k.report,
	}
	return supervisor.Run(ctx)
}

func (k *keeper) spec(guardian *process.Guardian, dir string) process.Spec {
	spec := process.Spec{
		Guardian: guardian,
		Path:     k.command[0],
		Args:     k.command[1:],
		Base:     k.env.env,
		Dir:      dir,
		Color:    colored("auto", isTerminal(k.env.stdout), func(name string) string { return lookup(k.env.env, name) }),
		OmitPID:  !k.pid,
		Ready:    process.Started, // nobody asks: the sockets are the command's own
		Stdout:   k.env.stdout,
		Stderr:   k.env.stderr,
	}
	for _, s := range k.set.Sockets {
		spec.Inherit = append(spec.Inherit, process.Inherited{Name: s.Spec.Name, Conn: s.File})
	}
	return spec
}

// choose passes on which of the changed files the patterns match. While nobody
// receives, the watcher gathers.
func (k *keeper) choose(ctx context.Context, batches <-chan watch.Batch, dir string, chosen chan<- []string) {
	for {
		var paths []string
		select {
		case batch := <-batches:
			for _, c := range batch.Changes {
				name, err := filepath.Rel(dir, c.Path)
				if name = filepath.ToSlash(name); err == nil && k.globs.Match(name) {
					paths = append(paths, name)
				}
			}
		case <-ctx.Done():
			return
		}
		if len(paths) == 0 {
			continue
		}
		select {
		case chosen <- paths:
		case <-ctx.Done():
			return
		}
	}
}

func (k *keeper) report(e socket.Event) {
	name := filepath.Base(k.command[0])
	p, _ := e.Process.(*process.Generation)
	switch e.Kind {
	case socket.Started:
		k.say("%s started (pid %d)", name, p.PID())
	case socket.Exited:
		k.say("%s %s; waiting for a change", name, strings.TrimPrefix(p.Exit().Error(), "app "))
	case socket.Restarting:
		k.say("%s; restarting %s", changedText(e.Paths), name)
	case socket.Killed:
		k.say("%s did not obey SIGTERM and was killed", name)
	case socket.Feedback:
		for _, path := range e.Paths {
			k.say("%s writes %s each time it is started, which restarted it again and again; that restarts it no longer", name, path)
			k.say("leave the file out: --watch '!%s'", path)
		}
	case socket.Failed:
		k.say("%s was not started: %v; waiting for a change", name, e.Err)
	}
}

func changedText(paths []string) string {
	if len(paths) == 1 {
		return paths[0] + " changed"
	}
	return fmt.Sprintf("%s and %d more changed", paths[0], len(paths)-1)
}

// sayGuardian says that no guardian process guards us, or that one does again.
func (k *keeper) sayGuardian(err error) {
	if err == nil {
		k.say("the guardian process is back")
		return
	}
	k.say("%v; %s", err, devserver.Hint(err))
}

func (k *keeper) say(format string, args ...any) {
	fmt.Fprintf(k.out, "devtool: %s\n", printableLines(fmt.Sprintf(format, args...), gutter))
}
