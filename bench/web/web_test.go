//go:build unix

package web_test

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/calendsync/devtool/internal/browsertest"
)

var (
	edits = flag.Int("edits", 0, "edits of each kind by each contender; 0 compares nothing")
	sizes = flag.String("sizes", "50,500", "modules of the projects, separated by commas")
)

// settle lets a contender finish what it does after an edit is shown.
const settle = 400 * time.Millisecond

// contender is a way of getting an edit shown.
type contender struct {
	name  string
	files map[string]string // to add to the project
	serve func(tools string, port int) []string
}

const (
	devtool = "devtool"
	vite    = "Vite, React plugin"
	esbuild = "esbuild, live reload"
)

// esbuildOptions bundle the project as devtool does.
var esbuildOptions = []string{"src/main.tsx", "--bundle", "--format=esm", "--sourcemap", "--jsx=automatic", "--jsx-dev",
	`--define:process.env.NODE_ENV="development"`}

func contenders() []contender {
	node := func(tools, script string) string {
		return filepath.Join(tools, "node_modules", filepath.FromSlash(script))
	}
	return []contender{
		{name: devtool, files: map[string]string{
			"go.mod":       "module bench\n\ngo 1.26.0\n",
			"devtool.toml": "[web]\nentry_points = [\"src/main.tsx\"]\n",
			"main.go": fmt.Sprintf(`package main

import (
	"io"
	"net/http"
	"os"
)

func main() {
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, %q)
	})
	http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil)
}
`, htmlPage(`<link rel="stylesheet" href="/assets/main.css"><script src="/assets/main.js" type="module"></script>`)),
		}, serve: func(tools string, port int) []string {
			return []string{filepath.Join(tools, "devtool"), "dev", "server", "--host", "127.0.0.1", "--port", strconv.Itoa(port)}
		}},
		{name: vite, files: map[string]string{
			"index.html":     htmlPage(`<script type="module" src="/src/main.tsx"></script>`),
			"vite.config.js": "import react from \"@vitejs/plugin-react\";\nexport default { plugins: [react()] };\n",
			"package.json":   `{"type": "module"}`,
		}, serve: func(tools string, port int) []string {
			return []string{"node", node(tools, "vite/bin/vite.js"), "--host", "127.0.0.1", "--strictPort", "--port", strconv.Itoa(port)}
		}},
		{name: esbuild, files: map[string]string{
			"www/index.html": htmlPage(`<script>new EventSource("/esbuild").addEventListener("change", () => location.reload())</script>` +
				`<link rel="stylesheet" href="/js/main.css"><script src="/js/main.js" type="module"></script>`),
		}, serve: func(tools string, port int) []string {
			return slices.Concat([]string{node(tools, ".bin/esbuild")}, esbuildOptions,
				[]string{"--outdir=www/js", "--servedir=www", "--watch=forever", "--serve=127.0.0.1:" + strconv.Itoa(port)})
		}},
	}
}

// TestCompare prints the tables of bench/README.md.
func TestCompare(t *testing.T) {
	if *edits == 0 {
		t.Skip("compares devtool with its peers; say how often, such as -edits 12")
	}
	tools := install(t, packages)
	for size := range strings.SplitSeq(*sizes, ",") {
		modules, err := strconv.Atoi(size)
		if err != nil {
			t.Fatal(err)
		}
		t.Run(size, func(t *testing.T) { compare(t, tools, modules) })
	}
}

// install puts what serves the project into one directory, below which all
// copies of the project are.
func install(t *testing.T, packages string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "package.json"), []byte(packages), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, argv := range [][]string{
		{"npm", "install", "--no-audit", "--no-fund", "--prefix", dir},
		{"go", "build", "-o", filepath.Join(dir, "devtool"), "../../cmd/devtool"},
	} {
		if out, err := exec.CommandContext(t.Context(), argv[0], argv[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", argv, err, out)
		}
	}
	return dir
}

// runner is a contender at work on its copy of the project.
type runner struct {
	name   string
	dir    string
	tab    *browsertest.Tab
	sheets []time.Duration
	code   []time.Duration
	kept   int // edits of code over which the component's state was kept
}

func compare(t *testing.T, tools string, modules int) {
	browser := browsertest.Start(t)
	var runners []*runner
	for i, c := range contenders() {
		r := &runner{name: c.name, dir: filepath.Join(tools, fmt.Sprintf("%d-%d", modules, i))}
		writeProject(t, r.dir, modules, c.files)
		url, _ := start(t, r.dir, c, tools)
		r.tab = browser.Open("about:blank")
		r.tab.Do(func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
			_, err := cdp.Call(ctx, target, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: observer})
			return chromedp.Void{}, err
		}, chromedp.Navigate(url))
		r.tab.Until(`document.querySelector("#token")?.innerText === "first"`)
		runners = append(runners, r)
	}
	for n := range *edits + 1 { // the first of each proves the way of the others
		for i := range runners {
			r := runners[(n+i)%len(runners)]
			margin, token := fmt.Sprintf("%dpx", n+2), fmt.Sprintf("edit-%d", n)
			css := r.edit(t, sheetFile, sheet(margin), margin)
			state := r.touch()
			tsx := r.edit(t, componentFile, component(token), token)
			if n > 0 {
				r.sheets, r.code = append(r.sheets, css), append(r.code, tsx)
				if r.state() == state {
					r.kept++
				}
			}
		}
	}
	report(modules, runners)
}

// observer notes when the page first shows what it is told to look for, in
// whichever document of the tab that is.
const observer = `if (self === top) {
	const look = () => {
		const wanted = sessionStorage.wanted;
		if (!wanted) return;
		const at = document.querySelector("#token");
		if (at && (at.innerText === wanted || getComputedStyle(at).scrollMarginLeft === wanted)) {
			sessionStorage.shown = wanted + " " + Date.now();
			sessionStorage.wanted = "";
		} else requestAnimationFrame(look);
	};
	window.__look = look;
	if (location.protocol !== "about:") look();
}`

// edit saves a file and returns how long it took until it was shown.
func (r *runner) edit(t *testing.T, file, text, shows string) time.Duration {
	t.Helper()
	<-time.After(settle)
	browsertest.Eval[bool](r.tab, fmt.Sprintf(`(sessionStorage.shown = "", sessionStorage.wanted = %q, __look(), true)`, shows))
	begun := time.Now()
	if err := os.WriteFile(filepath.Join(r.dir, filepath.FromSlash(file)), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	r.tab.Until(fmt.Sprintf(`sessionStorage.shown.startsWith(%q)`, shows+" "))
	at := browsertest.Eval[string](r.tab, `sessionStorage.shown.split(" ")[1]`)
	millis, err := strconv.ParseInt(at, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", r.name, err)
	}
	return time.UnixMilli(millis).Sub(begun)
}

// touch gives the component a state that it does not begin with, and returns it.
func (r *runner) touch() (state string) {
	before := r.state()
	browsertest.Eval[bool](r.tab, `(document.querySelector("#token").click(), true)`)
	r.tab.Until(fmt.Sprintf(`document.querySelector("#token").dataset.state !== %q`, before))
	return r.state()
}

func (r *runner) state() string {
	return browsertest.Eval[string](r.tab, `document.querySelector("#token").dataset.state`)
}

// goCache is named because the other caches are moved.
func goCache(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", "GOCACHE").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// start serves the project until stop is called, or the test ends.
func start(t *testing.T, dir string, c contender, tools string) (url string, stop func()) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := ln.Addr().(*net.TCPAddr).Port
	ln.Close()
	argv := c.serve(tools, port)
	cmd := exec.Command(argv[0], argv[1:]...)
	log := filepath.Join(dir, "..", filepath.Base(dir)+".log")
	out, err := os.Create(log)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, out, out
	cmd.Env = append(os.Environ(), "PORT=", "HOST=", "XDG_CACHE_HOME="+dir+".cache", "GOCACHE="+goCache(t), "GOFLAGS=", "GOWORK=off")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // killed below
	}()
	stop = sync.OnceFunc(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-ended
	})
	t.Cleanup(func() {
		stop()
		if text, _ := os.ReadFile(log); t.Failed() {
			t.Logf("%s said:\n%s", c.name, text)
		}
	})
	url = fmt.Sprintf("http://127.0.0.1:%d/", port)
	for deadline := time.Now().Add(time.Minute); ; <-time.After(20 * time.Millisecond) {
		res, err := http.Get(url)
		if err == nil {
			res.Body.Close()
			return url, stop
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not answer: %v", c.name, err)
		}
	}
}

// report prints a Markdown table, with ratios of the medians.
func report(modules int, runners []*runner) {
	of := func(name string) *runner {
		return runners[slices.IndexFunc(runners, func(r *runner) bool { return r.name == name })]
	}
	fmt.Printf("\n### %d modules\n\n| | CSS | of Vite | TSX | of Vite | of esbuild | state kept |\n|---|--:|--:|--:|--:|--:|--:|\n", modules)
	for _, r := range runners {
		fmt.Printf("| %s | %s | %.2f | %s | %.2f | %.2f | %d of %d |\n", r.name,
			spread(r.sheets), ratio(r.sheets, of(vite).sheets),
			spread(r.code), ratio(r.code, of(vite).code), ratio(r.code, of(esbuild).code), r.kept, len(r.code))
	}
}

func spread(all []time.Duration) string {
	return fmt.Sprintf("%d ms (%d–%d)", median(all).Milliseconds(), slices.Min(all).Milliseconds(), slices.Max(all).Milliseconds())
}

func ratio(a, b []time.Duration) float64 { return float64(median(a)) / float64(median(b)) }

func median(all []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}
