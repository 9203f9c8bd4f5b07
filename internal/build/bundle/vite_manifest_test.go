package bundle

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The manifest has the keys and fields that Vite's has.
func TestViteManifest(t *testing.T) {
	t.Parallel()
	dir := tree(t, map[string]string{
		"web/index.html":    `<link rel="icon" href="/src/icon.svg"><script type="module" src="/src/main.ts"></script>`,
		"web/src/main.ts":   `import "./main.css"; import { s } from "./shared"; import logo from "./logo.png"; console.log(s, logo); import("./lazy.ts")`,
		"web/src/other.ts":  `import { s } from "./shared"; console.log(s + 1)`,
		"web/src/lazy.ts":   `import { s } from "./shared"; export const lazy = s + "lazy"`,
		"web/src/shared.ts": `export const s = "shared"`, "web/src/main.css": `p { background: url(./bg.png) }`, "web/src/alone.css": "b { color: red }",
		"web/src/logo.png": "logo", "web/src/bg.png": "bg", "web/src/icon.svg": "<svg/>", "web/package.json": "{}",
	})
	result := mustBuild(t, newBundler(t, Options{
		Dir: dir, Release: true, Root: filepath.Join(dir, "web"), Page: filepath.Join(dir, "web/index.html"), Base: "/ui/", PublicPath: "/ui/assets/",
		EntryPoints: []string{"web/src/other.ts", "web/src/alone.css"},
	}))
	var got any
	if err := json.Unmarshal(regexp.MustCompile(`-[A-Z0-9]{8}\b`).ReplaceAll(result.ViteManifest, []byte("-HASH")), &got); err != nil {
		t.Fatal(err)
	}
	main := map[string]any{
		"file": "assets/main-HASH.js", "name": "main", "src": "src/main.ts", "isEntry": true,
		"imports": []any{"_chunk-HASH.js"}, "dynamicImports": []any{"src/lazy.ts"},
		"css": []any{"assets/main-HASH.css"}, "assets": []any{"assets/bg-HASH.png", "assets/logo-HASH.png"},
	}
	index := map[string]any{}
	for key, value := range main {
		index[key] = value
	}
	index["src"], index["name"] = "index.html", "index"
	want := map[string]any{
		"src/main.ts": main, "index.html": index,
		"src/other.ts":   map[string]any{"file": "assets/other-HASH.js", "name": "other", "src": "src/other.ts", "isEntry": true, "imports": []any{"_chunk-HASH.js"}},
		"src/lazy.ts":    map[string]any{"file": "assets/chunks/lazy-HASH.js", "name": "lazy", "src": "src/lazy.ts", "isDynamicEntry": true, "imports": []any{"_chunk-HASH.js"}},
		"_chunk-HASH.js": map[string]any{"file": "assets/chunks/chunk-HASH.js", "name": "chunk"},
		"src/alone.css":  map[string]any{"file": "assets/alone-HASH.css", "name": "alone", "src": "src/alone.css", "isEntry": true},
		"src/logo.png":   map[string]any{"file": "assets/logo-HASH.png", "src": "src/logo.png"},
		"src/bg.png":     map[string]any{"file": "assets/bg-HASH.png", "src": "src/bg.png"},
		"src/icon.svg":   map[string]any{"file": "assets/icon-HASH.svg", "src": "src/icon.svg"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("manifest (-want +got):\n%s", diff)
	}
}
