package main

import (
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	t.Parallel()
	tests := []struct {
		all  []time.Duration
		want time.Duration
	}{
		{[]time.Duration{7}, 7},
		{[]time.Duration{9, 1, 5}, 5},
		{[]time.Duration{9, 1, 5, 3}, 4},
	}
	for _, tt := range tests {
		if got := median(tt.all); got != tt.want {
			t.Errorf("median(%v) = %d, want %d", tt.all, got, tt.want)
		}
	}
}

func TestReport(t *testing.T) {
	t.Parallel()
	results := []result{
		{name: floor, took: []time.Duration{100 * time.Millisecond}, cpu: 420 * time.Millisecond},
		{name: airTuned, took: []time.Duration{150 * time.Millisecond, 250 * time.Millisecond}, requests: 40, failed: 3},
	}
	var b strings.Builder
	if err := report(&b, "Title", results); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"### Title\n",
		"| go build + start | 100 ms | 100 ms | 100 ms | 1.00 | 0.50 | – | – | 0.42 s |\n",
		"| air, delay 1 ms | 200 ms | 150 ms | 250 ms | 2.00 | 1.00 | – | 3 of 40 | – |\n",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}

func TestSmallProjectServesItsToken(t *testing.T) {
	t.Parallel()
	small, err := projectNamed(t.Context(), "small")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	shared, err := sharedEnvironment(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	r := &runner{contender: contender{name: floor}, project: small, shared: shared, dir: filepath.Join(dir, "small")}
	if err := r.start(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.stop)
	if err := r.edit(t.Context(), 1, "token-a"); err != nil {
		t.Fatal(err)
	}
	if len(r.result.took) != 1 || r.result.took[0] <= 0 || r.result.cpu <= 0 {
		t.Errorf("took %v and %v of CPU, want one measurement", r.result.took, r.result.cpu)
	}
}

func TestLargeProjectCompiles(t *testing.T) {
	t.Parallel()
	p := generated("large", "", largeFiles(4, 3))
	for name, content := range p.files {
		if !strings.HasSuffix(name, ".go") {
			continue
		}
		if _, err := parser.ParseFile(token.NewFileSet(), name, content, parser.AllErrors); err != nil {
			t.Error(err)
		}
	}
	dir := t.TempDir()
	if err := p.write(dir, "token"); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "vet", "./...")
	cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("go vet: %v\n%s", err, out)
	}
}

func TestLoadCountsFailures(t *testing.T) {
	t.Parallel()
	const rounds = 6
	var seen atomic.Int64
	enough := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := seen.Add(1)
		switch n % 3 {
		case 1:
			w.WriteHeader(http.StatusServiceUnavailable)
		case 0:
			w.Write([]byte("the token is here"))
		case 2: // an answer that ends too early
			w.Header().Set("Content-Length", "10")
			w.Write([]byte("short"))
		}
		if n == 3*rounds {
			close(enough)
		}
	}))
	defer server.Close()
	l := startLoad(server.URL, "token")
	if err := l.wait(t.Context()); err != nil {
		t.Error(err)
	}
	<-enough
	total, failed := l.finish()
	if total < 3*rounds || failed < 2*rounds || failed >= total {
		t.Errorf("%d of %d failed, want two of three", failed, total)
	}
}

// TestImportersCompile makes every kind of edit below the ten importers.
func TestImportersCompile(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"importers", "line", "signature", "file"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := projectNamed(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			if err := p.write(dir, "first"); err != nil {
				t.Fatal(err)
			}
			for n := range 2 {
				if err := p.edit(dir, n+1, "next"); err != nil {
					t.Fatal(err)
				}
				cmd := exec.Command("go", "vet", ".", "./page", "./parts/part0", "./parts/part9")
				cmd.Dir, cmd.Env = dir, append(os.Environ(), "GOWORK=off")
				if out, err := cmd.CombinedOutput(); err != nil {
					t.Errorf("edit %d: go vet: %v\n%s", n+1, err, out)
				}
			}
		})
	}
}
