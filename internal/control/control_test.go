package control

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// counter is a source whose status is a number that "add" increases.
type counter struct {
	mu    sync.Mutex
	n     uint64
	newer chan struct{}
}

func (c *counter) Status() (uint64, any, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n, map[string]uint64{"n": c.n}, c.newer
}

func (c *counter) Ask(ctx context.Context, what string) (any, error) {
	switch what {
	case "add":
		c.mu.Lock()
		defer c.mu.Unlock()
		c.n++
		close(c.newer)
		c.newer = make(chan struct{})
		return c.n, nil
	case "never":
		<-ctx.Done()
		return nil, ctx.Err()
	default:
		return nil, ErrUnknown
	}
}

// serve serves a counter at path until the test ends, or stop is called.
func serve(t *testing.T, path string) (addr string, stop func()) {
	t.Helper()
	ln, err := Listen(path)
	if err != nil {
		t.Fatal(err)
	}
	server := NewServer(&counter{n: 1, newer: make(chan struct{})})
	var work sync.WaitGroup
	work.Go(func() { _ = server.Serve(ln) })
	stop = func() { server.Close(); work.Wait() }
	t.Cleanup(stop)
	return ln.Addr().String(), stop
}

func dial(t *testing.T, addr string) *Client {
	t.Helper()
	c, err := Dial(t.Context(), addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func TestStatusWaitsForNews(t *testing.T) {
	t.Parallel()
	addr, _ := serve(t, filepath.Join(t.TempDir(), "s"))
	c := dial(t, addr)
	var status struct{ N uint64 }
	if seq, err := c.Status(t.Context(), 0, &status); err != nil || seq != 1 || status.N != 1 {
		t.Fatalf("status = %d %v, %v; want 1", seq, status, err)
	}
	got := make(chan uint64)
	go func() {
		var later struct{ N uint64 }
		seq, _ := c.Status(context.Background(), 1, &later)
		got <- seq * later.N
	}()
	select {
	case n := <-got:
		t.Fatalf("status %d came before there was any news", n)
	case <-time.After(10 * time.Millisecond):
	}
	var answer uint64
	if err := c.Ask(t.Context(), "add", &answer); err != nil || answer != 2 {
		t.Fatalf("ask = %d, %v; want 2", answer, err)
	}
	if n := <-got; n != 4 {
		t.Errorf("the waiting request got %d, want status 2 with number 2", n)
	}
}

func TestErrors(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	if _, err := Dial(t.Context(), path); err == nil {
		t.Error("dialled where nobody serves")
	}
	addr, stop := serve(t, path)
	c := dial(t, addr)
	if err := c.Ask(t.Context(), "dance", nil); err == nil || !strings.Contains(err.Error(), ErrUnknown.Error()) {
		t.Errorf("an unknown request: %v, want %v", err, ErrUnknown)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := c.Ask(ctx, "never", nil); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("an endless request: %v, want %v", err, context.DeadlineExceeded)
	}
	ended := make(chan error)
	go func() { ended <- c.Ask(context.Background(), "never", nil) }()
	stop()
	if err := <-ended; !errors.Is(err, ErrStopped) {
		t.Errorf("a server that stops: %v, want %v", err, ErrStopped)
	}
}

func TestSocketIsPrivateAndReplacesADeadOne(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "s")
	dead, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	dead.SetUnlinkOnClose(false) // as a process that was killed
	dead.Close()
	_, stop := serve(t, path)
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
	stop()
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket's file is left: %v", err)
	}
}

func TestLongPath(t *testing.T) {
	t.Parallel()
	addr, stop := serve(t, filepath.Join(t.TempDir(), strings.Repeat("x", longest), "s"))
	if len(addr) > longest {
		t.Errorf("the socket is at %q", addr)
	}
	dial(t, addr)
	stop()
	if _, err := os.Stat(filepath.Dir(addr)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the directory made for the socket is left: %v", err)
	}
}
