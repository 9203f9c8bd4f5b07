//go:build unix

package e2e_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/calendsync/devtool/internal/devtooltest"
)

// TestWriteDir starts a fresh clone whose program embeds what the web side
// writes, and edits both sides.
func TestWriteDir(t *testing.T) {
	t.Parallel()
	p := newSmall(t, map[string]string{
		"page.go": `package main

import "embed"

//go:embed dist
var dist embed.FS

func page() string {
	script, _ := dist.ReadFile("dist/main.js")
	return "embedded " + string(script)
}
`,
		"web/main.ts":  "console.log('one');\n",
		"web/old.ts":   "console.log('old');\n",
		"devtool.toml": "[web]\nentry_points = [\"web/main.ts\", \"web/old.ts\"]\nwrite_dir = \"dist\"\n",
		".gitignore":   "/dist/\n",
	})
	s := p.start()
	if first := s.Await("the first outcome", devtooltest.Finished(1)); first.Result != "reloaded" || len(first.Problems) > 0 {
		t.Fatalf("a fresh clone: outcome %+v, want a running app", first)
	}
	if got, want := devtooltest.Get(t, s.url), "embedded "+p.read("dist/main.js"); got != want {
		t.Errorf("the app says %q, want %q", got, want)
	}

	mark := s.Mark()
	got := s.Outcome(func() { p.edit("web/main.ts", "one", "two") })
	if served := devtooltest.Get(t, s.url+"/assets/main.js"); p.read("dist/main.js") != served {
		t.Errorf("the written bundle differs from the one that is served: %q", served)
	}
	if !slices.Equal(got.StageNames(), []string{"web"}) || !alive(s.app) {
		t.Errorf("outcome %+v, want the app untouched", got)
	}
	s.Outcome(func() { p.edit("page.go", "embedded", "built in") })
	if all := outcomes(s, mark); len(all) != 2 {
		t.Errorf("two saves had the outcomes %q", all)
	}
	if got, want := devtooltest.Get(t, s.url), "built in "+p.read("dist/main.js"); got != want {
		t.Errorf("the app says %q, want %q", got, want)
	}
	s.Stop()

	p.write("dist/theirs.txt", "x")
	p.edit("devtool.toml", `, "web/old.ts"`, "")
	p.start()
	for file, want := range map[string]bool{"main.js": true, "old.js": false, "theirs.txt": true} {
		if _, err := os.Stat(filepath.Join(p.dir, "dist", file)); (err == nil) != want {
			t.Errorf("started without an entry point, dist/%s: %v; want it to be there: %v", file, err, want)
		}
	}
}
