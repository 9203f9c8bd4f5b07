package config

import (
	"bytes"
	"path/filepath"
	"strings"
)

// pocketBase lets programs that extend PocketBase serve where they are asked
// to. They read no PORT, and without arguments they print their usage.
func (d *discovery) pocketBase() {
	if d.IsSet("app.args") || d.mainDir == "" || !startsPocketBase(d.mainDir) {
		return
	}
	d.App.Args = Command{"serve", "--http=127.0.0.1:${PORT}"}
	d.found("app.args", Assumption{What: "args", Value: strings.Join(d.App.Args, " "), Why: "a PocketBase program",
		Setting: `[app] args = ["serve", "--http=127.0.0.1:${PORT}"]`})
}

// startsPocketBase reports whether the program in dir is PocketBase's command
// line with something added.
func startsPocketBase(dir string) bool {
	sources, _ := filepath.Glob(filepath.Join(escapeGlob(dir), "*.go")) // fails for bad patterns only
	for _, source := range sources {
		text := readHead(source)
		if bytes.Contains(text, []byte(`"github.com/pocketbase/pocketbase"`)) && bytes.Contains(text, []byte("pocketbase.New")) {
			return true
		}
	}
	return false
}
