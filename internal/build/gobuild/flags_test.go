package gobuild

import (
	"debug/elf"
	"runtime"
	"strings"
	"testing"

	"github.com/calendsync/devtool/internal/problem"
)

// TestProgressIsNoProblem: flags that make the go command and its tools say
// what they do leave the problems as they are.
func TestProgressIsNoProblem(t *testing.T) {
	t.Parallel()
	const module = "-- go.mod --\nmodule example.com/p\n\ngo 1.24\n-- sub/sub.go --\npackage sub\n\nfunc Add(a, b int) *int { c := a + b; return &c }\n"
	const fine = module + "-- main.go --\npackage main\n\nimport \"example.com/p/sub\"\n\nfunc main() { print(*sub.Add(1, 2)) }\n"
	const broken = module + "-- main.go --\npackage main\n\nimport \"example.com/p/sub\"\n\nfunc main() { print(*sub.Add(1, oops)) }\n"
	const missing = module + "-- main.go --\npackage main\n\nimport _ \"example.com/p/none\"\n\nfunc main() {}\n"
	const inC = module + "-- main.go --\npackage main\n\n// #include <none.h>\nimport \"C\"\n\nfunc main() {}\n"
	for name, tt := range map[string]struct {
		options Options
		goflags string
	}{
		"-v":            {options: Options{Flags: []string{"-v"}}},
		"-x":            {options: Options{Flags: []string{"-x"}}},
		"-v -x -work":   {options: Options{Flags: []string{"-v", "-x", "-work"}}},
		"GOFLAGS=-v -x": {goflags: "-v -x"},
		"-gcflags=-m":   {options: Options{GCFlags: "-m"}},
		"-ldflags=-v":   {options: Options{LDFlags: "-v"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			build := func(tree string) Result {
				g := newTestGo(t, writeTree(t, tree), tt.options)
				g.options.Env = append(g.options.Env, "GOFLAGS="+tt.goflags)
				if r := g.Build(t.Context(), 1); r.Err == nil {
					return r
				} else {
					t.Fatal(r.Err)
					return r
				}
			}
			if r := build(fine); r.Binary == "" || len(r.Diagnostics) > 0 {
				t.Errorf("a good build: %q, with\n%s", r.Binary, printDiagnostics(r.Diagnostics))
			}
			for tree, want := range map[string]string{broken: "undefined: oops", missing: "example.com/p/none", inC: "none.h"} {
				r := build(tree)
				if len(r.Diagnostics) != 1 || r.Diagnostics[0].Severity != problem.Error || !strings.Contains(r.Diagnostics[0].Text, want) {
					t.Errorf("a broken build has not one problem with %q:\n%s", want, printDiagnostics(r.Diagnostics))
				}
			}
		})
	}
}

// TestDebuggingInformation is left out to save time, but not where somebody
// means to use it.
func TestDebuggingInformation(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("reads ELF")
	}
	for name, tt := range map[string]struct {
		options Options
		goflags string
		want    bool
	}{
		"usually":                   {},
		"debug":                     {options: Options{Debug: true}, want: true},
		"debug with linker flags":   {options: Options{Debug: true, LDFlags: "-X main.x=1"}, want: true},
		"no optimisation":           {options: Options{GCFlags: "all=-N -l"}, want: true},
		"of one package":            {options: Options{GCFlags: "-N"}, want: true},
		"in further flags":          {options: Options{Flags: []string{"-gcflags=all=-l -N"}}, want: true},
		"in GOFLAGS":                {goflags: "-gcflags=all=-N", want: true},
		"another flag":              {options: Options{GCFlags: "-l -trimpath=-No"}},
		"left out by linker flags":  {options: Options{Debug: true, LDFlags: "-w"}},
		"kept by own linker flags":  {options: Options{LDFlags: "-w=0"}, want: true},
		"shipped, whatever is said": {options: Options{Debug: true, Release: true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newTestGo(t, writeTree(t, greeter), tt.options)
			g.options.Env = append(g.options.Env, "GOFLAGS="+tt.goflags)
			file, err := elf.Open(buildOK(t, g, 1).Binary)
			if err != nil {
				t.Fatal(err)
			}
			defer file.Close()
			if _, err := file.DWARF(); (err == nil && file.Section(".debug_info") != nil) != tt.want {
				t.Errorf("debugging information: %v, want %v (%v)", !tt.want, tt.want, err)
			}
			if _, err := g.Graph(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}
