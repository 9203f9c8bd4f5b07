// Command devtool is the development server for full-stack Go and TypeScript
// projects. This package holds what a person meets: commands and flags,
// signals, printing, exit codes. Everything else is below internal/.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/calendsync/devtool/internal/process"
	"github.com/calendsync/devtool/internal/socket"
)

func main() {
	// The app is started through this binary; that must cost next to nothing.
	if code, handled := process.Main(os.Args[1:]); handled {
		os.Exit(code)
	}
	// Before the environment is read for others: this takes LISTEN_* out of it.
	listeners, skipped := socket.Adopt()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	mode := new(terminalMode)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	// A reader of our output that went first, as a pager or tee does at Ctrl-C,
	// must not keep us from stopping the app in good order.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	go func() {
		<-signals
		cancel()
		<-signals
		mode.restore()
		os.Exit(exitForced) // the guardian ends what still runs
	}()
	os.Exit(run(ctx, os.Args[1:], environment{
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, env: os.Environ(),
		passed: passed{listeners, skipped}, mode: mode,
	}))
}

// environment is what a command sees of the world besides its arguments.
type environment struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	env            []string
	passed         passed
	mode           *terminalMode // of the terminal on stdin; nil: it is not to be changed
}

// getenv finds a variable; the last one of a name wins.
func (e environment) getenv(name string) string { return lookup(e.env, name) }

// run executes one command line and returns the exit code.
func run(ctx context.Context, args []string, e environment) int {
	if len(args) > 0 && args[0] == completeWord {
		for _, word := range completions(newApp(e, nil), args[1:]) {
			fmt.Fprintln(e.stdout, word)
		}
		return exitOK
	}
	args, rest := splitArgs(args)
	err := newApp(e, rest).RunContext(ctx, append([]string{"devtool"}, args...))
	return report(e, err)
}

// splitArgs cuts the command line at "--": what follows belongs to the app.
func splitArgs(args []string) (own, rest []string) {
	if i := slices.Index(args, "--"); i >= 0 {
		return args[:i], args[i+1:]
	}
	return args, nil
}
