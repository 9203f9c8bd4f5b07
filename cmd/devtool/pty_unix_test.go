//go:build unix

package main

import (
	_ "embed"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

//go:embed testdata/terminal.go.txt
var terminalApp string

// TestAppTerminal gives the app a terminal: it has the size of ours, also when
// that changes, takes what is typed, line by line with an echo, and its own
// Ctrl-D. Ours has its modes back in the end.
func TestAppTerminal(t *testing.T) {
	t.Parallel()
	cmd, keys, tty, screen := runOnTerminal(t, terminalApp, "DEVTOOL_APP_PTY=true", "NO_COLOR=1")
	press := func(key string) {
		if _, err := keys.WriteString(key); err != nil {
			t.Fatal(err)
		}
	}
	screen.until("a terminal of 41 by 101 to all three")
	screen.until("ready in")
	if err := pty.Setsize(keys, &pty.Winsize{Rows: 51, Cols: 121}); err != nil {
		t.Fatal(err)
	}
	screen.until("now 51 by 121")
	press("h")
	press("ellp\x7fo\r") // with a mistake that the app's terminal takes back
	screen.until("hell")
	screen.until(`heard "hello"`)
	press("\x04")
	screen.until("heard the end")
	press("\x03")
	if err := cmd.Wait(); err != nil {
		t.Errorf("after Ctrl-C: %v, want a clean stop", err)
	}
	if now := modes(t, tty); now.Lflag&unix.ICANON == 0 || now.Lflag&unix.ECHO == 0 {
		t.Errorf("local modes %#x after the end; want lines and echo again", now.Lflag)
	}
}
