// Package browsertest drives a real Chromium in tests.
//
// A test that needs a browser calls [Start]. It is skipped under -short, and
// where no browser is installed; with CI=true it fails there instead, as a
// skipped test would hide the missing installation. When the test ends, the
// package closes everything it opened and waits for it.
package browsertest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Patience bounds every wait. It may only fail a test.
const Patience = 60 * time.Second

// Browser is a Chromium with an empty profile.
type Browser struct {
	t   testing.TB
	ctx context.Context
}

// Start starts a browser for one test, or skips the test.
func Start(t testing.TB) *Browser {
	t.Helper()
	if testing.Short() {
		t.Skip("drives a browser; run without -short")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(find(t)),
		chromedp.UserDataDir(t.TempDir()),
		chromedp.NoSandbox, // Chromium refuses to run as root otherwise
		chromedp.DisableGPU,
		chromedp.WindowSize(1280, 900),
		chromedp.Flag("disable-component-update", true),
		chromedp.WSURLReadTimeout(Patience),
	)
	allocator, release := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		if err := chromedp.Cancel(ctx); err != nil {
			t.Errorf("stop the browser: %v", err)
		}
		release()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start the browser: %v", err)
	}
	return &Browser{t: t, ctx: ctx}
}

// For returns the same browser for a subtest, whose end closes the tabs it opened.
func (b *Browser) For(t testing.TB) *Browser { return &Browser{t: t, ctx: b.ctx} }

func find(t testing.TB) string {
	t.Helper()
	if path := os.Getenv("CHROME_PATH"); path != "" {
		return path
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	const missing = "no Chromium found: install it or set CHROME_PATH"
	if os.Getenv("CI") == "true" {
		t.Fatal(missing)
	}
	t.Skip(missing)
	return ""
}

// Tab is a browser tab with a storage of its own.
type Tab struct {
	t   testing.TB
	ctx context.Context

	mu         sync.Mutex
	complaints []string
}

// Open opens url in a new tab and waits until it is loaded.
func (b *Browser) Open(url string) *Tab {
	b.t.Helper()
	p := &Tab{t: b.t}
	p.ctx, _ = chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(p.listen))
	b.t.Cleanup(func() {
		if err := chromedp.Cancel(p.ctx); err != nil {
			b.t.Errorf("close the tab: %v", err)
		}
	})
	// The target lives as long as the context of its first command.
	if err := chromedp.Do(p.ctx); err != nil {
		b.t.Fatalf("open a tab: %v", err)
	}
	p.Do(chromedp.Navigate(url))
	return p
}

func (p *Tab) listen(event any) {
	var text string
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		text = e.ExceptionDetails.Text
	case *runtime.EventConsoleAPICalled:
		if e.Type != "error" {
			return
		}
		text = fmt.Sprint(e.Args)
	case *log.EventEntryAdded:
		if e.Entry.Level != log.EntryLevelError || strings.HasSuffix(e.Entry.URL, "/favicon.ico") {
			return
		}
		if strings.Contains(e.Entry.Text, "Page entered Back-Forward Cache") {
			return // Chromium says so of a socket that the page has begun to close
		}
		text = e.Entry.Text + " " + e.Entry.URL
	default:
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.complaints = append(p.complaints, text)
}

// Complaints returns the errors that the page put on the console so far.
func (p *Tab) Complaints() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.complaints...)
}

// Quiet fails the test if the page has put an error on the console.
func (p *Tab) Quiet() {
	p.t.Helper()
	for _, text := range p.Complaints() {
		p.t.Errorf("on the console: %s", text)
	}
}

// Do performs actions in the page.
func (p *Tab) Do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, Patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatal(err)
	}
}

// Eval returns the value of a JavaScript expression, awaited if it is a promise.
func Eval[T any](p *Tab, script string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, Patience)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s: %v", script, err)
	}
	return value
}

// Until waits for an expression to become true, also across reloads.
func (p *Tab) Until(script string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, Patience)
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	var last error
	for {
		ok, err := p.ask(ctx, "Boolean("+script+")")
		if ok {
			return
		}
		last = err
		select {
		case <-ctx.Done():
			p.t.Fatalf("never became true: %s (last error: %v); the overlay says %q", script, last, p.overlay())
		case <-tick.C:
		}
	}
}

// ask evaluates script once. It gives up after two seconds: a document that
// goes to the back/forward cache never answers, but the next one may.
func (p *Tab) ask(ctx context.Context, script string) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[bool](script))
}

func (p *Tab) overlay() string {
	ctx, cancel := context.WithTimeout(p.ctx, time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](OverlayText))
	if err != nil {
		return err.Error()
	}
	return text
}

// Screenshot returns what the tab shows, as a PNG.
func (p *Tab) Screenshot() []byte {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, Patience)
	defer cancel()
	png, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatalf("take a screenshot: %v", err)
	}
	return png
}
