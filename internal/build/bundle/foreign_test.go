package bundle

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
)

// The source map of a package that names files of others shows none of them,
// and keeps what is the package's.
func TestSourceMapsShowNoForeignFiles(t *testing.T) {
	t.Parallel()
	const secret = "harmless but not theirs"
	for name, source := range map[string]string{
		"of the project": "../../notes.txt",
		"hidden":         "../../web/.env",
		"a program file": "../../web/unused.ts",
		"absolute":       "ABSOLUTE/notes.txt",
		"of a neighbour": "../../../outside.txt",
	} {
		for _, split := range []bool{false, true} {
			t.Run(fmt.Sprint(name, split), func(t *testing.T) {
				t.Parallel()
				parent := tree(t, map[string]string{"outside.txt": secret})
				dir := write(t, parent, "project/notes.txt", secret)
				dir = strings.TrimSuffix(dir, "/notes.txt")
				sourceMap := fmt.Sprintf(`{"version":3,"sources":[%q,"src/own.ts"],"names":[],"mappings":"AAAA;ACAA"}`, strings.ReplaceAll(source, "ABSOLUTE", dir))
				for file, text := range map[string]string{
					"web/main.ts": `import { own } from "curious"; console.log(own, new Worker(new URL("./worker.ts", import.meta.url)))`, "web/worker.ts": `import { own } from "curious"; console.log(own)`, "web/.env": secret, "web/unused.ts": "// " + secret,
					"node_modules/curious/package.json": `{"type": "module"}`,
					"node_modules/curious/index.js":     "export const own = 1\nconsole.log(own)\n//# sourceMappingURL=index.js.map\n",
					"node_modules/curious/index.js.map": sourceMap,
					"node_modules/curious/src/own.ts":   "// what the package says",
				} {
					write(t, dir, file, text)
				}
				result := mustBuild(t, newBundler(t, Options{Dir: dir, EntryPoints: []string{"web/main.ts"}, SplitPackages: split}))
				kept, inline := false, false
				for url, output := range result.Outputs {
					if _, encoded, ok := strings.Cut(string(output.Contents), inlineMapMark); ok {
						inline = true
						sourceMap, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
						if err != nil || !bytes.Contains(sourceMap, []byte("what the package says")) {
							t.Errorf("the map in %s does not have the package's own source (%v): %s", url, err, sourceMap)
						}
						output.Contents = append(sourceMap, output.Contents...)
					}
					if bytes.Contains(output.Contents, []byte(secret)) {
						t.Errorf("%s shows the file", url)
					}
					kept = kept || bytes.Contains(output.Contents, []byte("what the package says"))
				}
				if !inline {
					t.Error("no worker carries its map")
				}
				if !kept {
					t.Error("the package's own source is gone")
				}
			})
		}
	}
}
