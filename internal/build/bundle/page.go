package bundle

import (
	"bytes"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Page returns the text of a page with its tags turned to the outputs of a
// build: a tag may name the source of an entry point, as in
// <script src="/src/main.tsx">, or the URL that its bundle has in development.
// file is the page's own, absolute; paths in it are relative to its directory.
// All else stays as it is, byte for byte.
func (b *Bundler) Page(file string, text []byte, entries []Entry) []byte {
	urls := b.developmentURLs(entries)
	find := func(url string) (Entry, string, bool) {
		url, _, _ = strings.Cut(url, "?")
		source := filepath.Join(filepath.Dir(file), filepath.FromSlash(url))
		for _, entry := range entries {
			if source == filepath.Join(b.layout.paths.given, filepath.FromSlash(entry.Source)) {
				return entry, entry.URL, true
			}
		}
		to, found := urls[path.Clean("/"+url)]
		return to.entry, to.url, found
	}
	linked := map[string]bool{}
	eachTag(text, func(t html.Token, raw []byte) {
		if at := linkAttribute(t); at >= 0 {
			if _, url, ok := find(t.Attr[at].Val); ok {
				linked[url] = true
			}
		}
	})
	var out bytes.Buffer
	eachTag(text, func(t html.Token, raw []byte) {
		at := linkAttribute(t)
		if at < 0 {
			out.Write(raw)
			return
		}
		entry, url, ok := find(t.Attr[at].Val)
		if !ok {
			out.Write(raw)
			return
		}
		t.Attr[at].Val = url
		if t.DataAtom == atom.Script {
			t.Attr = slices.DeleteFunc(t.Attr, func(a html.Attribute) bool { return a.Key == "type" })
			t.Attr = append([]html.Attribute{{Key: "type", Val: "module"}}, t.Attr...)
			out.WriteString(needs(entry, linked))
		}
		out.WriteString(t.String())
	})
	return out.Bytes()
}

// needs are the tags of what a script needs and the page does not name yet.
func needs(entry Entry, linked map[string]bool) string {
	var tags strings.Builder
	for _, tag := range []struct {
		rel  string
		urls []string
	}{{"modulepreload", entry.Imports}, {"stylesheet", entry.CSS}} {
		for _, url := range tag.urls {
			if !linked[url] {
				linked[url] = true
				fmt.Fprintf(&tags, "<link rel=%q href=%q>\n", tag.rel, html.EscapeString(url))
			}
		}
	}
	return tags.String()
}

// eachTag calls do for each token of a document. raw is its text; the call must
// not keep it.
func eachTag(text []byte, do func(t html.Token, raw []byte)) {
	for z := html.NewTokenizer(bytes.NewReader(text)); ; {
		kind := z.Next()
		if kind == html.ErrorToken {
			do(html.Token{}, z.Raw())
			return
		}
		raw := slices.Clone(z.Raw()) // Token changes it in place
		do(z.Token(), raw)
	}
}

// linkAttribute returns the index of the attribute that names a script or a
// style sheet, or -1.
func linkAttribute(t html.Token) int {
	if t.Type != html.StartTagToken && t.Type != html.SelfClosingTagToken {
		return -1
	}
	key := ""
	switch t.DataAtom {
	case atom.Script:
		key = "src"
	case atom.Link:
		key = "href"
	}
	return slices.IndexFunc(t.Attr, func(a html.Attribute) bool { return key != "" && a.Key == key })
}

// builtURL is an output of an entry point.
type builtURL struct {
	entry Entry
	url   string
}

// developmentURLs maps the URLs that bundles have in development, which hold no
// hash, to those of a build.
func (b *Bundler) developmentURLs(entries []Entry) map[string]builtURL {
	urls := map[string]builtURL{}
	for _, e := range b.layout.entries {
		i := slices.IndexFunc(entries, func(built Entry) bool { return built.Source == e.source })
		if i < 0 {
			continue
		}
		for _, url := range append([]string{entries[i].URL}, entries[i].CSS...) {
			urls[b.layout.publicPath+e.name+path.Ext(url)] = builtURL{entries[i], url}
		}
	}
	return urls
}
