//go:build linux

package e2e_test

import (
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/heapprofiler"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/calendsync/devtool/internal/browsertest"
)

// TestHotMemory edits a component some hundred times: neither the page nor devtool
// may grow with the number of updates.
func TestHotMemory(t *testing.T) {
	t.Parallel()
	packages := reactPackages(t)
	files := hotFiles()
	files["web/App.tsx"] += fmt.Sprintf("const much = %q\nApp.much = () => much\n", strings.Repeat("much to keep ", 10_000))
	a := newHotApp(t, browsertest.Start(t), packages, files)
	a.click(2)
	text := "one {label}"
	edit := func(from, to int) {
		for i := from; i < to; i++ {
			next := fmt.Sprintf("edit %d {label}", i)
			a.hot(func() { a.edit("web/App.tsx", text, next) })
			text = next
			a.tab.Until(shows("#text", fmt.Sprintf("edit %d first", i)))
		}
	}
	const warm, all = 100, 400 // by then the hub keeps as many patches as it ever does
	edit(0, warm)
	heap, resident := a.heap(), residentBytes(t, a.Cmd.Process.Pid)
	edit(warm, all)
	heapAfter, residentAfter := a.heap(), residentBytes(t, a.Cmd.Process.Pid)
	t.Logf("page: %d KiB, then %d KiB; devtool: %d MiB, then %d MiB", heap>>10, heapAfter>>10, resident>>20, residentAfter>>20)
	if grown := heapAfter - heap; grown > 2<<20 {
		t.Errorf("the page's heap grew by %d KiB over %d updates", grown>>10, all-warm)
	}
	if grown := residentAfter - resident; grown > 64<<20 {
		t.Errorf("devtool grew by %d MiB over %d updates", grown>>20, all-warm)
	}
	a.tab.Until(shows("#count", "2") + "&& loads === 1")
	a.tab.Quiet()
}

// heap returns the bytes that the page's scripts hold.
func (a *hotApp) heap() (bytes int) {
	a.project.t.Helper()
	a.tab.Do(func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		for range 2 {
			if _, err := cdp.Call(ctx, target, heapprofiler.CollectGarbage, cdp.Empty{}); err != nil {
				return chromedp.Void{}, err
			}
		}
		usage, err := cdp.Call(ctx, target, runtime.GetHeapUsage, cdp.Empty{})
		if err == nil {
			bytes = int(usage.UsedSize)
		}
		return chromedp.Void{}, err
	})
	return bytes
}

// residentBytes is the memory that a process has.
func residentBytes(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	kib, err := strconv.Atoi(strings.Fields(rest)[0])
	if err != nil {
		t.Fatal(err)
	}
	return kib << 10
}
