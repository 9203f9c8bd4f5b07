package problem

import "testing"

// TestLabel checks which part of the project is named.
func TestLabel(t *testing.T) {
	t.Parallel()
	for p, want := range map[[3]string]string{
		{"go", "a.go", "error"}:             "Go",
		{"go", "a.go", "warning"}:           "Go",
		{"esbuild", "a.tsx", "error"}:       "TypeScript",
		{"esbuild", "a.jsx", "error"}:       "JavaScript",
		{"esbuild", "a.cjs", "error"}:       "JavaScript",
		{"esbuild", "a.css", "error"}:       "CSS",
		{"esbuild", "", "error"}:            "TypeScript",
		{"tsc", "a.ts", "warning"}:          "TypeScript",
		{"crash", "a.go", "error"}:          "Crash",
		{"config", "devtool.toml", "error"}: "Settings",
		{"templ", "a.templ", "error"}:       "templ",
	} {
		if got := (Problem{Source: Source(p[0]), File: p[1], Severity: Severity(p[2])}).Label(); got != want {
			t.Errorf("%v is labelled %q, want %q", p, got, want)
		}
	}
}
