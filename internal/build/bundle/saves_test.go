package bundle

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestBuildDuringSaves builds while programs save files in place, which empties
// them first: no build sees them so.
func TestBuildDuringSaves(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"page.css":  ".saved { order: %0*d }",
		"name.ts":   "export const name = 'saved %0*d';",
		"note.txt":  "saved %0*d",
		"worker.ts": "postMessage('saved %0*d');",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := tree(t, map[string]string{
				"main.ts": `import "./page.css"; import { name } from "./name"; import note from "./note.txt?raw";
					console.log(name, note, new Worker(new URL("./worker.ts", import.meta.url)))`,
				"page.css": ".new {}", "name.ts": "export const name = 0", "note.txt": "new", "worker.ts": "postMessage(0)",
			})
			file := write(t, dir, name, fmt.Sprintf(text, 1, 0))
			web := newBundler(t, Options{Dir: dir, EntryPoints: []string{"main.ts"}})
			mustBuild(t, web)
			for n := range 40 {
				saved := make(chan bool, 1)
				// Sizes differ, as the clock of a file system may stand still for milliseconds.
				go func() { saved <- saveSlowly(t, file, fmt.Sprintf(text, n+2, n)) }()
				var broken []string
				for saving, inTime := true, false; saving; {
					broken = append(broken, brokenBy(web.Build(context.Background(), []string{file}), filepath.Ext(name))...)
					select {
					case inTime = <-saved:
						saving = false
					default:
					}
					if !saving && inTime && len(broken) > 0 {
						t.Fatalf("save %d was seen half done:\n%s", n, strings.Join(broken, "\n"))
					}
				}
			}
		})
	}
}

// saveSlowly empties a file and writes it a little later. It reports whether
// it was not held up, so that nobody may have seen it empty.
func saveSlowly(t *testing.T, file, text string) bool {
	begun := time.Now()
	f, err := os.Create(file)
	if err == nil {
		<-time.After(2 * time.Millisecond)
		_, err = f.WriteString(text)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		t.Error(err)
	}
	return time.Since(begun) < savePatience/2
}

// brokenBy tells what is wrong with a build that must hold what was saved.
func brokenBy(result Result, extension string) (broken []string) {
	for _, d := range result.Diagnostics {
		broken = append(broken, d.Text)
	}
	if extension != ".css" {
		extension = ".js"
	}
	for url, output := range result.Outputs {
		if strings.HasSuffix(url, extension) && strings.Contains(string(output.Contents), "saved") {
			return broken
		}
	}
	return append(broken, fmt.Sprintf("nothing of what was saved in %v", urls(result.Outputs)))
}
