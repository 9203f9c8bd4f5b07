package proxy

import (
	"errors"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// mount is a directory whose files are served below a prefix.
type mount struct {
	prefix, dir string
	public      bool // the public directory, whose own index.html is not the site's
}

// newMounts returns the mounts, the longest prefix first, and the public
// directory after them.
func newMounts(dirs map[string]string, public string) (mounts []mount) {
	for prefix, dir := range dirs {
		mounts = append(mounts, mount{prefix: prefix, dir: dir})
	}
	slices.SortFunc(mounts, func(a, b mount) int { return len(b.prefix) - len(a.prefix) })
	if public != "" {
		mounts = append(mounts, mount{prefix: "/", dir: public, public: true})
	}
	return mounts
}

// serveFile serves a file of a mount. It reports whether there is one; if not,
// the app answers.
func (p *Proxy) serveFile(w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		return false
	}
	for _, m := range p.mounts {
		rest, ok := below(m.prefix, r.URL.Path)
		if !ok {
			continue
		}
		if rest == "" && m.public {
			continue // the app, or the project's page, answers at the root
		}
		if rest == "" || strings.HasSuffix(rest, "/") {
			rest += "index.html"
		}
		if name, ok := publicName(rest); ok && p.serveFrom(w, r, m.dir, name) {
			return true
		}
	}
	return false
}

// publicName returns the file name for a URL path. It is not ok for hidden files
// and for what is not a name on this system.
func publicName(rest string) (name string, ok bool) {
	if slices.ContainsFunc(strings.Split(rest, "/"), isHidden) || strings.Contains(rest, `\`) {
		return "", false
	}
	name, err := filepath.Localize(rest)
	return name, err == nil
}

func isHidden(segment string) bool {
	return strings.HasPrefix(segment, ".") && segment != ".well-known"
}

// hiddenPart returns the part of a link's target, from the project's directory on,
// that makes it hidden; "" if none does. Package managers keep what
// node_modules/lib links to in a directory like node_modules/.pnpm, .bun or .store.
func hiddenPart(target string) string {
	segments := strings.Split(target, "/")
	for i, segment := range segments {
		store := i > 0 && segments[i-1] == "node_modules" && i < len(segments)-1
		if isHidden(segment) && !store {
			return strings.Join(segments[:i+1], "/")
		}
	}
	return ""
}

// serveFrom opens the directory anew each time: builds replace directories.
func (p *Proxy) serveFrom(w http.ResponseWriter, r *http.Request, dir, name string) bool {
	root, name, ok := p.find(dir, name, r)
	if !ok {
		return false
	}
	defer root.Close()
	info, err := root.Stat(name)
	if err != nil || !info.Mode().IsRegular() { // opening a pipe would wait for its writer
		return false
	}
	if !p.ownAnswer(w, r) {
		return true
	}
	f, err := root.Open(name)
	if err != nil {
		return false
	}
	if ext := strings.ToLower(path.Ext(name)); isDocument(r) && (ext == ".html" || ext == ".htm") {
		p.serveDocument(w, r, f)
		return true
	}
	defer f.Close()
	w.Header().Set("Cache-Control", "no-cache")
	setContentType(w.Header(), name)
	http.ServeContent(w, r, name, info.ModTime(), f)
	return true
}

// find returns the directory that a file of dir is to be opened in, and its name
// there. A link may lead out of dir to another place of the project. One that
// leads out of the project is told, and not followed: it would open to browsers
// what nobody has said they may have.
func (p *Proxy) find(dir, name string, r *http.Request) (root *os.Root, found string, ok bool) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, "", false
	}
	if _, err = root.Stat(name); err == nil {
		return root, name, true
	}
	root.Close()
	if p.options.Project == "" || errors.Is(err, fs.ErrNotExist) {
		return nil, "", false
	}
	target, err := filepath.EvalSymlinks(filepath.Join(dir, name))
	if err != nil {
		return nil, "", false
	}
	project, err := filepath.EvalSymlinks(p.options.Project)
	if err != nil {
		return nil, "", false
	}
	rel, err := filepath.Rel(project, target)
	if err != nil || !filepath.IsLocal(rel) {
		p.journal.report(Event{Kind: NotServed, Request: nameOf(r), Reason: "a link leads out of the project to " + target +
			"; web.mounts in devtool.toml can name its directory"})
		return nil, "", false
	}
	file := filepath.ToSlash(rel)
	switch hidden := hiddenPart(file); hidden {
	case "":
	case file:
		p.journal.report(Event{Kind: NotServed, Request: nameOf(r), Reason: "a link leads to the hidden file " + file +
			"; link to a file whose name begins with no dot"})
		return nil, "", false
	default:
		p.journal.report(Event{Kind: NotServed, Request: nameOf(r), Reason: "a link leads into the hidden directory " + hidden +
			"; web.mounts in devtool.toml can name the directory of " + file})
		return nil, "", false
	}
	if root, err = os.OpenRoot(project); err != nil {
		return nil, "", false
	}
	return root, rel, true
}

// serveDocument serves an HTML document with the tag in it, and closes it.
func (p *Proxy) serveDocument(w http.ResponseWriter, r *http.Request, document io.ReadCloser) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-cache")
	body := p.inject(r, http.StatusOK, h, document)
	defer body.Close()
	if _, err := io.Copy(w, body); err != nil {
		panic(http.ErrAbortHandler) // part of a file must not look like all of it
	}
}
