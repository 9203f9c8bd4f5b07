package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
)

// A reader that does not read holds up nobody, and gets all of it later, but
// for output of the app that is too much.
func TestPrinter(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	p := newPrinter(w)
	app := appOutput{p}
	line := []byte(strings.Repeat("x", 1023) + "\n")
	const lines = 2 * appBacklog / 1024 // the first that is too much finds that nobody reads
	for range lines {
		app.Write(line)
	}
	fmt.Fprintln(p, "said")
	var got bytes.Buffer
	var read sync.WaitGroup
	read.Go(func() { io.Copy(&got, r) })
	p.Close()
	w.Close()
	read.Wait()
	kept, end, _ := strings.Cut(got.String(), "devtool: ")
	if left := lines*len(line) - len(kept); left <= 0 || left >= appBacklog ||
		end != fmt.Sprintf("%d bytes of output are left out here: nobody read them\nsaid\n", left) {
		t.Errorf("got %d bytes, and %q", len(kept), end)
	}
}

// An app that prints faster than its reader reads is slowed down, and nothing
// is left out.
func TestPrinterSlowsApp(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	p := newPrinter(w)
	line := []byte(strings.Repeat("x", 1023) + "\n")
	const lines = 4 * appBacklog / 1024
	var all sync.WaitGroup
	all.Go(func() {
		for range lines {
			appOutput{p}.Write(line)
		}
		p.Close()
		w.Close()
	})
	if got, err := io.Copy(io.Discard, r); got != int64(lines*len(line)) || err != nil {
		t.Errorf("read %d bytes, %v, want %d", got, err, lines*len(line))
	}
	all.Wait()
}

// The end does not wait for a reader that is stuck.
func TestPrinterCloseStuck(t *testing.T) {
	t.Parallel()
	r, w := io.Pipe()
	p := newPrinter(w)
	fmt.Fprintln(p, "said")
	p.Close() // nobody reads
	select {
	case <-p.done:
		t.Error("it was written")
	default:
	}
	if got, err := io.ReadAll(io.LimitReader(r, 5)); string(got) != "said\n" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
	<-p.done
}

func TestSameFile(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	other, err := os.Create(t.TempDir() + "/log")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	var b bytes.Buffer
	for _, tt := range []struct {
		a, b io.Writer
		want bool
	}{{w, w, true}, {w, other, false}, {w, &b, false}, {&b, &b, true}} {
		if got := sameFile(tt.a, tt.b); got != tt.want {
			t.Errorf("%T and %T: %t", tt.a, tt.b, got)
		}
	}
}
