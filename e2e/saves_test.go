//go:build unix

package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/calendsync/devtool/internal/browsertest"
)

// observeColour notes, every frame, a colour of the page that is not the last.
const observeColour = `(() => {
	window.seen = [];
	const look = () => {
		const colour = getComputedStyle(document.querySelector(".probe")).color;
		if (seen.at(-1) !== colour) seen.push(colour);
		requestAnimationFrame(look);
	};
	look();
	return true })()`

// TestBrowserSavesInARow saves a sheet five times within 100 ms, again and
// again: no frame is without styles or goes back, and the last is shown.
func TestBrowserSavesInARow(t *testing.T) {
	t.Parallel()
	w := startCaching(t, "", "", "")
	w.tab = w.browser.Open(w.url)
	w.tab.Until(cachingColour(1))
	browsertest.Eval[int](w.tab, mark)
	browsertest.Eval[bool](w.tab, observeColour)
	pace := time.NewTicker(20 * time.Millisecond)
	defer pace.Stop()
	n := 1
	for range 6 {
		for range 5 {
			n++
			w.replace("web/main.css", cachingSheet(n))
			<-pace.C
		}
		w.tab.Until(cachingColour(n))
	}
	last := 0
	for _, colour := range browsertest.Eval[[]string](w.tab, `seen`) {
		var version int
		if _, err := fmt.Sscanf(colour, "rgb(%d, 2, 3)", &version); err != nil || version < last {
			t.Errorf("a frame with %s after version %d", colour, last)
		}
		last = version
	}
	if !w.marked() {
		t.Error("the page was loaded anew")
	}
	w.tab.Quiet()
}

// replace saves a file as most editors do: at no time is it empty or half.
func (p *project) replace(name, text string) {
	p.t.Helper()
	p.write(name+"~", text)
	file := filepath.Join(p.dir, name)
	if err := os.Rename(file+"~", file); err != nil {
		p.t.Fatal(err)
	}
}
