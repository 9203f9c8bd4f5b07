//go:build unix

package web_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/calendsync/devtool/internal/browsertest"
)

var starts = flag.Int("starts", 0, "starts of each contender; 0 compares none")

// TestStart prints how long it takes from the start of each contender until the
// page is shown: without what earlier runs have left, and with it.
func TestStart(t *testing.T) {
	if *starts == 0 {
		t.Skip("compares the start of devtool with its peers; say how often, such as -starts 7")
	}
	tools := install(t, packages)
	for size := range strings.SplitSeq(*sizes, ",") {
		modules, err := strconv.Atoi(size)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(size, func(t *testing.T) { compareStarts(t, tools, modules) })
	}
}

// beginner is a contender that is started again and again.
type beginner struct {
	contender
	dir        string
	cold, warm []time.Duration
}

func compareStarts(t *testing.T, tools string, modules int) {
	browser := browsertest.Start(t)
	var all []*beginner
	for i, c := range contenders() {
		b := &beginner{contender: c, dir: filepath.Join(tools, fmt.Sprintf("start-%d-%d", modules, i))}
		writeProject(t, b.dir, modules, c.files)
		all = append(all, b)
	}
	for n := range *starts + 1 { // the first compiles the Go program and its packages
		for i := range all {
			b := all[(n+i)%len(all)]
			for _, memory := range []string{b.dir + ".cache", filepath.Join(b.dir, "node_modules", ".vite")} {
				if err := os.RemoveAll(memory); err != nil {
					t.Fatal(err)
				}
			}
			cold := b.shown(t, browser, tools)
			warm := b.shown(t, browser, tools)
			if n > 0 {
				b.cold, b.warm = append(b.cold, cold), append(b.warm, warm)
			}
		}
	}
	fmt.Printf("\n### Start, %d modules\n\n| | cold | of Vite | warm | of Vite |\n|---|--:|--:|--:|--:|\n", modules)
	var of *beginner
	for _, b := range all {
		if b.name == vite {
			of = b
		}
	}
	for _, b := range all {
		fmt.Printf("| %s | %s | %.2f | %s | %.2f |\n", b.name, spread(b.cold), ratio(b.cold, of.cold), spread(b.warm), ratio(b.warm, of.warm))
	}
}

// shown starts the contender, loads the page in a browser without a cache, and
// returns how long that took together.
func (b *beginner) shown(t *testing.T, browser *browsertest.Browser, tools string) (took time.Duration) {
	t.Run(b.name, func(t *testing.T) { // whose end closes the tab
		<-time.After(settle)
		begun := time.Now()
		url, stop := start(t, b.dir, b.contender, tools)
		browser.For(t).Open(url).Until(`document.querySelector("#token")?.innerText === "first"`)
		took = time.Since(begun)
		stop()
	})
	return took
}
