package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"

	"github.com/urfave/cli/v2"

	"github.com/calendsync/devtool/internal/socket"
)

func socketCommand(e environment, command []string) *cli.Command {
	return &cli.Command{
		Name:      "socket",
		Usage:     "open sockets and start any command with them",
		UsageText: "devtool socket -s SPEC [-s SPEC]... [flags] -- COMMAND [arguments]",
		Description: `Opens the sockets and passes them to the command by systemd's protocol
(LISTEN_FDS, LISTEN_FDNAMES, LISTEN_PID): the first is descriptor 3. Go programs
take them with the package listenfd, Rust's with the crate of that name, others
as they take sockets from systemd.

A SPEC is [NAME=][TYPE::]VALUE:

    http::3000  https::8443     HTTP; the type is for people, and the name
    tcp::HOST:PORT  udp::PORT   on 127.0.0.1 unless HOST says otherwise
    unix::PATH                  a unix socket; a dead one's file is replaced
    api=http::0                 named api, at a free port, which is printed

Without --watch devtool becomes the command: same process, same signals, the
command's own exit code. With --watch it stays, and restarts the command when a
file changes that one of the patterns matches: "*.py" in any directory,
"templates" with all below it, "." for everything git does not ignore; "!*.log"
leaves files out. The sockets stay open meanwhile, so clients wait instead of being
refused. A file that the command writes at each start soon restarts it no longer.

    systemfd -s http::3000 -- python3 app.py
    devtool socket -s http::3000 -- python3 app.py

    systemfd --no-pid -s http::3000 -- cargo watch -x run
    devtool socket --no-pid -s http::3000 --watch src --watch Cargo.toml -- cargo run

For a Go program with a browser "devtool dev server" does more: it builds while
the old program still serves, and holds requests instead of connections.

Exit codes: the command's own, or 0 for a clean stop under --watch, 1 if
something unforeseen failed, 2 usage, 3 address taken.`,
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "socket", Aliases: []string{"s"}, Usage: "open the socket `SPEC`; may be repeated"},
			&cli.StringSliceFlag{Name: "watch", Aliases: []string{"w"}, Usage: "restart the command when a file that matches `GLOB` changes; may be repeated"},
			&cli.BoolFlag{Name: "no-pid", Usage: "leave out LISTEN_PID, for commands that start the server as a child"},
			&cli.IntFlag{Name: "backlog", Usage: "let `N` connections wait (default: as many as the system allows)"},
			&cli.BoolFlag{Name: "quiet", Aliases: []string{"q"}, Usage: "print errors only"},
		},
		OnUsageError: onUsageError,
		Action:       func(c *cli.Context) error { return runSocket(c, e, command) },
	}
}

func runSocket(c *cli.Context, e environment, command []string) error {
	if err := noArguments(c); err != nil {
		return err
	}
	specs, err := parseSpecs(c.StringSlice("socket"))
	if err != nil {
		return err
	}
	globs, err := socket.ParseGlobs(c.StringSlice("watch"))
	if err != nil {
		return &usageError{text: err.Error(), hint: `quote patterns, so that the shell leaves them alone: --watch "*.py"`}
	}
	if len(command) == 0 {
		return &usageError{text: "no command", hint: "it goes behind --, as in devtool socket -s http::3000 -- python3 app.py"}
	}
	if n := c.Int("backlog"); n < 0 || c.IsSet("backlog") && n == 0 {
		return &usageError{text: fmt.Sprintf("--backlog %d: want 1 or more", n)}
	}
	if _, err := exec.LookPath(command[0]); err != nil {
		return &usageError{text: fmt.Sprintf("start %s: %v", command[0], errors.Unwrap(err)), hint: "is it installed, and spelled like that?"}
	}
	set, err := socket.Open(c.Context, specs, c.Int("backlog"))
	if err != nil {
		return addressError(err)
	}
	defer set.Close()
	out := e.stderr
	if c.Bool("quiet") {
		out = io.Discard
	}
	for i, s := range set.Sockets {
		fmt.Fprintf(out, "devtool: %v is descriptor %d, named %s\n", s, 3+i, s.Spec.Name)
	}
	if !c.IsSet("watch") {
		return set.Exec(command, e.env, !c.Bool("no-pid")) // returns only if it failed
	}
	k := &keeper{set: set, globs: globs, command: command, pid: !c.Bool("no-pid"), env: e, out: out}
	return k.run(c.Context)
}

func parseSpecs(texts []string) ([]socket.Spec, error) {
	if len(texts) == 0 {
		return nil, &usageError{text: "no socket", hint: "name at least one, such as -s http::3000"}
	}
	var specs []socket.Spec
	for _, text := range texts {
		spec, err := socket.ParseSpec(text)
		if err != nil {
			return nil, err
		}
		specs = append(specs, spec)
	}
	return specs, nil
}

// addressError tells an address that is taken from one that cannot be had at
// all: the first is the port's fault, the second that of the command line.
func addressError(err error) error {
	var path *socket.PathError
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, syscall.EADDRINUSE), errors.Is(err, os.ErrPermission):
		return err
	case errors.As(err, &path):
		return &usageError{text: err.Error(), hint: path.Hint()}
	default:
		return &usageError{text: err.Error(), hint: "choose an address of this machine, or a path in a directory that exists"}
	}
}
