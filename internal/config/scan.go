package config

import (
	"bytes"
	"io"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"

	"github.com/calendsync/devtool/internal/regular"
)

const (
	maxScanned  = 20_000  // directory entries looked at; beyond, a guess is not worth the wait
	maxFileSize = 1 << 18 // bytes read of one file
)

// files is what one walk over the project found.
type files struct {
	templates []template
	filled    map[string]bool // HTML files that a program fills in, and their directories
	templ     bool            // there are .templ files
}

// template is an HTML document or a template of one, and what it links.
type template struct {
	path  string
	links []link
}

// link is a script or a style sheet that a document names.
type link struct {
	url    string // without query
	module bool   // <script type="module">
	inline bool   // such a script with text of its own; it has no URL
}

// scan reads every template below root.
func scan(root string) files {
	found := files{filled: map[string]bool{}}
	left := maxScanned
	filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if left--; left < 0 {
			return fs.SkipAll
		}
		if err != nil {
			return nil // what cannot be read cannot be guessed from
		}
		if e.IsDir() {
			if path != root && skipDir(e.Name()) {
				return fs.SkipDir
			}
			return nil
		}
		switch filepath.Ext(path) {
		case ".templ":
			found.templ = true
			fallthrough
		case ".html", ".tmpl", ".tpl", ".gohtml":
			data := readHead(path)
			found.templates = append(found.templates, template{path, links(data)})
			if filepath.Ext(path) == ".html" && templateAction.Match(data) {
				found.filled[path], found.filled[filepath.Dir(path)] = true, true
			}
		}
		return nil
	})
	return found
}

// templateAction is what a program fills in, in the languages that templates
// for Go programs are written in. Minified scripts have {{ as well, but not so.
var templateAction = regexp.MustCompile(
	`\{\{-?\s*[.$"]|\{\{-?\s*(?:define|template|block|range|if|with|end|else|include|extends)\b[^;(]|\{\{ [\w.|]+ \}\}|\{%-?\s*\w+`)

// skipDir reports whether a directory holds nothing that people wrote.
func skipDir(name string) bool {
	return strings.HasPrefix(name, ".") ||
		slices.Contains([]string{"node_modules", "vendor", "testdata", "dist", "build", "out", "target", "tmp", "bin"}, name)
}

// links returns the scripts and style sheets that a document names with a path
// of this server. It reads tokens, not a tree, and so copes with templates.
func links(data []byte) []link {
	var found []link
	for z := html.NewTokenizer(bytes.NewReader(data)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return found
		case html.TextToken:
			if i := len(found) - 1; i >= 0 && found[i].module && found[i].url == "" {
				found[i].inline = bytes.Contains(z.Raw(), []byte("import"))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			if l, ok := linkOf(z.Token()); ok {
				found = append(found, l)
			}
		}
	}
}

func linkOf(t html.Token) (link, bool) {
	name := map[string]string{"script": "src", "link": "href"}[t.Data]
	if name == "" {
		return link{}, false
	}
	var l link
	for _, a := range t.Attr {
		switch a.Key {
		case name:
			l.url, _, _ = strings.Cut(strings.TrimSpace(a.Val), "?")
		case "type":
			l.module = a.Val == "module"
		}
	}
	foreign := strings.Contains(l.url, "//") || strings.ContainsAny(l.url, "{}<>%")
	if l.url == "" {
		return l, l.module
	}
	return l, isSource(l.url) && !foreign
}

// readHead returns the first part of a file; nothing when it cannot be read.
func readHead(path string) []byte {
	f, err := regular.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	data, _ := io.ReadAll(io.LimitReader(f, maxFileSize))
	return data
}
