//go:build unix

package e2e_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/calendsync/devtool/internal/browsertest"
	"github.com/calendsync/devtool/internal/devtooltest"
)

// The benchmarks run on demand and assert no time; see bench/README.md.

// report shows the median of durations beside the benchmark's name.
func reportMedian(b *testing.B, took []time.Duration) {
	b.Helper()
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "ms-median")
	b.ReportMetric(float64(took[len(took)-1].Microseconds())/1000, "ms-worst")
	b.ReportMetric(0, "ns/op") // the mean says less
}

// BenchmarkBrowserCSSEdit measures from the save of a sheet to the animation
// frame in which its computed style is another.
func BenchmarkBrowserCSSEdit(b *testing.B) {
	w := startSession(b)
	whole := w.read(accentFile)
	edit := func(n int) time.Duration {
		width := fmt.Sprintf("%dpx", n+1)
		browsertest.Eval[bool](w.tab, `(() => {
			window.__shown = new Promise((done) => {
				const look = () => getComputedStyle(document.body).scrollMarginLeft === "`+width+`"
					? done(Date.now()) : requestAnimationFrame(look);
				look();
			});
			return true;
		})()`)
		begun := time.Now()
		w.write(accentFile, whole+"\nbody { scroll-margin-left: "+width+" }\n")
		return shownAt(w.tab).Sub(begun)
	}
	edit(0) // proves the shorter way that the next ones take
	var took []time.Duration
	for n := 1; b.Loop(); n++ {
		took = append(took, edit(n))
	}
	reportMedian(b, took)
}

// BenchmarkBrowserTSEdit measures from the save of a script to the first
// animation frame of the reloaded page.
func BenchmarkBrowserTSEdit(b *testing.B) {
	w := startSession(b)
	whole := w.read("web/main.ts")
	var took []time.Duration
	for n := 1; b.Loop(); n++ {
		begun := time.Now()
		w.write("web/main.ts", fmt.Sprintf(`%s
Object.assign(window, { __edit: %d, __shown: new Promise((done) => requestAnimationFrame(() => done(Date.now()))) });
`, whole, n))
		w.tab.Until(fmt.Sprintf("window.__edit === %d", n))
		took = append(took, shownAt(w.tab).Sub(begun))
	}
	reportMedian(b, took)
}

// BenchmarkBrowserDot measures from the moment in which devtool knows of a
// mistake, and says so in its stream, to the frame in which the dot is shown.
func BenchmarkBrowserDot(b *testing.B) {
	w := startSession(b)
	whole := w.read("page.go")
	var took []time.Duration
	for n := 0; b.Loop(); n++ {
		browsertest.Eval[bool](w.tab, `(() => {
			window.__shown = new Promise((done) => {
				const look = () => `+browsertest.DotShown+` ? done(Date.now()) : requestAnimationFrame(look);
				look();
			});
			return true;
		})()`)
		known := w.Outcome(func() { w.write("page.go", fmt.Sprintf("%s\nvar _ = undefined%d\n", whole, n)) }).Time
		took = append(took, max(0, shownAt(w.tab).Sub(known)))
		w.Outcome(func() { w.write("page.go", whole) })
		w.tab.Until("!(" + browsertest.DotShown + ") && !(" + browsertest.PanelShown + ")")
	}
	reportMedian(b, took)
}

func shownAt(tab *browsertest.Tab) time.Time {
	return time.UnixMilli(browsertest.Eval[int64](tab, `window.__shown`))
}

// BenchmarkStart measures from the start of the program to the open address,
// and to the running app with a warm build cache.
func BenchmarkStart(b *testing.B) {
	p := newProject(b)
	p.start().Stop() // warms the cache
	var listening, ready []time.Duration
	for b.Loop() {
		begun := time.Now()
		s := p.startOnly()
		s.Await("the address", func(m devtooltest.Message) bool { return m.Type == "listening" })
		listening = append(listening, time.Since(begun))
		s.Await("the app", func(m devtooltest.Message) bool { return m.Type == "app-ready" })
		ready = append(ready, time.Since(begun))
		s.Stop()
	}
	slices.Sort(ready)
	b.ReportMetric(float64(ready[len(ready)/2].Milliseconds()), "ms-ready")
	reportMedian(b, listening)
}

// BenchmarkDisk saves a Go file again and again and tells what is on the disk:
// in devtool's directories at most and in the end, and by how much the go
// command's cache, which the go command itself trims after days, has grown.
func BenchmarkDisk(b *testing.B) {
	p := newSmall(b, map[string]string{"page.go": versionPage(0)})
	ours, cache := b.TempDir(), b.TempDir() // a cache of its own takes a minute to fill
	p.prepare = func(cmd *exec.Cmd) {
		cmd.Env = append(cmd.Env, "TMPDIR="+ours, "XDG_CACHE_HOME="+filepath.Join(ours, "cache"), "GOCACHE="+cache)
	}
	warm := exec.Command("go", "build", "-buildvcs=false", "-o", filepath.Join(b.TempDir(), "app"), ".")
	warm.Dir, warm.Env = p.dir, append(os.Environ(), "GOFLAGS=-mod=mod")
	p.prepare(warm)
	if out, err := warm.CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	s := p.start()
	var most int64
	before, n := diskUsage(b, cache), 0
	for b.Loop() {
		n++
		if got := s.Outcome(func() { p.write("page.go", versionPage(n)) }); got.Result != "reloaded" {
			b.Fatalf("outcome %+v", got)
		}
		most = max(most, diskUsage(b, ours))
	}
	const mega = 1e6
	b.ReportMetric(float64(most)/mega, "MB-most")
	b.ReportMetric(float64(diskUsage(b, ours))/mega, "MB-in-the-end")
	b.ReportMetric(float64(diskUsage(b, cache)-before)/mega, "MB-go-cache")
	s.Stop()
	b.ReportMetric(float64(diskUsage(b, ours))/mega, "MB-left")
}

// diskUsage is the size of the files below dir, in bytes.
func diskUsage(b *testing.B, dir string) (sum int64) {
	b.Helper()
	err := filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil // gone in the meantime
		}
		if info, err := entry.Info(); err == nil {
			sum += info.Size()
		}
		return nil
	})
	if err != nil {
		b.Fatal(err)
	}
	return sum
}
