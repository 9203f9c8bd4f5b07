package devserver

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/calendsync/devtool/internal/policy"
)

// TestAwaitedFileComes creates a file that changes what a bundle is, where there
// was none. Nothing else is saved.
func TestAwaitedFileComes(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ file, text, want string }{
		"settings":         {"web/tsconfig.json", `{"compilerOptions": {"jsx": "react", "jsxFactory": "made"}}`, `made("b"`},
		"a source":         {"web/q.ts", `console.log("new")`, `"new"`},
		"a nearer package": {"web/node_modules/pkg/index.js", `console.log("nearer")`, `"nearer"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveProject(t, map[string]string{
				"main.go":                   emptyApp,
				"devtool.toml":              "[web]\nentry_points = [\"web/main.tsx\"]\n",
				"web/main.tsx":              `import "./q"; import "pkg"; console.log(<b/>)`,
				"web/q.js":                  ``,
				"node_modules/pkg/index.js": ``,
			})
			s.finished(policy.Reloaded)
			s.write(test.file, test.text)
			s.finished(policy.Reloaded)
			var all strings.Builder
			for _, url := range []string{"/assets/main.js", "/assets/chunks/packages.js"} {
				res, err := http.Get(s.url + url)
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(res.Body)
				res.Body.Close()
				if err != nil {
					t.Fatal(err)
				}
				all.Write(body)
			}
			if !strings.Contains(all.String(), test.want) {
				t.Errorf("there is no %s in\n%s", test.want, all.String())
			}
		})
	}
}

const emptyApp = `package main

import (
	"net/http"
	"os"
)

func main() { http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), nil) }
`
