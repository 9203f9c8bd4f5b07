package devserver

import (
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/calendsync/devtool/internal/build/bundle"
	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/policy"
)

// fileChange is a file whose content changed.
type fileChange struct {
	Path    string // absolute
	Removed bool
	Created bool
}

// static is a directory whose files are served to browsers unchanged.
type static struct {
	Dir    string // absolute
	Prefix string // URL prefix, ending in a slash
}

// inputs is everything that the meaning of a change depends on.
type inputs struct {
	Root     string
	Rules    []config.Rule // the user's, which win over everything
	Defaults []config.Rule // ours, which apply last
	Env      map[string]bool
	Statics  []static

	// Go reports whether a file belongs to the Go build. It is nil until the
	// build graph is known; until then every Go file counts.
	Go func(path string, removed bool) bool

	// Text reports whether the app that runs can show a changed file of the Go
	// build by reading text again.
	Text func(path string) bool

	// Generators reports whether a generator reads a file; nil without any.
	Generators func(path string) bool

	// Kept reports whether a generator that keeps running reads a file. The
	// change then shows in its outputs. Nil without such a generator.
	Kept func(path string) bool

	// Lacks reports whether a file is an output of a generator that is missing; nil
	// without any.
	Lacks func(path string) bool

	// Page is the page that the app embeds; empty without one.
	Page string

	// Pages is the directory below which a new HTML file is a page of the front end;
	// empty without pages.
	Pages string

	// Written reports whether a file is a bundle that we wrote; nil if none are.
	Written func(path string) bool

	Web        map[string]bool // inputs of the bundles
	Globs      []bundle.Glob   // what matches is an input when it comes and, as a build may have read it before that was known, when it goes
	WebDirs    []string        // where the sources of the web lane are
	Unresolved bool            // an import is missing: any new file may be it
}

// classify sorts changed files by what they affect. It returns as ignored those
// that belong to no build and match no rule.
func classify(changes []fileChange, in inputs) (ev policy.Changed, ignored []string) {
	for _, c := range changes {
		if in.Written != nil && in.Written(c.Path) {
			continue
		}
		rel := in.relative(c.Path)
		action := matchRule(in.Rules, rel)
		generates := action != "ignore" && in.Generators != nil && in.Generators(c.Path)
		lacks := action != "ignore" && c.Removed && in.Lacks != nil && in.Lacks(c.Path)
		ev.Generate = ev.Generate || generates || lacks
		switch {
		case action == "ignore":
			continue
		case action != "":
			in.apply(&ev, action, c, rel)
		case in.Env[c.Path]:
			ev.Restart = true
			if in.Web[c.Path] { // pages see some of it
				ev.Web = append(ev.Web, c.Path)
			}
		case in.Page != "" && in.Page == c.Path:
			ev.Go, ev.Restart = true, true // the app may also read it from disk
			if in.Web[c.Path] {
				ev.Web = append(ev.Web, c.Path)
			}
		case in.web(c):
			ev.Web = append(ev.Web, c.Path)
		case in.statics(c.Path) != nil:
			in.apply(&ev, "swap", c, rel)
		case in.golang(c):
			text := in.Text != nil && !c.Removed && in.Text(c.Path)
			ev.Text, ev.Go = ev.Text || text, ev.Go || !text
		default:
			action := matchRule(in.Defaults, rel)
			if action != "" && action != "ignore" {
				in.apply(&ev, action, c, rel)
			} else if !generates && !lacks {
				if kept := in.Kept != nil && in.Kept(c.Path); action == "" && !kept {
					ignored = append(ignored, c.Path)
				}
				continue
			}
		}
		ev.Files = append(ev.Files, rel)
	}
	return ev, ignored
}

// outside returns why a change of a file has no effect, and reports whether the
// user's rules want it so.
func (in *inputs) outside(file string) (why string, wanted bool) {
	name := filepath.Base(file)
	switch {
	case matchRule(in.Rules, in.relative(file)) == "ignore":
		return "is left out by a [[rule]]", true
	case strings.HasSuffix(name, "_test.go"):
		return "is in no build: a test", false
	case strings.HasSuffix(name, ".go"):
		return "is in no build: of a package that the program does not import, or for another operating system", false
	case within(in.WebDirs, file) && webSource(file):
		return "is in no build: no entry point imports it", false
	}
	return "is in no build, and no [[rule]] names it", false
}

func (in *inputs) apply(ev *policy.Changed, action string, c fileChange, rel string) {
	switch action {
	case "restart":
		ev.Restart = true
	case "build":
		ev.Go = true
	case "swap":
		if swappable(rel) && !c.Removed {
			urls := in.statics(c.Path)
			if urls == nil {
				urls = []string{"/" + rel}
			}
			ev.Swap = append(ev.Swap, urls...)
			return
		}
		ev.Reload = true
	default:
		ev.Reload = true
	}
}

func (in *inputs) web(c fileChange) bool {
	if in.Web[c.Path] || (c.Created || c.Removed) && slices.ContainsFunc(in.Globs, func(g bundle.Glob) bool { return g.Match(c.Path) }) {
		return true
	}
	if in.Pages != "" && c.Created && filepath.Ext(c.Path) == ".html" && within([]string{in.Pages}, c.Path) {
		return true
	}
	if len(in.Web) == 0 || (in.Unresolved && c.Created) {
		return within(in.WebDirs, c.Path) && webSource(c.Path)
	}
	return false
}

// webSource reports whether a file may fix a bundle that never built or an import
// that was not found.
func webSource(file string) bool {
	return config.MatchGlobs([]string{"*.{ts,tsx,mts,cts,js,jsx,mjs,cjs,css,json,svg,png,jpg,gif,webp,woff,woff2,txt,wasm}"}, path.Base(file))
}

func (in *inputs) golang(c fileChange) bool {
	if in.Go != nil {
		return in.Go(c.Path, c.Removed)
	}
	name := filepath.Base(c.Path)
	return strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") || name == "go.mod" || name == "go.work"
}

// statics returns the URL paths at which browsers get a file, one for each mount
// that has it.
func (in *inputs) statics(file string) (urls []string) {
	for _, s := range in.Statics {
		if rel, err := filepath.Rel(s.Dir, file); err == nil && filepath.IsLocal(rel) {
			urls = append(urls, s.Prefix+filepath.ToSlash(rel))
		}
	}
	return urls
}

func (in *inputs) relative(file string) string {
	if rel, err := filepath.Rel(in.Root, file); err == nil {
		return filepath.ToSlash(rel)
	}
	return filepath.ToSlash(file)
}

// matchRule returns the action of the first rule for a file, or "".
func matchRule(rules []config.Rule, rel string) string {
	for _, r := range rules {
		if r.Match(rel) {
			return r.Action
		}
	}
	return ""
}

// swappable reports whether a page can swap a file in place. It cannot swap
// images and fonts, because style sheets and scripts use those too and the page
// sees only its own elements.
func swappable(name string) bool { return path.Ext(name) == ".css" }

func within(dirs []string, file string) bool {
	return slices.ContainsFunc(dirs, func(dir string) bool {
		rel, err := filepath.Rel(dir, file)
		return err == nil && filepath.IsLocal(rel)
	})
}
