package bundle

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"io/fs"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"

	"github.com/calendsync/devtool/internal/regular"
)

// Page is an HTML file of the front end as browsers get it.
type Page struct {
	Path string // below the front end, with slashes: "nested/index.html"
	Text []byte
}

// pageSet is what the pages of a front end name. The bundler owns it: it is read
// anew between builds, and only looked at during one.
type pageSet struct {
	pages   []page
	scripts []string          // files that pages load as modules; some may be missing
	sheets  []string          // files
	assets  []string          // files
	inlines map[string]string // texts of inline scripts, by the files they would be in
	places  map[string]place  // where a script is named first
	awaited []string          // files that are named and missing
}

// concernedBy reports whether the pages are to be read again after files changed.
func (s *pageSet) concernedBy(paths pathMapper, changed []string) bool {
	return changed == nil || slices.ContainsFunc(changed, func(file string) bool {
		file = paths.real(file)
		return filepath.Ext(file) == ".html" || slices.Contains(s.awaited, file) || slices.Contains(s.assets, file)
	})
}

// inputs are the files that the pages consist of.
func (s *pageSet) inputs() []string {
	files := slices.Clone(s.assets)
	for _, p := range s.pages {
		files = append(files, p.file)
	}
	return files
}

// place is a tag in a page.
type place struct {
	page page
	tag  int
	url  string
}

const maxPages = 20_000 // directory entries that are looked at

// readPages reads the pages of the front end, of which main is one. Other HTML
// files in its directory are pages, too, and those below it that name sources.
func (l layout) readPages(main string, variables map[string]string) *pageSet {
	set := &pageSet{inlines: make(map[string]string), places: make(map[string]place)}
	if main == "" || l.frontEnd == "" {
		return set
	}
	for _, file := range l.pageFiles(l.paths.real(main)) {
		text, err := regular.ReadFile(file)
		if err != nil {
			continue // gone meanwhile
		}
		p := page{file: file, dir: l.frontEnd, text: withVariables(text, variables)}
		if nested := filepath.Dir(file) != l.frontEnd; nested && file != l.paths.real(main) && (bytes.Contains(text, []byte("{{")) || !l.namesSources(p)) {
			continue
		}
		set.pages = append(set.pages, p)
		p.walk(l.isPublic, func(ref *reference) { set.add(p, ref) })
	}
	return set
}

// pageFiles returns the HTML files of the front end, main first.
func (l layout) pageFiles(main string) []string {
	files, left := []string{main}, maxPages
	_ = filepath.WalkDir(l.frontEnd, func(file string, e fs.DirEntry, err error) error {
		if left--; left < 0 {
			return fs.SkipAll
		}
		switch {
		case err != nil:
			return nil // no source of anybody's, if it cannot be read
		case e.IsDir() && file != l.frontEnd && (file == l.publicDir || strings.HasPrefix(e.Name(), ".") || notWritten.MatchString(e.Name()) || isFile(filepath.Join(file, "package.json"))):
			return fs.SkipDir
		case e.Type().IsRegular() && filepath.Ext(file) == ".html" && file != main:
			files = append(files, file)
		}
		return nil
	})
	return files
}

// notWritten matches the directories that hold nothing people wrote.
var notWritten = regexp.MustCompile(`^(?:node_modules|vendor|testdata|dist|build|out|target|tmp|bin|coverage)$`)

func (l layout) isPublic(url string) bool {
	_, ok := l.publicFile(path.Clean(url))
	return ok
}

// namesSources reports whether a page loads files of the front end.
func (l layout) namesSources(p page) (names bool) {
	p.walk(l.isPublic, func(ref *reference) {
		switch ref.kind {
		case toScript, toSheet:
			names = names || isFile(ref.file)
		case toInline:
			names = names || strings.Contains(ref.url, "import")
		}
	})
	return names
}

// add notes what a page names.
func (s *pageSet) add(p page, ref *reference) {
	if ref.kind == toPublic {
		return
	}
	if ref.kind != toInline && !isFile(ref.file) {
		s.awaited = append(s.awaited, ref.file)
	}
	switch {
	case ref.kind == toInline:
		before := p.text[:ref.tag+bytes.Index(p.text[ref.tag:], []byte(ref.url))]
		lines := bytes.Count(before, []byte("\n"))
		column := len(before) - 1 - bytes.LastIndexByte(before, '\n')
		s.inlines[ref.file] = strings.Repeat("\n", lines) + strings.Repeat(" ", column) + ref.url
		s.scripts = append(s.scripts, ref.file)
	case ref.kind == toScript && isEntry(*ref):
		s.scripts = append(s.scripts, ref.file)
		if _, known := s.places[ref.file]; !known {
			s.places[ref.file] = place{p, ref.tag, ref.url}
		}
	case ref.kind == toSheet && isFile(ref.file) && filepath.Ext(ref.file) == ".css":
		s.sheets = append(s.sheets, ref.file)
	case ref.kind != toSheet && isFile(ref.file):
		s.assets = append(s.assets, ref.file)
	}
}

// isEntry reports whether a script is one to bundle. One that is missing is, if it
// can only be a source: what the app or a package serves has other names.
func isEntry(ref reference) bool {
	typed := slices.Contains([]string{".ts", ".tsx", ".jsx", ".mts", ".cts"}, filepath.Ext(ref.file))
	switch {
	case isFile(ref.file):
		return typed || ref.module
	case ref.module:
		return typed || strings.HasPrefix(ref.url, ".") || strings.HasPrefix(ref.url, "/src/")
	}
	return false
}

// entriesOf adds what the pages load to the entry points that were written. Those
// that pages named once and that are gone are left out.
func (l layout) entriesOf(written []entryPoint, set *pageSet) []entryPoint {
	var entries []entryPoint
	add := func(file string) {
		known := func(e entryPoint) bool { return e.file == file }
		source, err := filepath.Rel(l.paths.resolved, file)
		if err == nil && !slices.ContainsFunc(entries, known) {
			entries = append(entries, entryPoint{file: file, source: filepath.ToSlash(source)})
		}
	}
	for _, e := range written {
		if len(set.pages) == 0 || isFile(e.file) {
			add(e.file)
		}
	}
	for _, file := range slices.Concat(set.scripts, set.sheets) {
		add(file)
	}
	if len(entries) == 0 {
		entries = slices.Clone(written)
	}
	for i, name := range entryNames(entries) {
		entries[i].name = name
	}
	return entries
}

// resolvePages loads the inline scripts of pages.
func (l layout) resolvePages(build api.PluginBuild) {
	build.OnResolve(api.OnResolveOptions{Filter: `\.inline-\d+\.js$`}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		file := filepath.Join(args.ResolveDir, filepath.FromSlash(args.Path))
		if _, ok := l.pages.inlines[file]; !ok || args.Kind != api.ResolveEntryPoint {
			return api.OnResolveResult{}, nil
		}
		return api.OnResolveResult{Path: file}, nil
	})
}

// pageOf returns the page that an inline script stands in, or "".
func (l layout) pageOf(file string) string {
	if _, ok := l.pages.inlines[file]; !ok {
		return ""
	}
	return file[:strings.LastIndex(file, inlineMark)] + ".html"
}

// placed says where the page names a script that is missing.
func (l layout) placed(message api.Message) api.Message {
	match := unresolvedPattern.FindStringSubmatch(message.Text)
	if match == nil || message.Location != nil {
		return message
	}
	for file, at := range l.pages.places {
		if l.inputPath(file) != match[1] {
			continue
		}
		offset := at.tag + max(0, bytes.Index(at.page.text[at.tag:], []byte(at.url)))
		start := bytes.LastIndexByte(at.page.text[:offset], '\n') + 1
		line, _, _ := bytes.Cut(at.page.text[start:], []byte("\n"))
		message.Text = fmt.Sprintf("there is no file %s", l.shown(file))
		message.Notes = nil
		message.Location = &api.Location{
			File: at.page.file, Line: bytes.Count(at.page.text[:start], []byte("\n")) + 1, Column: offset - start,
			Length: len(at.url), LineText: string(line),
		}
	}
	return message
}

// rooted is the URL path of a file of the front end as pages name it.
func (l layout) rooted(file string) string {
	rel, err := filepath.Rel(l.frontEnd, file)
	if err != nil {
		return ""
	}
	return (&url.URL{Path: "/" + filepath.ToSlash(rel)}).EscapedPath()
}

// based returns the URL of a public file below the base of the front end.
func (l layout) based(ref *reference) string {
	return l.base + strings.TrimPrefix(strings.TrimSpace(ref.url), "/")
}

// developmentPage returns a page in which everything that is a file of the front end
// is named from the root, wherever the page is shown. Scripts and sheets of entries
// are named by the URLs of their bundles.
func (l layout) developmentPage(p page, entries []Entry) []byte {
	linked := map[string]bool{}
	built := func(ref *reference) (Entry, bool) {
		i := slices.IndexFunc(entries, func(e Entry) bool {
			return ref.file == filepath.Join(l.paths.resolved, filepath.FromSlash(e.Source))
		})
		if i < 0 || ref.kind == toAsset || ref.kind == toPublic {
			return Entry{}, false
		}
		return entries[i], true
	}
	p.walk(l.isPublic, func(ref *reference) {
		if entry, ok := built(ref); ok && ref.kind == toSheet {
			linked[entry.URL] = true
		}
	})
	return p.walk(l.isPublic, func(ref *reference) {
		entry, ok := built(ref)
		switch {
		case ref.kind == toPublic:
			ref.to = l.based(ref)
		case ok:
			if ref.to = entry.URL; ref.kind != toSheet {
				ref.before = needs(Entry{CSS: entry.CSS}, linked)
			}
		case ref.kind == toInline:
			ref.to = l.rooted(ref.file)
		case !isFile(ref.file) && !(ref.kind == toScript && isEntry(*ref)):
		case ref.kind == toScript && !isEntry(*ref):
			ref.kind, ref.to = toAsset, l.rooted(ref.file)+ref.suffix
		default:
			ref.to = l.rooted(ref.file) + ref.suffix
		}
	})
}

// pageAssets returns the files that the pages name, by their URLs: in development
// those of the sources.
func (l layout) pageAssets(release bool) Outputs {
	outputs := make(Outputs)
	for _, file := range l.pages.assets {
		contents, err := regular.ReadFile(file)
		if err != nil {
			continue // gone meanwhile: the watcher tells
		}
		sum := sha256.Sum256(contents)
		hash := base32.StdEncoding.EncodeToString(sum[:])[:8]
		at := l.assetURL(file, hash, release)
		outputs[at] = Output{Path: at, Contents: contents, Hash: hash, Type: contentType(at)}
	}
	return outputs
}

func (l layout) assetURL(file, hash string, release bool) string {
	if !release {
		rel, _ := filepath.Rel(l.frontEnd, file) // it is inside: see resolve
		return "/" + filepath.ToSlash(rel)
	}
	base := filepath.Base(file)
	extension := filepath.Ext(base)
	return l.publicPath + strings.TrimSuffix(base, extension) + "-" + hash + extension
}

// releasePage returns a page whose tags name the outputs of a build. A tag may also
// name the URL that a bundle has in development.
func (l layout) releasePage(p page, entries []Entry, assets Outputs) []byte {
	built := l.developmentURLs(entries)
	find := func(ref *reference) (Entry, string, bool) {
		for _, entry := range entries {
			if ref.file == filepath.Join(l.paths.resolved, filepath.FromSlash(entry.Source)) {
				return entry, entry.URL, true
			}
		}
		name, _, _ := strings.Cut(ref.url, "?")
		to, ok := built[path.Clean("/"+name)]
		return to.entry, to.url, ok
	}
	linked := map[string]bool{}
	p.walk(l.isPublic, func(ref *reference) {
		if _, url, ok := find(ref); ok && ref.kind == toSheet {
			linked[url] = true
		}
	})
	return p.walk(l.isPublic, func(ref *reference) {
		entry, to, ok := find(ref)
		switch {
		case ref.kind == toPublic:
			ref.to = l.based(ref)
		case ref.kind == toScript && ok, ref.kind == toInline && ok:
			ref.to, ref.before = to, needs(entry, linked)
		case ref.kind == toSheet && ok:
			ref.to = to
		case isFile(ref.file):
			for at, output := range assets {
				if contents, err := regular.ReadFile(ref.file); err == nil && at == l.assetURL(ref.file, output.Hash, true) && bytes.Equal(contents, output.Contents) {
					ref.kind, ref.to = toAsset, (&url.URL{Path: at}).EscapedPath()+ref.suffix
				}
			}
		}
	})
}

// renderPages returns the pages as browsers get them, and what they need beside the
// bundles.
func (b *Bundler) renderPages(entries []Entry) (pages []Page, assets Outputs) {
	l := b.layout
	assets = l.pageAssets(b.opts.Release)
	for _, p := range l.pages.pages {
		text := func(p page) []byte { return l.developmentPage(p, entries) }
		if b.opts.Release {
			text = func(p page) []byte { return l.releasePage(p, entries, assets) }
		}
		pages = append(pages, Page{Path: p.path(), Text: text(p)})
	}
	return pages, assets
}

// DevelopmentPage returns a page of the front end, read anew, for an app that serves
// it itself in development: it names sources, from the root. Calls do not wait for a
// build.
func (b *Bundler) DevelopmentPage(file string) ([]byte, error) {
	text, err := regular.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read a page: %w", err)
	}
	l := b.places
	p := page{file: l.paths.real(file), dir: l.frontEnd, text: withVariables(text, b.opts.variables(b.readEnv()))}
	return l.developmentPage(p, nil), nil
}
