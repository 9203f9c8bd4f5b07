//go:build unix

package e2e_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/calendsync/devtool/internal/browsertest"
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

func shownAt(tab *browsertest.Tab) time.Time {
	return time.UnixMilli(browsertest.Eval[int64](tab, `window.__shown`))
}

// BenchmarkStart measures from the start of the program to the open address,
// and to the running app with a warm build cache.
func BenchmarkStart(b *testing.B) {
	p := newProject(b)
	p.start().stop() // warms the cache
	var listening, ready []time.Duration
	for b.Loop() {
		begun := time.Now()
		s := p.startOnly()
		s.wait("the address", func(m message) bool { return m.Type == "listening" })
		listening = append(listening, time.Since(begun))
		s.wait("the app", func(m message) bool { return m.Type == "app-ready" })
		ready = append(ready, time.Since(begun))
		s.stop()
	}
	slices.Sort(ready)
	b.ReportMetric(float64(ready[len(ready)/2].Milliseconds()), "ms-ready")
	reportMedian(b, listening)
}
