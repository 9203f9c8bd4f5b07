package config

import (
	"path/filepath"
	"strings"
)

// generators finds the code generators of the project by their files. One that
// go.mod pins as a tool is run; any other is only mentioned, as it may not be
// installed and what it writes may be committed.
func (d *discovery) generators() {
	if d.IsSet("generate") {
		return
	}
	if d.files.templ {
		d.generator("templ", "github.com/a-h/templ/cmd/templ", []string{"*.templ"}, "there are templ files")
	}
	for _, name := range []string{"sqlc.yaml", "sqlc.yml", "sqlc.json"} {
		if isFile(filepath.Join(d.Root, name)) {
			d.generator("sqlc", "github.com/sqlc-dev/sqlc/cmd/sqlc", []string{"/" + name, "*.sql"}, "there is "+name)
			break
		}
	}
	if isFile(filepath.Join(d.Root, "buf.gen.yaml")) {
		d.generator("buf", "github.com/bufbuild/buf/cmd/buf", []string{"/buf.gen.yaml", "/buf.yaml", "*.proto"}, "there is buf.gen.yaml")
	}
}

func (d *discovery) generator(name, tool string, inputs []string, why string) {
	g := Generate{Name: name, Run: Command{"go", "tool", name, "generate"}, Inputs: inputs}
	if !d.pins(tool) {
		g.Run = Command{name, "generate"}
		d.note(why+", but no generator is pinned in go.mod", "go get -tool "+tool+", or write "+setting(g))
		return
	}
	d.Generate = append(d.Generate, g)
	d.found("generate", Assumption{What: "generate", Value: strings.Join(g.Run, " "), Why: why, Setting: setting(g)})
}

// pins reports whether go.mod names the package as a tool.
func (d *discovery) pins(tool string) bool {
	_, tools, ok := strings.Cut(string(readHead(filepath.Join(d.Root, "go.mod"))), "\ntool")
	return ok && strings.Contains(tools, tool)
}

// setting writes g as TOML.
func setting(g Generate) string {
	return `[[generate]] run = "` + strings.Join(g.Run, " ") + `", inputs = ["` + strings.Join(g.Inputs, `", "`) + `"]`
}
