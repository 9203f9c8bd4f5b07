//go:build unix

package bundle

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// A pipe in the place of a file is an error, and does not block the build.
func TestPipesAreErrors(t *testing.T) {
	t.Parallel()
	for _, pipe := range []string{
		"package.json", "web/package.json", "web/tsconfig.json", "web/jsconfig.json", "base.json", "web/main.ts", "web/part.ts", "web/page.css", "web/theme.css",
		"web/deep/package.json", "web/text.md", "node_modules/greet/package.json", "node_modules/greet/index.js",
		"node_modules/greet/lib/package.json", "node_modules/package.json", "web/worker.ts", "node_modules/greet/index.js.map",
		"web/deep",
	} {
		t.Run(pipe, func(t *testing.T) {
			t.Parallel()
			files := map[string]string{
				"web/main.ts":   "import './part'; import 'greet'; import 'greet/lib/deep'; import './deep'; import text from './text.md?raw'; console.log(text, new Worker(new URL('./worker.ts', import.meta.url)))",
				"web/part.ts":   "",
				"web/worker.ts": "", "web/text.md": "", "web/deep/index.ts": "",
				"web/page.css": "@import './theme.css';", "web/theme.css": "",
				"web/tsconfig.json":               `{"extends": "../base.json"}`,
				"base.json":                       "{}",
				"node_modules/greet/package.json": "{}", "node_modules/greet/index.js": "//# sourceMappingURL=index.js.map", "node_modules/greet/lib/deep.js": "",
			}
			for name := range files {
				if name == pipe || strings.HasPrefix(name, pipe+"/") {
					delete(files, name)
				}
			}
			dir := tree(t, files)
			if err := syscall.Mkfifo(filepath.Join(dir, filepath.FromSlash(pipe)), 0o600); err != nil {
				t.Fatal(err)
			}
			web := newBundler(t, Options{Dir: dir, EntryPoints: []string{"web/main.ts", "web/page.css"}, SplitPackages: true})
			result := web.Build(t.Context(), nil)
			named := false
			for _, d := range result.Diagnostics {
				named = named || strings.Contains(strings.Replace(d.Text, ": ", " ", 2), pipe+" is a named pipe")
			}
			if result.Outputs != nil || !named {
				t.Errorf("problems %+v, want one that names the pipe", result.Diagnostics)
			}
			file := filepath.Join(dir, filepath.FromSlash(pipe))
			if !slices.Contains(result.Inputs, file) {
				t.Errorf("%s is not among the inputs %q: a file in its place would not be seen", file, result.Inputs)
			}
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			write(t, dir, pipe, "{}")
			if strings.HasSuffix(pipe, ".json") {
				mustBuild(t, web)
			}
		})
	}
}
