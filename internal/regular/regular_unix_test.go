//go:build unix

package regular

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestReadFile must not wait: nobody writes to the pipe.
func TestReadFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	socket, err := net.Listen("unix", at("socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	for _, err := range []error{
		os.WriteFile(at("file"), []byte("text"), 0o600),
		os.Symlink("file", at("link")),
		os.Symlink(os.DevNull, at("null")),
		syscall.Mkfifo(at("pipe"), 0o600),
		os.Symlink("pipe", at("link to pipe")),
		os.Symlink("/dev/zero", at("device")),
		os.Mkdir(at("dir"), 0o700),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]string{"file": "text", "link": "text", "null": ""} {
		if text, err := ReadFile(at(name)); err != nil || string(text) != want {
			t.Errorf("%s: %q, %v; want %q", name, text, err, want)
		}
	}
	for name, want := range map[string]string{
		"pipe": "is a named pipe", "link to pipe": "is a named pipe", "socket": "is a socket", "device": "is a device", "dir": "is a directory",
	} {
		if _, err := ReadFile(at(name)); !errors.Is(err, ErrKind) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), at(name)) {
			t.Errorf("%s: %v, want that it %s", name, err, want)
		}
	}
	if _, err := ReadFile(at("missing")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing: %v", err)
	}
}
