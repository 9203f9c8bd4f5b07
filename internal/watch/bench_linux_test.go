package watch

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// BenchmarkReady crawls 100,000 files in 10,000 directories, and reports the
// memory that the index keeps.
//
//	go test -run=^$ -bench=Ready -benchtime=3x ./internal/watch
func BenchmarkReady(b *testing.B) {
	dir := b.TempDir()
	for d := range 10_000 {
		sub := filepath.Join(dir, fmt.Sprintf("a%d/b%d/c%d", d%10, d/10%100, d))
		must(b, os.MkdirAll(sub, 0o755))
		for f := range 10 {
			must(b, os.WriteFile(filepath.Join(sub, fmt.Sprintf("file%d.go", f)), []byte("package p\n"), 0o644))
		}
	}
	write(b, filepath.Join(dir, ".gitignore"), "node_modules\n*.log\n/dist/\n!keep.log\n*.tmp\n")
	before := heap()
	for b.Loop() {
		w, stop := start(b, dir)
		b.StopTimer()
		s := w.stats()
		if s.Files != 100_001 || s.Polled > 0 {
			b.Errorf("stats are %+v, want 100001 files, none polled", s)
		}
		b.ReportMetric(float64(heap()-before)/(1<<20), "MiB")
		b.ReportMetric(float64(s.Dirs), "dirs")
		stop()
		b.StartTimer()
	}
}

// BenchmarkIdle reports what share of a processor a watched tree costs at rest.
func BenchmarkIdle(b *testing.B) {
	dir := b.TempDir()
	for d := range 1000 {
		for f := range 10 {
			write(b, filepath.Join(dir, fmt.Sprintf("d%d/file%d.go", d, f)), "package p\n")
		}
	}
	_, stop := start(b, dir)
	defer stop()
	for b.Loop() {
		used := processorTime()
		begun := time.Now()
		<-time.After(5 * time.Second)
		b.ReportMetric(100*float64(processorTime()-used)/float64(time.Since(begun)), "%cpu")
	}
}

// BenchmarkSave measures from before a write to the receipt of its batch.
func BenchmarkSave(b *testing.B) {
	dir := b.TempDir()
	path := filepath.Join(dir, "a.css")
	write(b, path, "0")
	w, stop := start(b, dir)
	defer stop()
	w.Follow(Following{Files: []string{path}})
	content := []byte(strings.Repeat("x", 4096))
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	must(b, err)
	defer f.Close()
	for n := 0; b.Loop(); n++ {
		copy(content, fmt.Sprint(n))
		_, err := f.WriteAt(content, 0) // one event; to truncate first would be two
		must(b, err)
		<-w.Batches()
	}
}

func start(b *testing.B, dir string) (w *Watcher, stop func()) {
	b.Helper()
	w, err := New(Options{Roots: []string{dir}, Quiet: func(string) time.Duration { return 0 }})
	must(b, err)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	<-w.Ready()
	return w, func() {
		cancel()
		<-ended
	}
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
