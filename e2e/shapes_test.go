//go:build unix

package e2e_test

import (
	"bytes"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/calendsync/devtool/internal/browsertest"
	"github.com/calendsync/devtool/internal/devtooltest"
)

// newShape copies a project as people have it. What it needs of npm is
// installed, and a port that its source chooses is exchanged for a free one.
func newShape(t *testing.T, name string) *project {
	t.Helper()
	if testing.Short() {
		t.Skip("builds programs; run without -short")
	}
	p := &project{t: t, dir: t.TempDir()}
	p.prepare = func(cmd *exec.Cmd) { cmd.Env = append(cmd.Env, "GOFLAGS=") } // as people start it
	if err := os.CopyFS(p.dir, os.DirFS(filepath.Join("testdata", "shapes", name))); err != nil {
		t.Fatal(err)
	}
	if name == "single" {
		p.edit("main.go", ":8080", ":"+strconv.Itoa(devtooltest.FreePort(t)))
	}
	for _, dir := range []string{".", "frontend"} {
		if data, err := os.ReadFile(filepath.Join(p.dir, dir, "package.json")); err == nil && bytes.Contains(data, []byte(`ependencies"`)) {
			npm(t, filepath.Join(p.dir, dir), "install", "--no-package-lock")
		}
	}
	return p
}

// configured counts the lines of configuration that a shape needs.
func (p *project) configured() int {
	data, _ := os.ReadFile(filepath.Join(p.dir, "devtool.toml")) // none is none
	lines := strings.FieldsFunc(string(data), func(r rune) bool { return r == '\n' })
	return len(lines)
}

// shape is a project of testdata/shapes.
type shape struct {
	name           string
	lines          int    // of configuration
	path           string // what is asked for
	first          string // what the answer holds
	file, old, new string // an edit that shows there

	// What is special about it, after its start and after the edit.
	started, edited func(*testing.T, *project, *server)
}

// TestShapes starts each project with the configuration that it comes with,
// edits it, and asks it. That most start without a word is the point.
func TestShapes(t *testing.T) {
	t.Parallel()
	for _, shape := range []shape{
		{"single", 0, "/", "Hello, World!", "main.go", "World", "You", nil, nil},
		{"api", 0, "/api/v1/shop", `{"greeting":"welcome",`, "internal/shop/shop.go", "welcome", "hello", editsOfAPI, nil},
		{"mains", 2, "/", "a book", "parcel/parcel.go", "a book", "a lamp", nil, nil},
		{"workspace", 0, "/", "kit one", "kit/kit.go", "kit one", "kit two", nil, nil},
		{"sides", 0, "/api/greeting", "good morning, all", "backend/main.go", ", all", ", you", nil, nil},
		{"vite", 0, "/api/todos", "write the report", "main.go", "write", "read", nil, nil},
		{"embed", 0, "/users", "root", "main.go", "root", "admin", nil, nil},
		{"templ", 7, "/", `<h1 class="text-2xl">Notes`, "page.templ", "text-2xl", "text-4xl", nil, sheetOfTempl},
		{"htmx", 0, "/", "clicked 0 times", "templates/count.html", "clicked", "counted", pieceOfPage, sheetOfPage},
		{"database", 2, "/", "Guests:", "main.go", "Guests:", "Friends:", signGuestbook, readGuestbook},
	} {
		t.Run(shape.name, func(t *testing.T) {
			t.Parallel()
			p := newShape(t, shape.name)
			if n := p.configured(); n != shape.lines {
				t.Errorf("%d lines of configuration, want %d", n, shape.lines)
			}
			s := p.start()
			shape.asked(t, s, shape.first)
			if shape.started != nil {
				shape.started(t, p, s)
			}
			visitors := startKnocking(t, s.url+shape.path)
			got := s.Outcome(func() { p.edit(shape.file, shape.old, shape.new) })
			if got.Result != "reloaded" {
				t.Errorf("outcome %+v, want a reload", got)
			}
			shape.asked(t, s, strings.Replace(shape.first, shape.old, shape.new, 1))
			visitors.end()
			if n := visitors.failed.Load(); n > 0 {
				t.Errorf("%d requests failed, the first with %s", n, *visitors.firstFailure.Load())
			}
			if shape.edited != nil {
				shape.edited(t, p, s)
			}
		})
	}
}

func (sh shape) asked(t *testing.T, s *server, want string) {
	t.Helper()
	if got := devtooltest.Get(t, s.url+sh.path); !strings.Contains(got, want) {
		t.Errorf("%s answers %q, want %q", sh.path, got, want)
	}
}

func editsOfAPI(t *testing.T, p *project, s *server) {
	s.Outcome(func() { p.edit("internal/shop/goods.json", "bread", "cake") })
	if got := devtooltest.Get(t, s.url+"/api/v1/goods.json"); got != "[\"cake\"]\n" {
		t.Errorf("an embedded file is %q after its edit", got)
	}
	s.Outcome(func() { p.edit(".env", "Corner", "Cellar") })
	if got := devtooltest.Get(t, s.url+"/api/v1/shop"); !strings.Contains(got, "Cellar") {
		t.Errorf("after an edit of .env: %q", got)
	}
	for _, m := range s.Since(0) {
		if m.Type == "remark" {
			t.Errorf("a remark: %q", m.Text)
		}
	}
}

func sheetOfTempl(t *testing.T, p *project, s *server) {
	if sheet := devtooltest.Get(t, s.url+"/static/app.css"); !strings.Contains(sheet, ".text-4xl") || strings.Contains(sheet, ".text-2xl") {
		t.Errorf("the style sheet is not that of the template: %q", sheet)
	}
	for _, m := range s.Since(0) {
		if m.Type == "remark" {
			t.Errorf("a remark: %q", m.Text)
		}
	}
}

func pieceOfPage(t *testing.T, p *project, s *server) {
	if got := post(t, s.url+"/count"); got != "clicked 1 times\n" {
		t.Errorf("a piece of a page is %q", got)
	}
	if got := devtooltest.Get(t, s.url+"/static/app.js"); !strings.Contains(got, "htmx") {
		t.Errorf("the bundle lacks htmx: %.200q", got)
	}
}

func sheetOfPage(t *testing.T, p *project, s *server) {
	got := s.Outcome(func() { p.edit("assets/app.css", "7, 8, 9", "9, 8, 7") })
	if sheet := devtooltest.Get(t, s.url+"/static/app.css"); got.Result != "swapped" || !strings.Contains(sheet, "9, 8, 7") {
		t.Errorf("an edited sheet: %+v, %q", got, sheet)
	}
}

func signGuestbook(t *testing.T, p *project, s *server) { post(t, s.url+"/?name=Ada") }

func readGuestbook(t *testing.T, p *project, s *server) {
	if got := devtooltest.Get(t, s.url); got != "Friends: Ada" {
		t.Errorf("the new app says %q, want the old one's guest", got)
	}
	if _, err := os.Stat(filepath.Join(p.dir, "data", "guestbook.db")); err != nil {
		t.Error(err)
	}
}

// TestBrowserShapeVite opens the page of a Vite project at a route of the
// client's own.
func TestBrowserShapeVite(t *testing.T) {
	t.Parallel()
	p := newShape(t, "vite")
	s := p.start()
	tab := browsertest.Start(t).Open(s.url + "/lists/1")
	tab.Until(`document.querySelector("li")?.textContent === "write the report" && document.body.textContent.includes("/lists/1")`)
	color := `getComputedStyle(document.querySelector("h1")).color`
	if got := browsertest.Eval[string](tab, color); got != "rgb(10, 20, 30)" {
		t.Errorf("the heading is %s", got)
	}
	browsertest.Eval[int](tab, mark)
	s.Outcome(func() { p.edit("frontend/src/index.css", "10, 20, 30", "30, 20, 10") })
	tab.Until(color + ` === "rgb(30, 20, 10)" && window.__mark === 1`)
	s.Outcome(func() { p.edit("frontend/src/App.tsx", "<h1>Todo", "<h1>Done") })
	tab.Until(`document.querySelector("h1")?.textContent === "Done" && ` + color + ` === "rgb(30, 20, 10)"`)
	got := s.Outcome(func() { p.edit("frontend/index.html", "<title>Todo", "<title>Lists") })
	tab.Until(`document.title === "Lists" && document.querySelector("li")`)
	if got.Result != "reloaded" || !alive(s.app) {
		t.Errorf("an edit of the page: %+v, want a reload and the app untouched", got)
	}
	if logo := devtooltest.Get(t, s.url+"/logo.svg"); !strings.Contains(logo, "<circle") {
		t.Errorf("public/logo.svg is %q", logo)
	}
	if c := tab.Complaints(); len(c) > 0 {
		t.Errorf("on the console: %q", c)
	}
}

// TestBrowserShapeEmbed starts a fresh clone whose app embeds and fills the
// page that the web side would have built.
func TestBrowserShapeEmbed(t *testing.T) {
	t.Parallel()
	p := newShape(t, "embed")
	s := p.start()
	tab := browsertest.Start(t).Open(s.url + "/users/7")
	hello := func(text string) string {
		return `document.getElementById("hello")?.textContent === "` + text + `" && getComputedStyle(document.querySelector("h1")).color === "rgb(1, 2, 3)"`
	}
	tab.Until(hello("Hello root at /users/7"))
	web := s.Outcome(func() { p.edit("ui/src/main.ts", "Hello", "Good day,") })
	tab.Until(hello("Good day, root at /users/7"))
	if !alive(s.app) {
		t.Errorf("an edit of a script ended the app: %+v", web)
	}
	mark := s.Mark()
	s.Outcome(func() { p.edit("ui/index.html", "<h1>Admin", "<h1>Console") })
	tab.Until(`document.querySelector("h1")?.textContent === "Console" && ` + hello("Good day, root at /users/7"))
	s.Outcome(func() { p.edit("main.go", `"root"`, `"admin"`) })
	tab.Until(hello("Good day, admin at /users/7"))
	if all := outcomes(s, mark); len(all) != 2 {
		t.Errorf("two saves had the outcomes %q", all)
	}
	for file, want := range map[string]string{"index.html": "Console", "assets/main.js": "Good day"} {
		if text := p.read("ui/dist/" + file); !strings.Contains(text, want) {
			t.Errorf("ui/dist/%s lacks %q", file, want)
		}
	}
}

// TestShapeMains tells of several programs, and does what it says.
func TestShapeMains(t *testing.T) {
	t.Parallel()
	p := newShape(t, "mains")
	p.remove("devtool.toml")
	s := p.startOnly()
	<-s.Ended
	hint := regexp.MustCompile(`\[go\] (package = "\./cmd/server")`).FindStringSubmatch(s.Stderr())
	if code := s.Cmd.ProcessState.ExitCode(); code != 2 || hint == nil {
		t.Fatalf("exit code %d, said %q; want 2 and the line to write", code, s.Stderr())
	}
	p.write("devtool.toml", "[go]\n"+hint[1]+"\n")
	if got := devtooltest.Get(t, p.start().url); got != "a book" {
		t.Errorf("with %s the app says %q", hint[1], got)
	}
}

// TestShapeBot follows a program that speaks no HTTP.
func TestShapeBot(t *testing.T) {
	t.Parallel()
	p := newShape(t, "bot")
	s := p.start()
	says := func(text string) func(devtooltest.Message) bool {
		return func(m devtooltest.Message) bool { return m.Type == "log" && m.Text == "bot says "+text }
	}
	s.Await("the bot", says("good morning"))
	mark := s.Mark()
	s.Outcome(func() { p.edit("main.go", "good morning", "good evening") })
	s.AwaitAfter(mark, "the old bot to end in peace", says("goodbye"))
	s.AwaitAfter(mark, "the new bot", says("good evening"))
}

// TestShapeGRPC calls a gRPC server over an edit, byte by byte as the protocol
// has it: the message that asks for the health of the whole server is empty.
func TestShapeGRPC(t *testing.T) {
	t.Parallel()
	p := newShape(t, "grpc")
	s := p.start()
	protocols := new(http.Protocols)
	protocols.SetUnencryptedHTTP2(true)
	client := &http.Client{Transport: &http.Transport{Protocols: protocols}, Timeout: devtooltest.Patience}
	call := func() (version, status, answer string) {
		req, err := http.NewRequest(http.MethodPost, s.url+"/grpc.health.v1.Health/Check", bytes.NewReader(make([]byte, 5)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/grpc")
		req.Header.Set("Te", "trailers")
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.Header.Get("Version"), res.Trailer.Get("Grpc-Status"), string(body)
	}
	serving := "\x00\x00\x00\x00\x02\x08\x01"
	if version, status, answer := call(); version != "one" || status != "0" || answer != serving {
		t.Errorf("called: version %q, status %q, %q", version, status, answer)
	}
	s.Outcome(func() { p.edit("cmd/server/main.go", `"one"`, `"two"`) })
	if version, status, answer := call(); version != "two" || status != "0" || answer != serving {
		t.Errorf("called after the edit: version %q, status %q, %q", version, status, answer)
	}
}

func post(t *testing.T, url string) string {
	t.Helper()
	res, err := http.Post(url, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatalf("POST %s: %s, %v", url, res.Status, err)
	}
	return string(body)
}
