package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// direct is devtool in direct mode on the app.
type direct struct {
	cmd      *exec.Cmd
	addr     string // the public one
	messages chan message
}

type message struct {
	Type       string
	URLs       []string
	Result     string
	Generation int
}

// startDirect starts devtool and waits until it listens.
func (b *bench) startDirect(ctx context.Context) (*direct, error) {
	cmd := exec.Command(b.devtool, "dev", "server", "--direct", "--json", "--port", "0", "--dir", b.app)
	cmd.Env = b.env
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	d := &direct{cmd: cmd, messages: make(chan message, 100)}
	go func() { // ends with the process, for which stop waits
		defer close(d.messages)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			var m message
			if json.Unmarshal(lines.Bytes(), &m) == nil {
				d.messages <- m
			}
		}
	}()
	m, err := d.await(ctx, "listening")
	if err != nil {
		return nil, errors.Join(err, d.stop(), errors.New(said.String()))
	}
	d.addr = strings.Replace(strings.TrimPrefix(m.URLs[0], "http://"), "localhost", "127.0.0.1", 1)
	return d, nil
}

func (d *direct) await(ctx context.Context, kind string) (message, error) {
	deadline := time.NewTimer(2 * time.Minute)
	defer deadline.Stop()
	for {
		select {
		case m, ok := <-d.messages:
			switch {
			case !ok:
				return m, fmt.Errorf("devtool ended before it said %q", kind)
			case m.Type == kind:
				return m, nil
			}
		case <-deadline.C:
			return message{}, fmt.Errorf("waited in vain for devtool to say %q", kind)
		case <-ctx.Done():
			return message{}, ctx.Err()
		}
	}
}

func (d *direct) stop() error {
	err := d.cmd.Process.Signal(os.Interrupt)
	for range d.messages { // else it could not write, and not end
	}
	return errors.Join(err, d.cmd.Wait())
}

// edit replaces the app without a build, and returns how long that took.
func (b *bench) edit(ctx context.Context, d *direct, n int) (time.Duration, error) {
	begun := time.Now()
	if err := os.WriteFile(filepath.Join(b.app, "page.tmpl"), fmt.Appendf(nil, "page %d", n), 0o600); err != nil {
		return 0, err
	}
	_, err := d.await(ctx, "build-finished")
	return time.Since(begun), err
}
