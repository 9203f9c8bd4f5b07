package proxy

import "testing"

// TestOrigin holds the names to those of the overlay.
func TestOrigin(t *testing.T) {
	t.Parallel()
	for p, want := range map[[3]string]string{
		{"go", "a.go", "error"}:             "Go",
		{"go", "a.go", "warning"}:           "Go warning",
		{"esbuild", "a.tsx", "error"}:       "TypeScript",
		{"esbuild", "a.jsx", "error"}:       "JavaScript",
		{"esbuild", "a.cjs", "error"}:       "JavaScript",
		{"esbuild", "a.css", "error"}:       "CSS",
		{"esbuild", "", "error"}:            "TypeScript",
		{"tsc", "a.ts", "warning"}:          "TypeScript warning",
		{"crash", "a.go", "error"}:          "Crash",
		{"config", "devtool.toml", "error"}: "Settings",
		{"templ", "a.templ", "error"}:       "templ",
	} {
		if got := (Problem{Source: p[0], File: p[1], Severity: p[2]}).Origin(); got != want {
			t.Errorf("%v comes from %q, want %q", p, got, want)
		}
	}
}
