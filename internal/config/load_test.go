package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// tree writes files, given by their slash-separated names, into a new
// directory and returns it.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func load(t *testing.T, o Options) *Config {
	t.Helper()
	c, err := Load(o)
	if err != nil {
		t.Fatalf("Load(%+v): %v", o, err)
	}
	return c
}

func TestLoadPrecedence(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{
		"go.mod": "module example.com/app\n",
		"devtool.toml": `[server]
port = 4000
open = true
[go]
race = true
tags = ["a", "b"]
[app.env]
A = "file"
B = "file"
[[rule]]
paths = ["*.sql"]
action = "restart"
[[rule]]
paths = ["*.md"]
action = "ignore"
`,
		"devtool.local.toml": `[server]
port = 4001
[app.env]
B = "local"
[[rule]]
paths = ["*.txt"]
action = "reload"
`,
	})
	c := load(t, Options{
		Cwd: dir,
		Env: []string{"DEVTOOL_SERVER_PORT=4002", "DEVTOOL_GO_TAGS=x, y", "DEVTOOL_APP_ARGS=serve '--name=a b'",
			"DEVTOOL_APP_STOP_TIMEOUT=1s", "DEVTOOL_APP_SOCKET=false", "DEVTOOL_URL=http://other", "DEVTOOL_BUILD=7", "DEVTOOL_MANIFEST=/m"},
		Flags: []Flag{
			{Name: "--port", Key: "server.port", Values: []string{"4003"}},
			{Name: "--open", Key: "server.open", Values: []string{"/admin"}},
			{Name: "--race", Key: "go.race", Values: []string{"false"}},
		},
	})
	off := false
	type settings struct {
		Port   int
		Strict bool
		Open   Open
		Race   bool
		Tags   []string
		Args   Command
		Env    map[string]string
		Stop   time.Duration
		Socket *bool
		Rules  []Rule
		Notes  []Note
	}
	got := settings{c.Server.Port, c.Server.StrictPort, c.Server.Open, c.Go.Race, c.Go.Tags, c.App.Args, c.App.Env,
		time.Duration(c.App.StopTimeout), c.App.Socket, c.Rules, c.Notes}
	want := settings{4003, true, "/admin", false, []string{"x", "y"}, Command{"serve", "--name=a b"},
		map[string]string{"A": "file", "B": "local"}, time.Second, &off,
		[]Rule{{Paths: []string{"*.txt"}, Action: "reload"}}, nil}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}

	local := filepath.Join(dir, localName)
	for key, want := range map[string]string{
		"server.port":       "--port",
		"go.tags":           "DEVTOOL_GO_TAGS",
		"app.env.A":         filepath.Join(dir, fileName) + ":8",
		"app.env.B":         local + ":4",
		"rule[0].action":    local + ":7",
		"rule[1].action":    "default",
		"app.drain_timeout": "default",
	} {
		if got := c.Origin(key).String(); got != want {
			t.Errorf("Origin(%q) = %s, want %s", key, got, want)
		}
	}
	if want := []string{filepath.Join(dir, fileName), local}; !cmp.Equal(c.Files, want) {
		t.Errorf("Files = %q, want %q", c.Files, want)
	}
}

func TestLoadFindsTheFile(t *testing.T) {
	t.Parallel()
	files := map[string]string{
		"devtool.toml":        "[server]\nport = 1\n",
		"repo/.git/HEAD":      "",
		"repo/api/go.mod":     "module api\n",
		"repo/api/cmd/x.go":   "",
		"app/go.mod":          "module app\n",
		"app/cmd/api/main.go": "",
		"conf/dev.toml":       "[server]\nport = 5\n[web]\nhtml = \"page.html\"\n",
		"repo2/.git/HEAD":     "",
		"repo2/devtool.toml":  "[server]\nport = 2\n",
		"repo2/api/go.mod":    "module api\n",
		"repo2/ex/go.mod":     "module ex\n",
		"bare/x.txt":          "",
		"local/go.mod":        "module local\n",
		"local/a/x.txt":       "",
		"local/" + localName:  "[server]\nport = 3\n",
	}
	dir := tree(t, files)
	for _, tt := range []struct {
		name, cwd, dir, file string
		root                 string
		port                 int
	}{
		{"not above the repository", "repo/api/cmd", "", "", "repo/api", 3000},
		{"not above the module", "app/cmd/api", "", "", "app", 3000},
		{"above the module, in the repository", "repo2/api", "", "", "repo2", 2},
		{"a project directory is taken as it is", "repo2", "ex", "", "repo2/ex", 3000},
		{"a file gives the root", "app", "", "../conf/dev.toml", "conf", 5},
		{"a directory is stronger than the file's", "app", ".", "../conf/dev.toml", "app", 5},
		{"no module", "bare", "", "", "bare", 3000},
		{"a local file alone", "local/a", "", "", "local", 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := load(t, Options{Cwd: filepath.Join(dir, tt.cwd), Dir: tt.dir, File: tt.file})
			if got := c.Root; got != filepath.Join(dir, tt.root) {
				t.Errorf("Root = %s, want %s", got, filepath.Join(dir, tt.root))
			}
			if c.Server.Port != tt.port {
				t.Errorf("port = %d, want %d", c.Server.Port, tt.port)
			}
			if c.Web.HTML != "" && c.Web.HTML != filepath.Join(dir, tt.root, "page.html") {
				t.Errorf("web.html = %s, want it under %s", c.Web.HTML, tt.root)
			}
		})
	}
	for _, o := range []Options{{Cwd: dir, Dir: "none"}, {Cwd: dir, Dir: "devtool.toml"}, {Cwd: dir, File: "none.toml"}} {
		if _, err := Load(o); err == nil || !strings.Contains(err.Error(), dir) {
			t.Errorf("Load(%+v) = %v, want an error that names the path", o, err)
		}
	}
}

func TestLoadErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, toml string
		want       string // "line:column: text | hint"
	}{
		{"syntax", "[server]\nport = \n", "2:8: "},
		{"unclosed string", "[server]\nhost = \"a\nport = 1\n", "2:"},
		{"twice", "[server]\nport = 1\nport = 2\n", "3:1: "},
		{"similar key", "[server]\nprot = 1\n", `2:1: unknown key "prot" in [server] | did you mean "port"?`},
		{"key of another section", "[server]\nrace = true\n", `2:1: unknown key "race" in [server] | "race" belongs in [go]`},
		{"strange key", "[overlay]\nzzz = 1\n", `2:1: unknown key "zzz" in [overlay] | known here: enabled, editor, indicator, runtime_errors`},
		{"section", "[sever]\nport = 1\n", `1:2: unknown key "sever" at the top of the file | did you mean "server"?`},
		{"key at the top", "port = 1\n", `1:1: unknown key "port" at the top of the file | "port" belongs in [server]`},
		{"in an array of tables", "[[rule]]\npaths=[\"*\"]\naction=\"reload\"\n[[rule]]\npath = [\"*\"]\n", `5:1: unknown key "path" in [[rule]] | did you mean "paths"?`},
		{"quoted number", "[server]\nport = \"3000\"\n", `2:8: server.port must be a whole number, not "3000"`},
		{"number for text", "[server]\nhost = 1\n", `2:8: server.host must be a string, not 1`},
		{"fraction", "[server]\nport = 1.5\n", `2:8: server.port must be a whole number, not 1.5`},
		{"boolean", "[app]\nsocket = \"yes\"\n", `2:10: app.socket must be true or false, not "yes"`},
		{"duration", "[app]\nstop_timeout = 3\n", `2:16: app.stop_timeout must be a time such as "500ms" or "2s", not 3`},
		{"duration unit", "[app]\nstop_timeout = \"3 sec\"\n", `2:16: app.stop_timeout must be a time such as "500ms" or "2s", not "3 sec"`},
		{"list", "[go]\ntags = \"a\"\n", `2:8: go.tags must be an array of strings, not "a"`},
		{"list item", "[go]\ntags = [\"a\",\n  2]\n", `3:3: go.tags[1] must be a string, not 2`},
		{"section as a value", "server = 3\n", `1:10: server must be a table, not 3`},
		{"table for a list", "[rule]\npaths = []\n", `1:2: rule must be an array of tables, [[rule]], not a table`},
		{"map value", "[app.env]\nA = [1]\n", `2:1: app.env.A must be a string, not an array`},
		{"date", "[server]\nhost = 2020-01-01\n", `2:8: server.host must be a string, not a date`},
		{"shell", "[go]\ncommand = \"make && x\"\noutput = \"x\"\n", `2:11: go.command is not a simple command (`},
		{"substitution", "[app]\nargs = \"$(id)\"\n", `2:8: app.args is not a simple command (it needs a shell) | commands are run without a shell`},
		{"port", "[server]\nport = 70000\n", `2:8: server.port must be between 0 and 65535, not 70000`},
		{"host", "[server]\nhost = \"me.test\"\n", `2:8: server.host must be an IP address or localhost, not "me.test" | names`},
		{"mode", "[server]\nmode = \"derict\"\n", `2:8: server.mode must be one of proxy, direct, not "derict" | did you mean "direct"?`},
		{"restart", "[app]\nrestart = \"never\"\n", `2:11: app.restart must be one of replace, overlap, not "never"`},
		{"action", "[[rule]]\npaths = [\"*\"]\naction = \"relaod\"\n", `3:10: rule[0].action must be one of reload, swap, restart, build, ignore, not "relaod" | did you mean "reload"?`},
		{"action missing", "[[rule]]\npaths = [\"*\"]\n", `1:3: rule[0].action is missing`},
		{"glob", "[[rule]]\npaths = [\"a\", \"[\"]\naction = \"reload\"\n", `2:15: rule[0].paths[1] is not a valid glob: "["`},
		{"prefix", "[web]\npublic_path = \"/static\"\n", `2:15: web.public_path must begin and end with a slash, not "/static" | write "/static/"`},
		{"own prefix", "[web]\npublic_path = \"/__devtool/x/\"\n", `2:15: web.public_path must not be under /__devtool/`},
		{"climbing prefix", "[web]\npublic_path = \"/a/../b/\"\n", `2:15: web.public_path must be a plain URL path`},
		{"mount", "[web.mounts]\n\"/img\" = \"img\"\n", `2:10: web.mounts./img must begin and end with a slash`},
		{"cert alone", "[server]\ncert = \"a.pem\"\n", `2:8: server.cert needs server.key beside it`},
		{"direct and https", "[server]\nhttps = true\nmode = \"direct\"\n", `3:8: server.mode must not be "direct" with HTTPS | in direct mode the app`},
		{"entry point", "[web]\nentry_points = [\"main.go\"]\n", `2:17: web.entry_points[0] must be a script or a style sheet, not "main.go"`},
		{"command without output", "[go]\ncommand = [\"make\"]\n", `2:1: go.command needs go.output`},
		{"ready", "[app]\nready = \"healthz\"\n", `2:9: app.ready must be a path`},
		{"socket and tcp", "[app]\nsocket = true\nready = \"tcp\"\n", `3:9: app.ready must not be "tcp" with a passed socket`},
		{"column in code points", "[web.mounts]\n\"/ä/\" = 2020-01-01\n", `2:9: web.mounts./ä/ must be a string, not a date`},
		{"inline table", "server = { port = 1, prot = 2 }\n", `1:22: unknown key "prot" in [server]`},
		{"dotted key", "server.prot = 2\n", `1:1: unknown key "prot" in [server]`},
		{"byte order mark", "\xef\xbb\xbfserver.prot = 2\n", `1:1: unknown key "prot" in [server]`},
		{"windows line ends", "[server]\r\nprot = 1\r\n", `2:1: unknown key "prot" in [server]`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := tree(t, map[string]string{fileName: tt.toml})
			_, err := Load(Options{Cwd: dir})
			var e *Error
			if !errors.As(err, &e) {
				t.Fatalf("Load = %v, want an *Error", err)
			}
			if e.File != filepath.Join(dir, fileName) {
				t.Errorf("File = %q", e.File)
			}
			got := strings.TrimPrefix(e.Error(), e.File+":")
			if e.Hint != "" {
				got += " | " + e.Hint
			}
			if !strings.HasPrefix(got, tt.want) {
				t.Errorf("error = %s\n       want %s", got, tt.want)
			}
			shown := false
			for _, l := range e.Excerpt {
				shown = shown || l.Number == e.Line
			}
			if !shown {
				t.Errorf("excerpt %v lacks line %d", e.Excerpt, e.Line)
			}
		})
	}
}

func TestLoadReportsEveryMistake(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{
		fileName:  "[server]\nprot = 1\nhost = 2\n[app]\nrun = 1\n",
		localName: "x = 1\n",
	})
	_, err := Load(Options{Cwd: dir, Env: []string{"DEVTOOL_SERVER_PORT=abc"}, Flags: []Flag{{Name: "--race", Key: "go.race", Values: []string{"maybe"}}}})
	var got []string
	for line := range strings.SplitSeq(err.Error(), "\n") {
		got = append(got, strings.TrimPrefix(line, dir+string(filepath.Separator)))
	}
	want := []string{
		`DEVTOOL_SERVER_PORT: server.port must be a whole number, not "abc"`,
		`--race: go.race must be true or false, not "maybe"`,
		`devtool.local.toml:1:1: unknown key "x" at the top of the file`,
		`devtool.toml:2:1: unknown key "prot" in [server]`,
		`devtool.toml:3:8: server.host must be a string, not 2`,
		`devtool.toml:5:1: unknown key "run" in [app]`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("errors (-want +got):\n%s", diff)
	}
}

func TestUnknownVariables(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	_, err := Load(Options{Cwd: dir, Env: []string{"DEVTOOL_SERVER_PROT=1"}})
	var e *Error
	if !errors.As(err, &e) || e.Source != "DEVTOOL_SERVER_PROT" || e.Hint != "did you mean DEVTOOL_SERVER_PORT?" {
		t.Errorf("Load = %+v, want an error about the variable that names the right one", err)
	}
	c := load(t, Options{Cwd: dir, Env: []string{"DEVTOOL_HOME=/x"}})
	if len(c.Notes) != 1 || !strings.Contains(c.Notes[0].Text, "DEVTOOL_HOME") {
		t.Errorf("Notes = %+v, want one about DEVTOOL_HOME", c.Notes)
	}
}

func TestPathsAreAbsolute(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{fileName: `
[server]
cert = "tls/cert.pem"
key = "/etc/key.pem"
[go]
command = "make"
output = "bin/app"
[app]
env_files = ["dev.env"]
[web]
entry_points = ["web/main.ts", "../other/x.css"]
public_dir = "public"
mounts = { "/static/" = "static" }
[[generate]]
run = "sqlc generate"
inputs = ["*.sql"]
outputs = ["db/query.go"]
`})
	c := load(t, Options{Cwd: dir})
	in := func(p string) string { return filepath.Join(dir, filepath.FromSlash(p)) }
	got := [][]string{
		{c.Server.Cert, c.Server.Key, c.Go.Output, c.App.Cwd, c.Web.PublicDir, c.Web.HTML},
		c.App.EnvFiles, c.Web.EntryPoints, {c.Web.Mounts["/static/"]}, c.Generate[0].Inputs, c.Generate[0].Outputs,
	}
	want := [][]string{
		{in("tls/cert.pem"), "/etc/key.pem", in("bin/app"), dir, in("public"), ""},
		{in("dev.env")}, {in("web/main.ts"), in("../other/x.css")}, {in("static")}, {"*.sql"}, {in("db/query.go")},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
}

func TestPackageArg(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{
		"cmd/api/main.go": "",
		fileName:          "[go]\npackage = \"cmd/api\"\n",
	})
	c := load(t, Options{Cwd: dir})
	if c.Go.Package != "./cmd/api" {
		t.Errorf("package = %q", c.Go.Package)
	}
}

func TestEmptyFlagSwitchesOff(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{"web/main.ts": ""})
	c := load(t, Options{Cwd: dir, Flags: []Flag{{Name: "--no-web", Key: "web.entry_points"}}})
	done, _, err := Discover(c, []Main{{Dir: dir}})
	if err != nil || len(done.Web.EntryPoints) > 0 {
		t.Errorf("entry points = %q, %v; want none", done.Web.EntryPoints, err)
	}
	if got := done.Origin("web.entry_points").String(); got != "--no-web" {
		t.Errorf("origin = %s", got)
	}
}
