package bundle

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
)

// TestSheetsEqualFullBuild edits generated programs at random and compares
// every outcome with that of a bundler that has just been made.
func TestSheetsEqualFullBuild(t *testing.T) {
	t.Parallel()
	const programs, edits = 20, 10
	sheetsOnly := make([]int, programs)
	t.Run("group", func(t *testing.T) {
		for seed := range programs {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				p := newProgram(t, uint64(seed))
				web := newBundler(t, p.options())
				mustBuild(t, web)
				for range edits {
					what, file := p.edit()
					got := web.Build(context.Background(), []string{file})
					if got.sheetsOnly {
						sheetsOnly[seed]++
					}
					compareWithFull(t, what, p.options(), got)
					if t.Failed() {
						t.Fatalf("program: %q", p.files)
					}
				}
			})
		}
	})
	total := 0
	for _, n := range sheetsOnly {
		total += n
	}
	t.Logf("%d of %d edits built the sheets alone", total, programs*edits)
	if total < programs*edits/5 {
		t.Errorf("only %d of %d edits built the sheets alone", total, programs*edits)
	}
}

// program is a random web program: scripts, sheets, CSS modules and images
// that import each other in every way there is.
type program struct {
	t       *testing.T
	dir     string
	rand    *rand.Rand
	entries []string
	scripts []*scriptFile
	sheets  []*sheetFile
	files   map[string]string
	version int

	packages bool // scripts import those of fakePackages too
}

type scriptFile struct {
	name    string
	imports []string // statements, in random order
	version int
}

type sheetFile struct {
	name    string
	module  bool
	head    []string // @layer and @import
	images  []string
	version int
}

func newProgram(t *testing.T, seed uint64) *program {
	p := &program{t: t, dir: t.TempDir(), rand: rand.New(rand.NewPCG(seed, 1)), files: map[string]string{}}
	for i := range 4 + p.rand.IntN(8) {
		p.sheets = append(p.sheets, &sheetFile{name: p.place(fmt.Sprintf("sheet%d.css", i))})
	}
	for i := range p.rand.IntN(4) {
		// The same name in two directories: their class names would collide.
		name := p.place(fmt.Sprintf("part%d.module.css", i/2))
		if !p.has(name) {
			p.sheets = append(p.sheets, &sheetFile{name: name, module: true})
		}
	}
	for i := range 3 + p.rand.IntN(8) {
		p.scripts = append(p.scripts, &scriptFile{name: p.place(fmt.Sprintf("script%d.ts", i))})
	}
	for _, image := range images {
		p.write(image, "<svg>"+image+"</svg>")
	}
	for _, sheet := range p.sheets {
		p.fillSheet(sheet)
	}
	for _, script := range p.scripts {
		p.fillScript(script)
	}
	for i := range 1 + p.rand.IntN(3) {
		p.entries = append(p.entries, p.scripts[i].name)
	}
	if p.rand.IntN(2) == 0 {
		p.entries = append(p.entries, p.sheets[0].name)
	}
	return p
}

var images = [...]string{"x.svg", "img/y.svg", "img/z.svg"}

func (p *program) options() Options { return Options{Dir: p.dir, EntryPoints: p.entries} }

func (p *program) place(name string) string {
	return [...]string{"", "a/", "a/b/"}[p.rand.IntN(3)] + name
}

func (p *program) has(name string) bool {
	for _, sheet := range p.sheets {
		if sheet.name == name {
			return true
		}
	}
	return false
}

func (p *program) write(name, text string) (file string) {
	p.files[name] = text
	return write(p.t, p.dir, name, text)
}

// path returns how one file of the program names another.
func (p *program) path(from, to string) string {
	rel, err := filepath.Rel(filepath.Dir(from), to)
	if err != nil {
		p.t.Fatal(err)
	}
	return "./" + filepath.ToSlash(rel)
}

func (p *program) fillScript(s *scriptFile) {
	s.imports = nil
	for i := range p.rand.IntN(4) {
		other := p.scripts[p.rand.IntN(len(p.scripts))].name
		if p.packages && other == s.name {
			continue // esbuild itself makes no program that runs of import("./itself")
		}
		path := p.path(s.name, strings.TrimSuffix(other, ".ts"))
		s.imports = append(s.imports, []string{
			fmt.Sprintf("import * as n%d from %q; console.log(n%d)", i, path, i),
			fmt.Sprintf("void import(%q)", path),
			fmt.Sprintf("export const lazy%d = () => import(%q)", i, path),
			fmt.Sprintf("import %q", path),
		}[p.rand.IntN(4)])
	}
	for i := range p.rand.IntN(4) {
		sheet := p.sheets[p.rand.IntN(len(p.sheets))]
		path := p.path(s.name, sheet.name)
		if sheet.module {
			s.imports = append(s.imports, fmt.Sprintf("import m%d from %q; console.log(m%d.title)", i, path, i))
		} else {
			s.imports = append(s.imports, fmt.Sprintf("import %q", path))
		}
	}
	if p.packages {
		for _, i := range p.rand.Perm(len(packageImports))[:p.rand.IntN(4)] {
			s.imports = append(s.imports, fmt.Sprintf(packageImports[i], i))
		}
	}
	p.rand.Shuffle(len(s.imports), func(i, j int) { s.imports[i], s.imports[j] = s.imports[j], s.imports[i] })
	p.writeScript(s)
}

// packageImports are given a number that tells them apart in a script.
var packageImports = [...]string{
	`import { a as p%[1]d, up as up%[1]d } from "cjs"; console.log(p%[1]d, up%[1]d())`,
	`import f%[1]d, { part as p%[1]d } from "cjs-function"; console.log(f%[1]d(), p%[1]d)`,
	`import * as p%[1]d from "cjs-compiled"; console.log(p%[1]d)`,
	`import Thing%[1]d, { deep as p%[1]d, group as g%[1]d } from "esm"; console.log(Thing%[1]d.n, p%[1]d, g%[1]d.state)`,
	`import * as p%[1]d from "esm-star"; console.log(Object.keys(p%[1]d).sort())`,
	`import p%[1]d from "dual"; console.log(p%[1]d)`,
	`import { styled as p%[1]d } from "styled"; console.log(p%[1]d)`,
	`import p%[1]d from "styled-cjs"; console.log(p%[1]d)`,
	`import "pure"; void import("lazy").then(p%[1]d => console.log(p%[1]d.default))`,
	`import { make as p%[1]d } from "cycle"; console.log(p%[1]d().copy())`,
}

func (p *program) writeScript(s *scriptFile) (file string) {
	return p.write(s.name, fmt.Sprintf("%s\nexport const version = %d\n", strings.Join(s.imports, "\n"), s.version))
}

func (p *program) fillSheet(s *sheetFile) {
	s.head, s.images = nil, nil
	if p.rand.IntN(4) == 0 {
		s.head = append(s.head, "@layer base, theme;")
	}
	if p.rand.IntN(8) == 0 {
		s.head = append(s.head, `@import url("https://fonts.test/all.css");`)
	}
	for range p.rand.IntN(3) {
		other := p.sheets[p.rand.IntN(len(p.sheets))]
		if other.module != s.module {
			continue
		}
		s.head = append(s.head, fmt.Sprintf("@import %q%s;", p.path(s.name, other.name),
			[]string{"", "", "", " layer(theme)", " layer(base.deep) screen", " supports(display: grid)"}[p.rand.IntN(6)]))
	}
	for range p.rand.IntN(2) {
		s.images = append(s.images, p.path(s.name, images[p.rand.IntN(len(images))]))
	}
	p.writeSheet(s)
}

func (p *program) writeSheet(s *sheetFile) (file string) {
	var text strings.Builder
	text.WriteString(strings.Join(s.head, "\n"))
	fmt.Fprintf(&text, "\n.title { order: %d }\n@layer theme { p { order: %d } }\n", s.version, s.version)
	for _, image := range s.images {
		fmt.Fprintf(&text, ".image { background: url(%q) }\n", image)
	}
	if s.module {
		for _, other := range p.sheets {
			if other.module && other.name < s.name { // never in a circle
				fmt.Fprintf(&text, ".more { composes: title from %q }\n", p.path(s.name, other.name))
			}
		}
	}
	return p.write(s.name, text.String())
}

// edit changes one file and says what it did.
func (p *program) edit() (what, file string) {
	p.version++
	script := p.scripts[p.rand.IntN(len(p.scripts))]
	sheet := p.sheets[p.rand.IntN(len(p.sheets))]
	switch n := p.rand.IntN(20); {
	case n < 13: // what people do most
		sheet.version = p.version
		return "rules of " + sheet.name, p.writeSheet(sheet)
	case n < 15:
		sheet.version = p.version
		p.fillSheet(sheet)
		return "imports of " + sheet.name, filepath.Join(p.dir, sheet.name)
	case n < 17:
		script.version = p.version
		return "text of " + script.name, p.writeScript(script)
	case n < 19:
		p.fillScript(script)
		return "imports of " + script.name, filepath.Join(p.dir, script.name)
	default:
		image := images[p.rand.IntN(len(images))]
		return "image " + image, p.write(image, fmt.Sprintf("<svg>%d</svg>", p.version))
	}
}
