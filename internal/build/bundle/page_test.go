package bundle

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPageNamesTheOutputs(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{
		"web/src/main.ts": `import "./main.css"
import { shared } from "./shared"
document.title = shared + import.meta.env.PROD`,
		"web/src/main.css": "b { color: red }",
		"web/src/admin.ts": `import { shared } from "./shared"
console.log(shared)`,
		"web/src/shared.ts": `export const shared = "shared"`,
		"web/print.css":     "i { color: red }",
	})
	w, err := New(Options{Dir: dir, Root: filepath.Join(dir, "web"), Release: true, PublicPath: "/static/",
		EntryPoints: []string{"web/src/main.ts", "web/src/admin.ts", "web/print.css"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	result := w.Build(t.Context(), nil)
	if len(result.Entries) != 3 {
		t.Fatalf("built %+v", result)
	}
	main, admin, sheet := result.Entries[0], result.Entries[1], result.Entries[2]
	for _, url := range []string{main.URL, main.CSS[0], admin.URL, sheet.URL, main.Imports[0]} {
		if o, ok := result.Outputs[url]; !ok || !strings.HasPrefix(url, "/static/") || !strings.Contains(filepath.Base(url), "-") {
			t.Errorf("%s is built: %v (%d bytes); want it to hold a hash", url, ok, len(o.Contents))
		}
	}
	needs := `<link rel="modulepreload" href="` + main.Imports[0] + `">` + "\n"
	sheets := `<link rel="stylesheet" href="` + main.CSS[0] + `">` + "\n"
	tests := []struct{ name, page, want string }{
		{"a source", `<p>&amp;</P><script defer src=/src/main.ts></script>`,
			`<p>&amp;</P>` + needs + sheets + `<script type="module" defer="" src="` + main.URL + `"></script>`},
		{"a relative source", `<script type="module" src="./src/admin.ts?v=1"></script>`,
			needs + `<script type="module" src="` + admin.URL + `"></script>`},
		{"the URL of development", `<script src="/static/main.js"></script>`,
			needs + sheets + `<script type="module" src="` + main.URL + `"></script>`},
		{"a sheet that is linked already", `<link rel="stylesheet" href="/static/main.css"><script src="/src/main.ts"></script>`,
			`<link rel="stylesheet" href="` + main.CSS[0] + `">` + needs + `<script type="module" src="` + main.URL + `"></script>`},
		{"a sheet of its own", `<link href="/print.css" rel=stylesheet media=print>`,
			`<link href="` + sheet.URL + `" rel="stylesheet" media="print">`},
		{"what is not ours", `<script src="https://cdn.example/main.js"></script><link rel=icon href=/x.svg><!-- <script src="/src/main.ts"> -->`,
			`<script src="https://cdn.example/main.js"></script><link rel=icon href=/x.svg><!-- <script src="/src/main.ts"> -->`},
		{"a script with text", `<script>"<script src='/src/main.ts'>"</script>`, `<script>"<script src='/src/main.ts'>"</script>`},
	}
	for _, tt := range tests {
		p := page{file: filepath.Join(dir, "web", "index.html"), dir: filepath.Join(dir, "web"), text: []byte(tt.page)}
		got := string(w.layout.releasePage(p, result.Entries, nil))
		if got != tt.want {
			t.Errorf("%s:\n got %s\nwant %s", tt.name, got, tt.want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "static")); err == nil {
		t.Error("the build was written into the project")
	}
}
