package runner

import (
	"bufio"
	"io"
	"os"
	"testing"
)

// TestStandardInput has three generations read one after another.
func TestStandardInput(t *testing.T) {
	t.Parallel()
	in := newStandardInput()
	src, keyboard := io.Pipe()
	followed := make(chan struct{})
	go func() {
		defer close(followed)
		in.follow(src)
	}()
	connect := func() (*os.File, *bufio.Reader) {
		t.Helper()
		f, err := in.connect()
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		return f, bufio.NewReader(f)
	}
	read := func(r *bufio.Reader, want string, wantErr error) {
		t.Helper()
		if got, err := r.ReadString('\n'); got != want || err != wantErr {
			t.Errorf("read %q, %v, want %q, %v", got, err, want, wantErr)
		}
	}

	io.WriteString(keyboard, "before there is an app\n")
	_, first := connect()
	read(first, "before there is an app\n", nil)

	file, second := connect()
	read(first, "", io.EOF)
	io.WriteString(keyboard, "two\n")
	read(second, "two\n", nil)

	file.Close() // it crashes, and nobody knows yet
	io.WriteString(keyboard, "three\n")
	_, third := connect()
	read(third, "three\n", nil)

	keyboard.Close()
	<-followed
	read(third, "", io.EOF)
	_, fourth := connect()
	read(fourth, "", io.EOF)
}
