package devtool_test

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/calendsync/devtool"

type goPackage struct {
	ImportPath, Name, Doc string
	Standard              bool
	Imports, GoFiles      []string
}

// packages lists every package of the module.
func packages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Name,Doc,Imports,GoFiles", "./...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []goPackage
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// allowed names every import between packages of the module that the
// architecture permits, beside those of devserver and the commands.
var allowed = map[string][]string{
	"internal/reload":        {"web/overlay", "web/hot"}, // serves the scripts whose sources are embedded there
	"internal/socket":        {"listenfd"},               // devtool adopts its own sockets as any app does
	"internal/runner":        {"internal/process"},       // an app is a sequence of its processes
	"internal/build/bundle":  {"internal/build/refresh"}, // reads from scripts what hot updates need
	"internal/build/gobuild": {"internal/build/replay"},  // go build, and its commands without it
}

// shared are leaves that every package below devserver may import.
var shared = []string{
	"internal/problem",     // what is wrong in the user's code
	"internal/feedback",    // a program that writes what restarts it
	"internal/regular",     // files that may be pipes or devices
	"internal/routes",      // the URLs that devtool keeps for itself
	"internal/build/group", // commands that lead a process group
}

// TestImportsPointOneWay keeps the packages below devserver from knowing one
// another: each can be read, tested and replaced alone, and everything that
// joins two of them stands in one place.
func TestImportsPointOneWay(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		from := strings.TrimPrefix(p.ImportPath, module+"/")
		for _, imported := range p.Imports {
			to, ours := strings.CutPrefix(imported, module+"/")
			if !ours {
				if from == "listenfd" && strings.Contains(imported, ".") {
					t.Errorf("listenfd imports %s: it is linked into other people's servers and keeps to the standard library", imported)
				}
				continue
			}
			if reason := forbidden(from, to); reason != "" {
				t.Errorf("%s imports %s: %s", from, to, reason)
			}
		}
	}
}

func forbidden(from, to string) string {
	switch {
	case to == "internal/devtooltest":
		return "it starts devtool for tests, and tests alone import it"
	case strings.HasPrefix(from, "cmd/"), from == "internal/devserver", slices.Contains(allowed[from], to), strings.HasPrefix(to, from+"/"), slices.Contains(shared, to):
		return ""
	case strings.HasPrefix(from, "examples/"):
		if to == "listenfd" || strings.HasPrefix(to, "examples/") {
			return ""
		}
		return "an example is an app like any other and knows only the public package listenfd"
	case strings.HasPrefix(from, "bench"):
		if strings.HasPrefix(to, "bench/") || to == "listenfd" {
			return ""
		}
		return "a benchmark drives the finished program, as its users do"
	case strings.HasPrefix(from, "internal/"):
		return "packages below devserver do not know one another; join them in internal/devserver"
	default:
		return "only internal/devserver and the commands compose"
	}
}

// TestPolicyIsPure: a decision is a function of a state and an event. What could
// ask the world, or wait for it, is not at hand there.
func TestPolicyIsPure(t *testing.T) {
	t.Parallel()
	forbidden := []string{"os", "net", "sync", "context", "math/rand", "crypto/rand", "syscall", "io", "log", "runtime"}
	const clock = `time\.(Now|Since|Until|After|AfterFunc|Sleep|Tick|NewTimer|NewTicker)\(`
	for _, p := range packages(t) {
		if p.ImportPath != module+"/internal/policy" {
			continue
		}
		for _, imported := range p.Imports {
			if i := slices.IndexFunc(forbidden, func(f string) bool { return imported == f || strings.HasPrefix(imported, f+"/") }); i >= 0 {
				t.Errorf("internal/policy imports %s: it decides by what it is told", imported)
			}
		}
		for _, file := range p.GoFiles {
			text, err := os.ReadFile(filepath.Join("internal", "policy", file))
			if err != nil {
				t.Fatal(err)
			}
			if call := regexp.MustCompile(clock).Find(text); call != nil {
				t.Errorf("internal/policy/%s has %s): times come with events", file, call)
			}
		}
		return
	}
	t.Fatal("there is no package internal/policy")
}

// TestEveryPackageSaysWhatItIsFor asks for a package comment.
func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		if len(p.GoFiles) > 0 && p.Doc == "" {
			t.Errorf("%s has no package comment", p.ImportPath)
		}
	}
}
