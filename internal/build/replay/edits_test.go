package replay

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// workspace is a real module under random edits.
type workspace struct {
	t        testing.TB
	rnd      *rand.Rand
	dir      string
	dirs     []string          // of the packages of the program, absolute
	main     string            // the directory of the main package
	original map[string]string // sources by path
	added    []string          // files that edits made
	count    int
}

// edit changes a file and names it, or reports that it found nothing to change.
type edit struct {
	name string
	// replayed says that no go command is needed if the program compiles.
	replayed bool
	apply    func(*workspace) bool
}

// edits are the kinds of things that people do to a program.
var edits = []edit{
	{"a body", true, func(w *workspace) bool {
		return w.inFunction("\n\tif zz := %d; zz < 0 {\n\t\tpanic(zz)\n\t}")
	}},
	{"a body in one line", true, func(w *workspace) bool { return w.inFunction(" _ = %d;") }},
	{"a line in a body", true, func(w *workspace) bool { return w.inFunction("\n\t// line %d") }},
	{"a lifted local", true, func(w *workspace) bool {
		return w.inFunction("\n\tzz := [4]int{%d}\n\tdefer func() { zz[0]++ }()")
	}},
	{"an escaping local", true, func(w *workspace) bool {
		return w.appended("var Leak%[1]d *int\n\nfunc Leaks%[1]d(p *int) { x := *p + %[1]d; Leak%[1]d = &x }")
	}},
	{"a number", true, func(w *workspace) bool { return w.literal(token.INT, "%d") }},
	{"a string", true, func(w *workspace) bool { return w.literal(token.STRING, `"changed %d"`) }},
	{"a character", true, func(w *workspace) bool { return w.literal(token.CHAR, `'\x%02[2]x'`) }},
	{"a constant", true, func(w *workspace) bool { return w.appended("const Constant%[1]d = %[1]d << 2") }},
	{"iota", true, func(w *workspace) bool {
		return w.appended("const (\n\tA%[1]d = iota * %[1]d\n\tB%[1]d\n)\n\nvar _ = [...]string{A%[1]d: \"a\"}")
	}},
	{"a function", true, func(w *workspace) bool { return w.appended("func Extra%[1]d(a, b int) int { return a*%[1]d + b }") }},
	{"a big function", true, func(w *workspace) bool {
		return w.appended("func Big%[1]d(m map[string]int) (n int) {\n\tfor k, v := range m {\n\t\tswitch {\n\t\tcase k == \"a\":\n\t\t\tn += v\n\t\tdefault:\n\t\t\tdefer func() { n -= %[1]d }()\n\t\t}\n\t}\n\treturn n\n}")
	}},
	{"a signature", true, func(w *workspace) bool { return w.signature() }},
	{"a generic function", true, func(w *workspace) bool {
		return w.appended("func Map%[1]d[T, U any](all []T, f func(T) U) (r []U) {\n\tfor _, v := range all {\n\t\tr = append(r, f(v))\n\t}\n\treturn r\n}\n\nvar _ = Map%[1]d([]int{1}, func(n int) string { return string(rune(n + %[1]d)) })")
	}},
	{"a generic type", true, func(w *workspace) bool {
		return w.appended("type Stack%[1]d[T any] struct{ all []T }\n\nfunc (s *Stack%[1]d[T]) Push(v T) { s.all = append(s.all, v) }\n\nfunc init() { var s Stack%[1]d[[%[2]d]byte]; s.Push([%[2]d]byte{}) }")
	}},
	{"init order", true, func(w *workspace) bool {
		return w.appended("var (\n\tfirst%[1]d  = second%[1]d + 1\n\tsecond%[1]d = order%[1]d()\n)\n\nfunc order%[1]d() int { return %[1]d }\n\nfunc init() { _ = first%[1]d }")
	}},
	{"an init function", true, func(w *workspace) bool { return w.appended("func init() { if len(\"\") > %d { panic(1) } }") }},
	{"a variable", true, func(w *workspace) bool { return w.appended("var Value%[1]d = map[string]int{\"a\": %[1]d}") }},
	{"a type", true, func(w *workspace) bool {
		return w.appended("type Type%[1]d struct {\n\tA [%[2]d]int\n\tb func() *Type%[1]d\n}\n\nfunc (t Type%[1]d) String() string { return \"%[1]d\" }")
	}},
	{"an alias", true, func(w *workspace) bool { return w.appended("type Alias%[1]d = []map[string]error\n\nvar _ Alias%[1]d") }},
	{"a method", true, func(w *workspace) bool { return w.onType("\n\nfunc (x *%[2]s) Method%[1]d() int { return %[1]d }\n") }},
	{"a method that is called", true, func(w *workspace) bool {
		return w.onType("\n\nfunc (x *%[2]s) Called%[1]d() any { return x }\n\nvar Iface%[1]d interface{ Called%[1]d() any } = (*%[2]s)(nil)\n")
	}},
	{"a field", true, func(w *workspace) bool { return w.field() }},
	{"go:noinline", true, func(w *workspace) bool { return w.beforeFunction("//go:noinline\n") }},
	{"go:nosplit", true, func(w *workspace) bool { return w.beforeFunction("//go:nosplit\n") }},
	{"a line directive", true, func(w *workspace) bool { return w.beforeFunction("//line generated.y:%d\n") }},
	{"go:linkname", true, func(w *workspace) bool {
		return w.appended("//go:linkname pushed%[1]d example.com/pushed%[1]d\nfunc pushed%[1]d() int { return %[1]d }\n\nvar _ = pushed%[1]d")
	}},
	{"an inserted line", true, func(w *workspace) bool { return w.betweenDeclarations("\n") }},
	{"an inserted comment", true, func(w *workspace) bool { return w.betweenDeclarations("// %d\n") }},
	{"the package comment", true, func(w *workspace) bool {
		return w.rewrite(func(s string) string { return fmt.Sprintf("// Comment %d.\n\n", w.count) + s })
	}},
	{"a removed declaration", true, func(w *workspace) bool { return w.dropDeclaration() }},
	{"the original", false, func(w *workspace) bool { return w.restore() }},
	{"a touched file", false, func(w *workspace) bool { return w.rewrite(func(s string) string { return s }) }},
	{"a type error", true, func(w *workspace) bool { return w.appended("var wrong%[1]d int = \"%[1]d\"") }},
	{"an unused variable", true, func(w *workspace) bool { return w.inFunction(" unused%d := 1;") }},
	{"an undefined name", true, func(w *workspace) bool { return w.inFunction(" _ = undefined%d;") }},
	{"a syntax error", true, func(w *workspace) bool { return w.appended("func broken%d( {") }},
	{"half a file", true, func(w *workspace) bool { return w.rewrite(func(s string) string { return s[:len(s)/2] }) }},
	{"an empty file", false, func(w *workspace) bool { return w.rewrite(func(string) string { return "" }) }},
	{"a missing body", true, func(w *workspace) bool { return w.appended("func bodiless%d()") }},
	{"an import", false, func(w *workspace) bool {
		return w.imports(w.pick([]string{"strings", "encoding/hex", "container/ring", "html"}))
	}},
	{"a local import", false, func(w *workspace) bool { return w.imports(w.importPath(w.pick(w.dirs))) }},
	{"a missing import", false, func(w *workspace) bool { return w.imports("example.com/nowhere") }},
	{"import C", false, func(w *workspace) bool { return w.imports("C") }},
	{"a package name", false, func(w *workspace) bool {
		return w.rewrite(func(s string) string { return strings.Replace(s, "\npackage ", "\npackage other", 1) })
	}},
	{"a new file", false, func(w *workspace) bool { return w.add("extra%d.go", "package %s\n\nvar Added%[2]d = %[2]d\n") }},
	{"a new package", false, func(w *workspace) bool {
		name := fmt.Sprintf("fresh%d/fresh.go", w.count)
		w.put(filepath.Join(w.dir, name), "package fresh\n")
		return true
	}},
	{"a removed file", false, func(w *workspace) bool { return w.remove() }},
	{"a renamed file", false, func(w *workspace) bool { return w.rename() }},
	{"a build tag", false, func(w *workspace) bool {
		return w.rewrite(func(s string) string {
			return w.pick([]string{"//go:build linux\n\n", "//go:build !linux\n\n", "//go:build ignore\n\n", "//go:build go1.20\n\n"}) + s
		})
	}},
	{"a file for another system", false, func(w *workspace) bool { return w.add("extra%d_windows.go", "package %s\n\nvar Added%[2]d = 1\n") }},
	{"an embedded file", false, func(w *workspace) bool { return w.embed() }},
	{"the content of an embedded file", false, func(w *workspace) bool { return w.editEmbedded() }},
	{"one more file to embed", false, func(w *workspace) bool { return w.addEmbedded() }},
	{"an assembly file", false, func(w *workspace) bool {
		return w.add("extra%d_amd64.s", "#include \"textflag.h\"\n\n// %s\nTEXT ·asm%d(SB), NOSPLIT, $0-0\n\tRET\n")
	}},
	{"a header of a test", false, func(w *workspace) bool { return w.add("extra%d_test.go", "package %s\n\nvar Test%d int\n") }},
	{"a broken test", false, func(w *workspace) bool { return w.add("broken%d_test.go", "pakage %s // %d\n") }},
	{"go:debug", false, func(w *workspace) bool {
		return w.in(w.main, func(s string) string { return "//go:debug panicnil=" + w.pick([]string{"0", "1"}) + "\n\n" + s })
	}},
	{"go.mod", false, func(w *workspace) bool {
		path := filepath.Join(w.dir, "go.mod")
		w.put(path, w.read(path)+fmt.Sprintf("\n// edit %d\n", w.count))
		return true
	}},
	{"two packages", true, func(w *workspace) bool {
		return w.appended("var One%[1]d = %[1]d") && w.appended("func Two%[1]d() int { return %[1]d }")
	}},
	{"a comment and its removal", false, func(w *workspace) bool {
		path := w.source()
		text := w.read(path)
		w.put(path, text+"\n// gone\n")
		w.put(path, text)
		return true
	}},
}

// pick returns one of all.
func (w *workspace) pick(all []string) string { return all[w.rnd.IntN(len(all))] }

func (w *workspace) read(path string) string {
	w.t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		w.t.Fatal(err)
	}
	return string(content)
}

// put writes a file as editors do: in place or by replacing it.
func (w *workspace) put(path, text string) {
	w.t.Helper()
	target := path
	if w.rnd.IntN(2) == 0 {
		target += "~"
	}
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		err = os.WriteFile(target, []byte(text), 0o600)
	}
	if err == nil && target != path {
		err = os.Rename(target, path)
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

// sources lists the Go files of a package that are not tests.
func (w *workspace) sources(dir string) []string {
	all, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		w.t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(path string) bool { return strings.HasSuffix(path, "_test.go") })
}

// source returns a random source of the program.
func (w *workspace) source() string {
	for {
		if all := w.sources(w.pick(w.dirs)); len(all) > 0 {
			return w.pick(all)
		}
	}
}

func (w *workspace) rewrite(change func(string) string) bool {
	path := w.source()
	w.put(path, change(w.read(path)))
	return true
}

func (w *workspace) in(dir string, change func(string) string) bool {
	all := w.sources(dir)
	if len(all) == 0 {
		return false
	}
	path := w.pick(all)
	w.put(path, change(w.read(path)))
	return true
}

// appended adds a declaration; %[1]d is a new number, %[2]d a small one.
func (w *workspace) appended(format string) bool {
	return w.rewrite(func(s string) string { return s + "\n" + w.format(format) + "\n" })
}

// format ignores arguments that the format has no use for.
func (w *workspace) format(format string) string {
	text := fmt.Sprintf(format+"%[3]s", w.count, w.count%60+1, "")
	text, _, _ = strings.Cut(text, "%!(EXTRA")
	return text
}

// parsed returns a random source that parses, with its syntax tree.
func (w *workspace) parsed() (path, text string, file *ast.File, set *token.FileSet) {
	const tries = 20
	for range tries {
		path, set = w.source(), token.NewFileSet()
		text = w.read(path)
		if file, err := parser.ParseFile(set, path, text, parser.ParseComments|parser.SkipObjectResolution); err == nil {
			return path, text, file, set
		}
	}
	return "", "", nil, nil
}

// insert puts text at a random one of the places that find names.
func (w *workspace) insert(text string, find func(ast.Node) token.Pos) bool {
	path, old, file, set := w.parsed()
	if file == nil {
		return false
	}
	var places []int
	ast.Inspect(file, func(n ast.Node) bool {
		if n != nil {
			if at := find(n); at.IsValid() {
				places = append(places, set.PositionFor(at, false).Offset)
			}
		}
		return true
	})
	if len(places) == 0 {
		return false
	}
	at := places[w.rnd.IntN(len(places))]
	w.put(path, old[:at]+w.format(text)+old[at:])
	return true
}

func (w *workspace) inFunction(text string) bool {
	return w.insert(text, func(n ast.Node) token.Pos {
		if f, ok := n.(*ast.FuncDecl); ok && f.Body != nil {
			return f.Body.Lbrace + 1
		}
		return token.NoPos
	})
}

func (w *workspace) beforeFunction(text string) bool {
	return w.insert(text, func(n ast.Node) token.Pos {
		if f, ok := n.(*ast.FuncDecl); ok {
			return f.Pos()
		}
		return token.NoPos
	})
}

func (w *workspace) betweenDeclarations(text string) bool {
	return w.insert(text, func(n ast.Node) token.Pos {
		switch n.(type) {
		case *ast.FuncDecl, *ast.GenDecl:
			return n.Pos()
		}
		return token.NoPos
	})
}

func (w *workspace) signature() bool {
	return w.insert("_ ...struct{}", func(n ast.Node) token.Pos {
		if f, ok := n.(*ast.FuncDecl); ok && len(f.Type.Params.List) == 0 {
			return f.Type.Params.Closing
		}
		return token.NoPos
	})
}

func (w *workspace) field() bool {
	return w.insert("\n\tfield%d [2]string\n", func(n ast.Node) token.Pos {
		if s, ok := n.(*ast.StructType); ok {
			return s.Fields.Opening + 1
		}
		return token.NoPos
	})
}

// literal replaces a literal of the kind.
func (w *workspace) literal(kind token.Token, format string) bool {
	path, old, file, set := w.parsed()
	if file == nil {
		return false
	}
	var found []*ast.BasicLit
	for _, d := range file.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.IMPORT {
			continue
		}
		ast.Inspect(d, func(n ast.Node) bool {
			if l, ok := n.(*ast.BasicLit); ok && l.Kind == kind {
				found = append(found, l)
			}
			return true
		})
	}
	if len(found) == 0 {
		return false
	}
	l := found[w.rnd.IntN(len(found))]
	from, to := set.PositionFor(l.Pos(), false).Offset, set.PositionFor(l.End(), false).Offset
	w.put(path, old[:from]+w.format(format)+old[to:])
	return true
}

// onType appends declarations about a type of the file.
func (w *workspace) onType(format string) bool {
	path, old, file, _ := w.parsed()
	if file == nil {
		return false
	}
	var types []string
	for _, d := range file.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.TYPE {
			for _, s := range g.Specs {
				if spec := s.(*ast.TypeSpec); spec.TypeParams == nil && !spec.Assign.IsValid() {
					types = append(types, spec.Name.Name)
				}
			}
		}
	}
	if len(types) == 0 {
		return false
	}
	w.put(path, old+fmt.Sprintf(format, w.count, w.pick(types)))
	return true
}

func (w *workspace) dropDeclaration() bool {
	path, old, file, set := w.parsed()
	if file == nil || len(file.Decls) == 0 {
		return false
	}
	d := file.Decls[w.rnd.IntN(len(file.Decls))]
	if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.IMPORT {
		return false
	}
	w.put(path, old[:set.PositionFor(d.Pos(), false).Offset]+old[set.PositionFor(d.End(), false).Offset:])
	return true
}

// imports adds an import, after the last one so that the package clause stays
// first.
func (w *workspace) imports(path string) bool {
	name, old, file, set := w.parsed()
	if file == nil {
		return false
	}
	at := set.PositionFor(file.Name.End(), false).Offset
	w.put(name, old[:at]+fmt.Sprintf("\n\nimport _ %q\n", path)+old[at:])
	return true
}

func (w *workspace) importPath(dir string) string {
	for line := range strings.Lines(w.read(filepath.Join(w.dir, "go.mod"))) {
		if module, found := strings.CutPrefix(line, "module "); found {
			relative, _ := filepath.Rel(w.dir, dir)
			return strings.TrimSpace(module) + "/" + filepath.ToSlash(relative)
		}
	}
	w.t.Fatal("no module")
	return ""
}

// packageName returns the name of the package in dir.
func (w *workspace) packageName(dir string) string {
	for _, path := range w.sources(dir) {
		if f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.PackageClauseOnly); err == nil {
			return f.Name.Name
		}
	}
	return "main"
}

// add makes a file; the format is given the name of its package and a number.
func (w *workspace) add(name, format string) bool {
	dir := w.pick(w.dirs)
	path := filepath.Join(dir, fmt.Sprintf(name, w.count))
	w.put(path, fmt.Sprintf(format, w.packageName(dir), w.count))
	w.added = append(w.added, path)
	return true
}

func (w *workspace) remove() bool {
	if len(w.added) == 0 {
		return false
	}
	i := w.rnd.IntN(len(w.added))
	path := w.added[i]
	w.added = slices.Delete(w.added, i, i+1)
	return os.Remove(path) == nil
}

func (w *workspace) rename() bool {
	if len(w.added) == 0 {
		return false
	}
	i := w.rnd.IntN(len(w.added))
	to := filepath.Join(filepath.Dir(w.added[i]), fmt.Sprintf("renamed%d%s", w.count, filepath.Ext(w.added[i])))
	if err := os.Rename(w.added[i], to); err != nil {
		return false
	}
	w.added[i] = to
	return true
}

const embedded = "data"

func (w *workspace) embed() bool {
	dir := w.pick(w.dirs)
	w.put(filepath.Join(dir, embedded, "text.txt"), fmt.Sprintf("text %d", w.count))
	path := filepath.Join(dir, fmt.Sprintf("embed%d.go", w.count))
	w.put(path, fmt.Sprintf("package %s\n\nimport \"embed\"\n\n//go:embed %s\nvar Files%d embed.FS\n", w.packageName(dir),
		w.pick([]string{embedded, embedded + "/*.txt", "all:" + embedded, embedded + "/text.txt"}), w.count))
	w.added = append(w.added, path)
	return true
}

func (w *workspace) editEmbedded() bool {
	path := filepath.Join(w.pick(w.dirs), embedded, "text.txt")
	if _, err := os.Stat(path); err != nil {
		return false
	}
	w.put(path, fmt.Sprintf("text %d", w.count))
	return true
}

func (w *workspace) addEmbedded() bool {
	dir := filepath.Join(w.pick(w.dirs), embedded)
	if _, err := os.Stat(dir); err != nil {
		return false
	}
	name := w.pick([]string{"more%d.txt", ".hidden%d", "sub/more%d.txt", "go.mod"})
	path := filepath.Join(dir, strings.Replace(name, "%d", fmt.Sprint(w.count), 1))
	w.put(path, "more")
	w.added = append(w.added, path)
	return true
}

// restore puts a source back as it was published, or removes what edits added.
func (w *workspace) restore() bool {
	path := w.source()
	if text, found := w.original[path]; found {
		w.put(path, text)
		return true
	}
	return os.Remove(path) == nil
}

// restoreAll puts everything back.
func (w *workspace) restoreAll() {
	w.t.Helper()
	for _, dir := range w.dirs {
		for _, path := range w.sources(dir) {
			if _, found := w.original[path]; !found {
				os.Remove(path)
			}
		}
	}
	for _, path := range w.added {
		os.Remove(path)
	}
	w.added = nil
	for path, text := range w.original {
		if now, err := os.ReadFile(path); err != nil || string(now) != text {
			w.put(path, text)
		}
	}
}
