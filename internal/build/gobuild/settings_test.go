package gobuild

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// TestProjectsAndSettings builds what projects and their settings may be like,
// and runs what came of it.
func TestProjectsAndSettings(t *testing.T) {
	t.Parallel()
	const plain = "-- go.mod --\nmodule example.com/p\n\ngo 1.24\n-- main.go --\npackage main\n\nvar x = \"none\"\n\nfunc main() { print(x, extra()) }\n"
	const extra = "-- extra.go --\npackage main\n\nfunc extra() string { return \"\" }\n"
	const library = "package lib\n\nconst Name = \"lib\"\n"
	const user = "-- main.go --\npackage main\n\nimport \"example.com/lib\"\n\nfunc main() { print(lib.Name) }\n"
	tests := []struct {
		name, tree string
		options    Options
		env        []string
		want       string
	}{
		{name: "GOFLAGS", tree: plain + extra, env: []string{"GOFLAGS=-ldflags=-X=main.x=flags"}, want: "flags"},
		{name: "our flags win over GOFLAGS", tree: plain + extra, options: Options{LDFlags: "-X main.x=ours"},
			env: []string{"GOFLAGS=-ldflags=-X=main.x=flags"}, want: "ours"},
		{name: "gcflags", tree: plain + extra, options: Options{GCFlags: "all=-N -l"}, want: "none"},
		{name: "race", tree: plain + "-- extra.go --\n//go:build race\n\npackage main\n\nfunc extra() string { return \" race\" }\n",
			options: Options{Race: true}, want: "none race"},
		{name: "further flags", tree: plain + "-- extra.go --\n//go:build more\n\npackage main\n\nfunc extra() string { return \" more\" }\n",
			options: Options{Flags: []string{"-tags=more"}}, want: "none more"},
		{name: "cgo", tree: plain + "-- extra.go --\npackage main\n\n// static int seven(void) { return 7; }\nimport \"C\"\n\n" +
			"func extra() string { return string(rune('0' + C.seven())) }\n", want: "none7"},
		{name: "go.work", want: "lib", options: Options{Package: "./app"},
			tree: "-- go.work --\ngo 1.24\n\nuse (\n\t./app\n\t./lib\n)\n-- app/go.mod --\nmodule example.com/app\n\ngo 1.24\n" +
				"-- lib/go.mod --\nmodule example.com/lib\n\ngo 1.24\n-- lib/lib.go --\n" + library + "-- app/" + user[3:]},
		{name: "vendor", want: "lib",
			tree: "-- go.mod --\nmodule example.com/app\n\ngo 1.24\n\nrequire example.com/lib v1.0.0\n" +
				"-- vendor/modules.txt --\n# example.com/lib v1.0.0\n## explicit; go 1.24\nexample.com/lib\n" +
				"-- vendor/example.com/lib/lib.go --\n" + library + user},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := newTestGo(t, writeTree(t, tt.tree), tt.options)
			g.options.Env = append(g.options.Env, tt.env...)
			result := buildOK(t, g, 1)
			if out, err := exec.Command(result.Binary).CombinedOutput(); err != nil || string(out) != tt.want {
				t.Errorf("printed %q, %v; want %q", out, err, tt.want)
			}
			graph, err := g.Graph(t.Context())
			if main := filepath.Join(g.options.Dir, g.options.Package, "main.go"); err != nil || graph.Incomplete || !graph.Relevant(main, false) {
				t.Errorf("the graph of it: error %v, incomplete %v, files %v; want %s in it", err, graph.Incomplete, graph.Files(), main)
			}
		})
	}
}
