package bundle

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestInputsNameTheWay: what an import went through is an input, beside the file
// that it led to.
func TestInputsNameTheWay(t *testing.T) {
	t.Parallel()
	const one = "console.log(1)\n"
	for name, test := range map[string]struct {
		files map[string]string
		links map[string]string // place → target
		split bool
		want  []string // among the inputs
		not   []string
	}{
		"a package of pnpm's": {
			files: map[string]string{
				"web/main.ts": `import "dep"`,
				"web/node_modules/.pnpm/dep@1/node_modules/dep/package.json": "{}",
				"web/node_modules/.pnpm/dep@1/node_modules/dep/index.js":     one,
			},
			links: map[string]string{"web/node_modules/dep": ".pnpm/dep@1/node_modules/dep"},
			want:  []string{"web/node_modules/dep/package.json", "web/node_modules/.pnpm/dep@1/node_modules/dep/index.js"},
		},
		"a package that one of pnpm's needs, in a bundle of their own": {
			files: map[string]string{
				"web/main.ts": `import "dep"`,
				"web/node_modules/.pnpm/dep@1/node_modules/dep/package.json":       "{}",
				"web/node_modules/.pnpm/dep@1/node_modules/dep/index.js":           `require("@scope/needed/part")`,
				"web/node_modules/.pnpm/needed@1/node_modules/needed/package.json": "{}",
				"web/node_modules/.pnpm/needed@1/node_modules/needed/part.js":      one,
			},
			links: map[string]string{
				"web/node_modules/dep": ".pnpm/dep@1/node_modules/dep",
				"web/node_modules/.pnpm/dep@1/node_modules/@scope/needed": "../../../needed@1/node_modules/needed",
			},
			split: true,
			want:  []string{"web/node_modules/dep/package.json", "web/node_modules/.pnpm/dep@1/node_modules/@scope/needed/package.json"},
		},
		"a package as npm installs it, above the importer": {
			files: map[string]string{
				"web/main.ts":                   `import "dep"`,
				"node_modules/dep/package.json": "{}",
				"node_modules/dep/index.js":     one,
			},
			want: []string{"node_modules/dep/package.json"},
		},
		"a package of the workspace": {
			files: map[string]string{
				"web/main.ts":               `import "@ws/kit"`,
				"packages/kit/package.json": `{"main": "index.ts"}`,
				"packages/kit/index.ts":     one,
			},
			links: map[string]string{"web/node_modules/@ws/kit": "../../../packages/kit"},
			want:  []string{"web/node_modules/@ws/kit/package.json", "packages/kit/index.ts"},
		},
		"a linked directory": {
			files: map[string]string{
				"web/main.ts": `import "./cur/x"; import "./cur/y.js"; import "./plain"; import "./dir"`,
				"v1/x.ts":     one, "v1/y.js": one, "web/plain.ts": one, "web/dir/index.ts": one,
			},
			links: map[string]string{"web/cur": "../v1"},
			want:  []string{"web/cur/x.ts", "web/cur/y.js", "v1/x.ts"},
			not:   []string{"web/plain", "web/dir"},
		},
		"a linked file": {
			files: map[string]string{"web/main.ts": `import "./cur"`, "web/cur.v1.ts": one},
			links: map[string]string{"web/cur.ts": "cur.v1.ts"},
			want:  []string{"web/cur.ts", "web/cur.v1.ts"},
		},
		"a linked sheet": {
			files: map[string]string{"web/main.ts": `import "./main.css"`, "web/main.css": `@import "./cur/x.css";`, "v1/x.css": "p { color: red }\n"},
			links: map[string]string{"web/cur": "../v1"},
			want:  []string{"web/cur/x.css"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := tree(t, test.files)
			for place, target := range test.links {
				file := filepath.Join(dir, filepath.FromSlash(place))
				if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
					t.Fatal(err)
				}
				if err := os.Symlink(filepath.FromSlash(target), file); err != nil {
					t.Skip(err) // on Windows it takes a right
				}
			}
			web := newBundler(t, Options{Dir: dir, EntryPoints: []string{"web/main.ts"}, SplitPackages: test.split})
			inputs := slashPaths(t, dir, mustBuild(t, web).Inputs)
			for _, file := range test.want {
				if !slices.Contains(inputs, file) {
					t.Errorf("no input %s among %q", file, inputs)
				}
			}
			for _, file := range test.not {
				if slices.Contains(inputs, file) {
					t.Errorf("an input %s, which is no file", file)
				}
			}
		})
	}
}
