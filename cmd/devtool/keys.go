package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/policy"
)

const keysHelp = `  r restart the app    R rebuild everything      p pause, resume
  o open the browser   e what is wrong, again    c clear    q quit`

// keyboard turns single keys into requests, while devtool runs on the terminal of
// a person.
type keyboard struct {
	tty  *os.File
	mode *terminalMode
	asks chan policy.Ask
	out  *output
	open func() // the browser
	quit func()

	typed *io.PipeReader // with app.pty: what goes to the app
	app   *io.PipeWriter // its other end
}

// newKeyboard returns nil where nobody presses keys: off a terminal, in CI, and
// where the app gets lines of the terminal. With app.pty all that is typed is
// for the app, whose own terminal echoes it.
func newKeyboard(e environment, cfg *config.Config, out *output) *keyboard {
	tty, ok := e.stdin.(*os.File)
	if !ok || e.mode == nil || cfg.App.Stdin || e.getenv("CI") != "" || !isTerminal(tty) || !out.tty {
		return nil
	}
	k := &keyboard{tty: tty, mode: e.mode, asks: make(chan policy.Ask), out: out}
	if cfg.App.Pty {
		k.typed, k.app = io.Pipe()
		return k
	}
	out.keys = true
	return k
}

// channel is where requests arrive; nil from nobody.
func (k *keyboard) channel() <-chan policy.Ask {
	if k == nil {
		return nil
	}
	return k.asks
}

// input is what the app reads, if it reads anything.
func (k *keyboard) input(stdin io.Reader) io.Reader {
	if k == nil || k.typed == nil {
		return stdin
	}
	return k.typed
}

// start reads keys until the returned function is called, which also gives the
// terminal back as it was.
func (k *keyboard) start(ctx context.Context) (end func()) {
	if k == nil {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	press := func(key byte) { k.press(ctx, key) }
	if k.app != nil {
		press = func(key byte) { _, _ = k.app.Write([]byte{key}) } // fails at the end
	}
	var work sync.WaitGroup
	work.Go(func() { readKeys(ctx, k.tty, k.mode, press) })
	return func() {
		cancel()
		if k.app != nil {
			k.typed.Close()
		}
		work.Wait()
		k.mode.restore()
	}
}

// press does what a key stands for. What concerns the server is a request, which
// the server decides about; the rest is the terminal's own.
func (k *keyboard) press(ctx context.Context, key byte) {
	requests := map[byte]policy.Ask{
		'r': policy.Restart, 'R': policy.Rebuild, 'p': policy.Pause, 'e': policy.Recall,
	}
	if request, ok := requests[key]; ok {
		select {
		case k.asks <- request:
		case <-ctx.Done():
		}
		return
	}
	switch key {
	case 'o':
		k.open()
	case 'c':
		fmt.Fprint(k.out.stderr, "\x1b[2J\x1b[3J\x1b[H")
	case 'h', '?':
		fmt.Fprintln(k.out.stderr, keysHelp)
	case 'q':
		k.quit()
	}
}

// terminalMode remembers how to give the terminal back. It is shared with the
// forced end of the program.
type terminalMode struct {
	mu   sync.Mutex
	undo func() // nil while the terminal is as it was
}

// set has undo called by the next restore.
func (m *terminalMode) set(undo func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.undo == nil {
		m.undo = undo
	}
}

func (m *terminalMode) restore() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.undo != nil {
		m.undo()
		m.undo = nil
	}
}
