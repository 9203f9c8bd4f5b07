package devserver

import (
	"os"
	"path/filepath"
	"testing"
)

// TestPublicCopies checks that the app can embed the files of the public directory,
// that copies follow them, and that the user's own files are back at the end.
func TestPublicCopies(t *testing.T) {
	t.Parallel()
	base := t.TempDir()
	public, dist, memory := filepath.Join(base, "public"), filepath.Join(base, "dist"), filepath.Join(base, "cache", "public.json")
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(base, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(base, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want := func(step string, files map[string]string) {
		t.Helper()
		for name, text := range files {
			got, err := os.ReadFile(filepath.Join(dist, name))
			if string(got) != text || (err != nil) != (text == "") {
				t.Errorf("%s: %s is %q (%v), want %q", step, name, got, err, text)
			}
		}
	}
	write("public/manifest.json", "{}")
	write("public/icons/a.svg", "<svg/>")
	write("public/.hidden", "x")
	write("public/index.html", "public")
	write("dist/index.html", "the page")
	write("dist/manifest.json", "placeholder")
	write("dist/mine.txt", "mine")
	bundles := func(file string) bool { return filepath.Base(file) == "index.html" }
	open := func() (*publicCopies, *originals) {
		kept := openOriginals(filepath.Join(base, "cache", "originals.json"), func(string) {})
		return openPublicCopies(public, dist, memory, kept), kept
	}
	var kept *originals
	copies, _ := open()
	for range 2 {
		if err := copies.Write(bundles); err != nil {
			t.Fatal(err)
		}
		want("copied", map[string]string{"manifest.json": "{}", "icons/a.svg": "<svg/>", ".hidden": "", "index.html": "the page", "mine.txt": "mine"})
	}
	for name, ours := range map[string]bool{"manifest.json": true, "icons/a.svg": true, "icons/.devtool-a.svg": true, "mine.txt": false, "index.html": false, "../public/manifest.json": false} {
		if got := copies.Owns(filepath.Join(dist, name)); got != ours {
			t.Errorf("Owns(%s) = %v", name, got)
		}
	}
	write("public/manifest.json", `{"edited": 1}`)
	if err := os.Remove(filepath.Join(public, "icons", "a.svg")); err != nil {
		t.Fatal(err)
	}
	write("public/new.txt", "new")
	if err := copies.Write(bundles); err != nil {
		t.Fatal(err)
	}
	want("edited", map[string]string{"manifest.json": `{"edited": 1}`, "icons/a.svg": "", "new.txt": "new"})

	copies, kept = open() // the next run, after a crash
	if err := os.Remove(filepath.Join(public, "new.txt")); err != nil {
		t.Fatal(err)
	}
	if err := copies.Write(bundles); err != nil {
		t.Fatal(err)
	}
	want("after a crash", map[string]string{"new.txt": "", "manifest.json": `{"edited": 1}`})
	if err := kept.restore(); err != nil {
		t.Fatal(err)
	}
	want("restored", map[string]string{"manifest.json": "placeholder", "index.html": "the page", "mine.txt": "mine"})
}
