package bundle

import (
	"bytes"
	"net/url"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/css"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// page is an HTML file of the front end.
type page struct {
	file string // absolute
	dir  string // of the front end, to which / refers
	text []byte // as it was read, but for %NAME%
}

// path names the page below the front end, with slashes: "nested/index.html".
func (p page) path() string {
	rel, err := filepath.Rel(p.dir, p.file)
	if err != nil { // another volume
		rel = filepath.Base(p.file)
	}
	return filepath.ToSlash(rel)
}

// referenceKind is what a page refers to.
type referenceKind int

const (
	toAsset  referenceKind = iota // an image, a font, a manifest
	toScript                      // <script src>
	toInline                      // <script type="module"> with text, which stands in file
	toSheet                       // <link rel="stylesheet">
	toPublic                      // a file that is served as it is
)

// reference is a place in a page that names a file of the front end.
type reference struct {
	kind   referenceKind
	url    string // as written; of an inline script its text
	file   string // that it names, absolute; it may not exist
	suffix string // of the URL, from ? or # on
	module bool   // of a script: type="module"
	tag    int    // where the tag begins in the page

	to     string // what to write in place of url; "" leaves the tag as it is
	before string // what to write before the tag
}

// walk calls visit for each reference, in the order of the page, and returns the
// page with the changes that the calls ask for. All else stays as it is, byte for
// byte. public reports whether a URL path is one of a file that is served as it is.
func (p page) walk(public func(url string) bool, visit func(*reference)) []byte {
	w := pageWalk{page: p, public: public, visit: visit}
	for z := html.NewTokenizer(bytes.NewReader(p.text)); ; {
		kind := z.Next()
		raw := slices.Clone(z.Raw()) // Token changes it in place
		if kind == html.ErrorToken {
			if w.module != nil {
				w.out.Write(w.raw)
			}
			w.out.Write(raw)
			return w.out.Bytes()
		}
		w.token(z.Token(), raw)
		w.read += len(raw)
	}
}

// pageWalk is the state of one walk.
type pageWalk struct {
	page
	public func(url string) bool
	visit  func(*reference)
	out    bytes.Buffer
	read   int // bytes of the page

	module  *html.Token // <script type="module"> without src, whose text comes next
	raw     []byte      // of that tag
	inStyle bool        // the text of <style> comes next
	inlines int         // inline scripts so far

	asModule bool // the script that was just visited is a module, whatever its tag says
}

func (w *pageWalk) token(t html.Token, raw []byte) {
	if w.module != nil {
		w.inlineScript(t, raw)
		return
	}
	if t.Type == html.TextToken && w.inStyle {
		raw = []byte(w.style(string(raw)))
	}
	w.inStyle = false
	if t.Type == html.StartTagToken || t.Type == html.SelfClosingTagToken {
		w.tag(t, raw)
		return
	}
	w.out.Write(raw)
}

// tag writes a tag, with what visit wants in place of its references.
func (w *pageWalk) tag(t html.Token, raw []byte) {
	attribute := func(key string) string {
		if i := slices.IndexFunc(t.Attr, func(a html.Attribute) bool { return a.Key == key }); i >= 0 {
			return t.Attr[i].Val
		}
		return ""
	}
	if slices.ContainsFunc(t.Attr, func(a html.Attribute) bool { return a.Key == "vite-ignore" }) {
		w.out.Write(raw)
		return
	}
	module := strings.EqualFold(strings.TrimSpace(attribute("type")), "module")
	if t.DataAtom == atom.Script && module && attribute("src") == "" && t.Type == html.StartTagToken {
		w.module, w.raw = &t, raw
		return
	}
	w.inStyle = t.DataAtom == atom.Style
	changed := false
	for i := range t.Attr {
		before := t.Attr[i].Val
		switch a := &t.Attr[i]; {
		case a.Key == "style":
			a.Val = w.style(a.Val)
		case a.Key == "srcset" || a.Key == "imagesrcset":
			a.Val = w.sources(a.Val)
		case t.DataAtom == atom.Script && a.Key == "src":
			a.Val = w.follow(reference{kind: toScript, url: a.Val, module: module})
		case t.DataAtom == atom.Link && a.Key == "href" && slices.Contains(strings.Fields(strings.ToLower(attribute("rel"))), "stylesheet"):
			a.Val = w.follow(reference{kind: toSheet, url: a.Val})
		case namesAsset(t.Data, a.Key, attribute("name")+attribute("property")):
			a.Val = w.follow(reference{url: a.Val})
		}
		changed = changed || t.Attr[i].Val != before
	}
	asModule := w.asModule
	w.asModule = false
	if !changed && (module || !asModule) {
		w.out.Write(raw)
		return
	}
	if asModule {
		t.Attr = slices.DeleteFunc(t.Attr, func(a html.Attribute) bool { return a.Key == "type" })
		t.Attr = append([]html.Attribute{{Key: "type", Val: "module"}}, t.Attr...)
	}
	w.out.WriteString(t.String())
}

// namesAsset reports whether an attribute of an element names a file. what is the
// name or the property of a <meta>.
func namesAsset(element, key, what string) bool {
	switch element {
	case "audio", "embed", "img", "input", "source", "track":
		return key == "src"
	case "video":
		return key == "src" || key == "poster"
	case "image", "use":
		return key == "href" || key == "xlink:href"
	case "link":
		return key == "href"
	case "object":
		return key == "data"
	case "meta":
		return key == "content" && metaAsset.MatchString(what)
	}
	return false
}

var metaAsset = regexp.MustCompile(`(?i)^(?:og:(?:image|audio|video)(?::url|:secure_url)?|twitter:(?:image|player)|msapplication-(?:tileimage|\w+logo|config))$`)

// inlineScript gets what follows <script type="module">: its text, or its end.
func (w *pageWalk) inlineScript(t html.Token, raw []byte) {
	tag, start := w.module, w.raw
	w.module = nil
	if t.Type != html.TextToken || len(bytes.TrimSpace(raw)) == 0 {
		w.out.Write(start)
		w.token(t, raw)
		return
	}
	file := inlineFile(w.file, w.inlines)
	w.inlines++
	ref := reference{kind: toInline, url: string(raw), file: file, module: true, tag: w.read - len(start)}
	w.visit(&ref)
	if ref.to == "" {
		w.out.Write(start)
		w.out.Write(raw)
		return
	}
	w.out.WriteString(ref.before)
	tag.Attr = append(tag.Attr, html.Attribute{Key: "src", Val: ref.to})
	w.out.WriteString(tag.String())
}

// inlineFile names the file that an inline script would be in.
func inlineFile(page string, index int) string {
	return strings.TrimSuffix(page, filepath.Ext(page)) + inlineMark + strconv.Itoa(index) + ".js"
}

const inlineMark = ".inline-"

// follow returns what to write in place of a URL.
func (w *pageWalk) follow(ref reference) string {
	written := ref.url
	if !w.resolve(&ref) {
		return written
	}
	ref.tag = w.read
	w.visit(&ref)
	w.out.WriteString(ref.before)
	if ref.to == "" {
		return written
	}
	w.asModule = ref.kind == toScript
	return ref.to
}

var (
	urlScheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:`)
	urlEnd    = regexp.MustCompile(`[?#].*$`)
)

// resolve finds the file that a reference names. It reports false for URLs of other
// hosts, of public files and of what no file of the front end can be.
func (w *pageWalk) resolve(ref *reference) bool {
	written := strings.TrimSpace(ref.url)
	ref.suffix = urlEnd.FindString(written)
	name, err := url.PathUnescape(strings.TrimSuffix(written, ref.suffix))
	if err != nil || name == "" || strings.HasPrefix(name, "//") || urlScheme.MatchString(name) || strings.ContainsAny(name, "{}<>\x00") {
		return false
	}
	base := filepath.Dir(w.file)
	if strings.HasPrefix(name, "/") {
		if base = w.dir; w.public(name) {
			ref.kind = toPublic
		}
	}
	ref.file = filepath.Join(base, filepath.FromSlash(name))
	switch {
	case !inside(w.dir, ref.file) || strings.HasSuffix(name, "/"):
		return false
	case ref.kind == toPublic:
		return true
	case ref.kind == toAsset:
		return filepath.Ext(ref.file) != "" && filepath.Ext(ref.file) != ".html"
	}
	return true
}

// sources rewrites a srcset: URLs with descriptors, between commas.
func (w *pageWalk) sources(set string) string {
	var out strings.Builder
	for rest := set; rest != ""; {
		blank := len(rest) - len(strings.TrimLeft(rest, " \t\n\r\f,"))
		out.WriteString(rest[:blank])
		rest = rest[blank:]
		end := strings.IndexAny(rest, " \t\n\r\f")
		if end < 0 {
			end = len(rest)
		}
		name := strings.TrimRight(rest[:end], ",")
		if name != "" {
			out.WriteString(w.follow(reference{url: name}))
		}
		descriptor := rest[len(name):]
		if comma := strings.IndexByte(descriptor, ','); comma >= 0 {
			descriptor = descriptor[:comma+1]
		}
		out.WriteString(descriptor)
		rest = rest[len(name)+len(descriptor):]
	}
	return out.String()
}

// style rewrites the URLs in CSS.
func (w *pageWalk) style(text string) string {
	if !strings.Contains(strings.ToLower(text), "url(") {
		return text
	}
	var out strings.Builder
	read := 0
	for lexer := css.NewLexer(parse.NewInputString(text)); ; {
		kind, data := lexer.Next()
		read += len(data)
		token := string(data)
		if kind == css.ErrorToken {
			return out.String() + text[min(read, len(text)):]
		}
		if kind == css.URLToken {
			inner := strings.TrimSuffix(token[len("url("):], ")")
			name := strings.Trim(strings.TrimSpace(inner), `"'`)
			if to := w.follow(reference{url: name}); to != name {
				token = "url(" + strings.Replace(inner, name, to, 1) + ")"
			}
		}
		out.WriteString(token)
	}
}

var pageVariable = regexp.MustCompile(`%(\w+)%`)

// withVariables fills in %NAME%, where env has one of that name.
func withVariables(text []byte, env map[string]string) []byte {
	return pageVariable.ReplaceAllFunc(text, func(written []byte) []byte {
		if value, ok := env[string(written[1:len(written)-1])]; ok {
			return []byte(value)
		}
		return written
	})
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
				tags.WriteString(`<link rel="` + tag.rel + `" href="` + html.EscapeString(url) + "\">\n")
			}
		}
	}
	return tags.String()
}

// builtURL is an output of an entry point.
type builtURL struct {
	entry Entry
	url   string
}

// developmentURLs maps the URLs that bundles have in development, which hold no
// hash, to those of a build.
func (l layout) developmentURLs(entries []Entry) map[string]builtURL {
	urls := map[string]builtURL{}
	for _, e := range l.entries {
		i := slices.IndexFunc(entries, func(built Entry) bool { return built.Source == e.source })
		if i < 0 {
			continue
		}
		for _, url := range append([]string{entries[i].URL}, entries[i].CSS...) {
			urls[l.publicPath+e.name+path.Ext(url)] = builtURL{entries[i], url}
		}
	}
	return urls
}
