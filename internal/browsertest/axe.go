package browsertest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Axe returns the source of axe-core, which looks for barriers to people who
// cannot see or point. It is taken from npm's cache or registry.
func Axe(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	install := exec.CommandContext(t.Context(), "npm", "install", "--prefix", dir, "--prefer-offline",
		"--no-audit", "--no-fund", "--ignore-scripts", "axe-core@4.14.1")
	if out, err := install.CombinedOutput(); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("npm install axe-core: %v\n%s", err, out)
		}
		t.Skipf("npm install axe-core: %v\n%s", err, out)
	}
	source, err := os.ReadFile(filepath.Join(dir, "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	return string(source)
}

// Barriers are the violations that axe-core, given its source, finds within
// the elements that a selector names.
func (p *Tab) Barriers(axe, selector string) []string {
	p.t.Helper()
	Eval[bool](p, axe+"; true")
	return Eval[[]string](p, `axe.run(`+selector+`).then(({ violations }) =>
		violations.map(({ id, nodes }) => id + ": " + nodes.map((n) => n.target + " " + n.failureSummary).join("; ")))`)
}
