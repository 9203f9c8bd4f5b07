package bundle

import (
	"strings"
	"testing"
)

// An inline script is built anew after each edit, with hot updates, too.
func TestInlineScriptsWithHotUpdates(t *testing.T) {
	t.Parallel()
	files := frontEnd()
	dir := tree(t, files)
	for _, split := range []bool{false, true} {
		options := pagesOf(dir)
		options.Hot, options.SplitPackages = true, split
		web := newBundler(t, options)
		mustBuild(t, web)
		for _, text := range []string{"first edit", "second edit"} {
			file := write(t, dir, "web/index.html", strings.Replace(files["web/index.html"], `greet("inline")`, `greet("inline"); document.title = "`+text+`"`, 1))
			result := mustBuild(t, web, file)
			if script := string(result.Outputs["/assets/index.inline-0.js"].Contents); !strings.Contains(script, text) {
				t.Errorf("split %v, %s:\n%s", split, text, script)
			}
		}
	}
}
