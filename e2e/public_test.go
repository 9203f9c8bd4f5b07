//go:build unix

package e2e_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/calendsync/devtool/internal/devtooltest"
)

// TestPublicApps starts applications that other people wrote, as their modules
// have them, edits one of their Go files, and asks the new app.
func TestPublicApps(t *testing.T) {
	t.Parallel()
	for _, app := range []struct {
		name, module, pkg string
		settings          string // what their developers would write
		path              string
		file, old, new    string
		want              string // in the answer, after the edit
	}{
		{"httpbin", "github.com/mccutchen/go-httpbin/v2@v2.26.0", "./cmd/go-httpbin", "", "/hostname",
			"httpbin/handlers.go", "Hostname: h.hostname", `Hostname: "edited " + h.hostname`, "edited"},
		{"node_exporter", "github.com/prometheus/node_exporter@v1.12.1", ".",
			"[app]\nargs = [\"--web.listen-address=127.0.0.1:${PORT}\"]\n", "/",
			"node_exporter.go", `"Prometheus Node Exporter"`, `"edited"`, "edited"},
		{"present", "golang.org/x/tools@v0.52.0", "./cmd/present",
			"[go]\npackage = \"./cmd/present\"\n[app]\nargs = [\"-http=127.0.0.1:${PORT}\", \"-play=false\"]\n", "/edited",
			"cmd/present/main.go", "	log.Fatal(http.Serve(ln, nil))",
			"	http.HandleFunc(\"/edited\", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, \"the edit\") })\n	log.Fatal(http.Serve(ln, nil))", "the edit"},
		{"pocketbase", "github.com/pocketbase/pocketbase@v0.38.0", "./examples/base",
			"[go]\npackage = \"./examples/base\"\n[app]\nargs = [\"serve\", \"--http=127.0.0.1:${PORT}\"]\n[web]\nentry_points = []\n", "/api/health",
			"apis/health.go", "API is healthy.", "API is edited.", "edited"},
	} {
		t.Run(app.name, func(t *testing.T) {
			t.Parallel()
			p := unpack(t, app.module, app.pkg)
			if app.settings != "" {
				p.write("devtool.toml", app.settings)
			}
			s := p.start()
			if got := devtooltest.Get(t, s.url+app.path); strings.Contains(got, app.want) {
				t.Errorf("before the edit %s answers %q", app.path, got)
			}
			got := s.Outcome(func() { p.edit(app.file, app.old, app.new) })
			if got.Result != "reloaded" || len(got.Problems) > 0 {
				t.Errorf("outcome %+v, want a reload", got)
			}
			if got := devtooltest.Get(t, s.url+app.path); !strings.Contains(got, app.want) {
				t.Errorf("after the edit %s answers %q, want %q", app.path, got, app.want)
			}
		})
	}
}

// unpack copies the source of a published module, and compiles it once, for
// however long that takes where nothing of it is cached.
func unpack(t *testing.T, module, pkg string) *project {
	t.Helper()
	if testing.Short() {
		t.Skip("builds programs; run without -short")
	}
	p := &project{t: t, dir: t.TempDir()}
	p.prepare = func(cmd *exec.Cmd) { cmd.Env = append(cmd.Env, "GOFLAGS=") }
	download := exec.CommandContext(t.Context(), "go", "mod", "download", "-json", module)
	download.Dir = p.dir
	out, err := download.Output()
	var found struct{ Dir, Error string }
	if jsonErr := json.Unmarshal(out, &found); jsonErr != nil || err != nil {
		t.Fatalf("go mod download %s: %v %v %s", module, err, jsonErr, found.Error)
	}
	if err := os.CopyFS(p.dir, os.DirFS(found.Dir)); err != nil {
		t.Fatal(err)
	}
	if err := filepath.WalkDir(p.dir, func(path string, e os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chmod(path, 0o700) // the module cache is read-only
	}); err != nil {
		t.Fatal(err)
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-buildvcs=false", "-ldflags=-w", "-o", os.DevNull, pkg)
	build.Dir = p.dir
	build.Env = append(os.Environ(), "GOFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build %s: %v\n%s", module, err, out)
	}
	return p
}
