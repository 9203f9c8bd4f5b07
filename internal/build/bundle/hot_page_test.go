package bundle

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/calendsync/devtool/internal/browsertest"
	"github.com/calendsync/devtool/internal/npmtest"
	"github.com/calendsync/devtool/internal/routes"
	"github.com/calendsync/devtool/web/hot"
)

// hotPage is a program in a browser, with the runtime of hot updates and what
// stands for its client.
type hotPage struct {
	t       testing.TB
	dir     string
	web     *Bundler
	browser *browsertest.Browser
	tab     *browsertest.Tab
	url     string

	mu      sync.Mutex
	served  map[string][]byte // by URL path
	entry   string
	patches []map[string]any // all that were told
}

// npm is a directory with packages in node_modules.
func npm(t testing.TB, packages ...string) (modules string) {
	t.Helper()
	dir := t.TempDir()
	npmtest.Install(t, dir, packages...)
	return filepath.Join(dir, "node_modules")
}

// openHot builds the files and opens the page. modules is where packages are; ""
// for none.
func openHot(t testing.TB, browser *browsertest.Browser, modules string, files map[string]string) *hotPage {
	t.Helper()
	p := &hotPage{t: t, dir: tree(t, files), browser: browser, served: make(map[string][]byte)}
	if modules != "" {
		if err := os.Symlink(modules, filepath.Join(p.dir, "node_modules")); err != nil {
			t.Fatal(err)
		}
	}
	runtime, err := hot.Bundle("")
	if err != nil {
		t.Fatal(err)
	}
	p.served["/runtime.js"] = runtime
	entry := "web/main.tsx"
	if _, ok := files[entry]; !ok {
		entry = "web/main.ts"
	}
	p.web = newBundler(t, Options{Dir: p.dir, EntryPoints: []string{entry}, SplitPackages: true, Hot: true})
	p.serve(mustBuild(t, p.web))
	server := httptest.NewServer(http.HandlerFunc(p.answer))
	t.Cleanup(server.Close)
	p.url = server.URL
	p.tab = p.open()
	return p
}

func (p *hotPage) open() *browsertest.Tab {
	p.t.Helper()
	tab := p.browser.For(p.t).Open(p.url)
	tab.Until("window.doubts !== undefined && document.readyState === 'complete'")
	return tab
}

func (p *hotPage) serve(result Result) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for url, output := range result.Outputs {
		p.served[url] = output.Contents
	}
	p.entry = result.Entries[0].URL
}

func (p *hotPage) answer(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if r.URL.Path == "/" {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<!doctype html><meta charset=utf-8><body><div id=root></div><script src=/runtime.js></script><script>
window.doubts = []; window.log = []
globalThis[Symbol.for("devtool.hot")].attach({ nonce: "", patching() {}, patched() {}, doubt(reason) { doubts.push(reason) } })
</script><script type=module src=%s></script>`, p.entry)
		return
	}
	w.Header().Set("Content-Type", contentType(r.URL.Path))
	if contents, ok := p.served[r.URL.Path]; ok {
		_, _ = w.Write(contents)
		return
	}
	http.NotFound(w, r)
}

// save writes files and patches the page. It returns what the bundler said.
func (p *hotPage) save(files map[string]string) (patches []Patch, reason string) {
	p.t.Helper()
	var changed []string
	for name, text := range files {
		changed = append(changed, write(p.t, p.dir, name, text))
	}
	patches, reason = p.web.Patch(context.Background(), changed)
	p.tell(patches)
	return patches, reason
}

// build makes the bundles that pages load from now on.
func (p *hotPage) build(changed ...string) Result {
	p.t.Helper()
	result := p.web.Build(context.Background(), append([]string{}, changed...))
	if result.Outputs != nil {
		p.serve(result)
	}
	return result
}

func (p *hotPage) tell(patches []Patch) {
	p.t.Helper()
	p.mu.Lock()
	for _, patch := range patches {
		number := len(p.patches) + 1
		url := fmt.Sprintf("%spatch/%d.js", routes.Prefix, number)
		p.served[url] = append(patch.Contents, fmt.Sprintf("//# sourceMappingURL=%d.js.map\n", number)...)
		p.served[url+".map"] = patch.Map
		modules, accepts := []any{}, []any{}
		for _, m := range patch.Modules {
			modules = append(modules, map[string]any{"id": m.ID, "version": m.Version, "boundary": m.Boundary})
		}
		for _, a := range patch.Accepts {
			accepts = append(accepts, map[string]any{"by": a.By, "dep": a.Dep, "specifier": a.Specifier})
		}
		p.patches = append(p.patches, map[string]any{"seq": number, "url": url, "modules": modules, "accepts": accepts, "built": false})
	}
	p.mu.Unlock()
	p.follow(p.tab)
}

func (p *hotPage) follow(tab *browsertest.Tab) {
	p.t.Helper()
	told := "[" + strings.Join(func() (all []string) {
		for _, patch := range p.patches {
			all = append(all, mustJSON(patch))
		}
		return all
	}(), ",") + "]"
	browsertest.Eval[bool](tab, `globalThis[Symbol.for("devtool.hot")].follow(`+told+`)`)
}

func mustJSON(value any) string { return toJSON(value) }

// mustPatch fails the test unless the page took the save.
func (p *hotPage) mustPatch(files map[string]string) []Patch {
	p.t.Helper()
	patches, reason := p.save(files)
	if reason != "" || len(patches) == 0 {
		p.t.Fatalf("no patch: %q", reason)
	}
	if doubts := browsertest.Eval[[]string](p.tab, "doubts"); len(doubts) > 0 {
		for _, patch := range patches {
			p.t.Logf("%s", patch.Contents)
		}
		p.t.Fatalf("the page doubts: %q; it says %q", doubts, p.tab.Complaints())
	}
	return patches
}

func (p *hotPage) text() string {
	p.t.Helper()
	return browsertest.Eval[string](p.tab, "document.querySelector('#root').innerText")
}

// shows fails the test unless the page shows the text, and a fresh one as well.
func (p *hotPage) shows(want string) {
	p.t.Helper()
	if got := p.text(); got != want {
		p.t.Errorf("the page shows %q, want %q; it says %q", got, want, p.tab.Complaints())
	}
}

func replaceOnce(t testing.TB, text, from, to string) string {
	t.Helper()
	now := strings.Replace(text, from, to, 1)
	if now == text {
		t.Fatalf("%q is not in %q", from, text)
	}
	return now
}
