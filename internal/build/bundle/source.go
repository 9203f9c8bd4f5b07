package bundle

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/evanw/esbuild/pkg/api"
	"github.com/go-sourcemap/sourcemap"

	"github.com/calendsync/devtool/internal/regular"
)

// What scripts write for a bundler other than esbuild: globs, and the URLs of
// workers and assets. esbuild would leave both as they are, to fail in the page.
//
// Calls of import.meta.glob stay where they are, and globName, to which it is
// defined, is imported at the end of the script: nothing moves, so that source
// maps stay exact. What names a URL is replaced by an import as long as it.
const (
	globName       = "__devtool_glob"
	globNamespace  = "devtool-glob" // before a script: the function that its calls reach
	urlName        = "__devtool_url"
	hrefNamespace  = "devtool-url" // before a file: its URL, absolute as new URL wants it
	workerSpace    = "devtool-worker"
	programScripts = `\.[cm]?[jt]sx?$`
)

// sources rewrites the scripts of the program where they say such things. Most
// do not: what has none of the words is remembered, and left to esbuild.
type sources struct {
	layout layout
	mu     sync.Mutex
	plain  map[string]stamp // scripts that need nothing

	workers map[string]worker // by kind and file; none with globs
}

// stamp is the size and time of a file, which change when it is written.
type stamp struct {
	size int64
	time time.Time
}

func stampOf(file string) stamp {
	info, err := os.Stat(file)
	if err != nil {
		return stamp{size: -1}
	}
	return stamp{info.Size(), info.ModTime()}
}

func newSources(l layout) *sources {
	return &sources{layout: l, plain: make(map[string]stamp), workers: make(map[string]worker)}
}

// forget drops what is remembered of the files.
func (s *sources) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.plain)
	clear(s.workers)
}

// rewrite is the plugin of one build. parents are the workers it is a part of.
func (s *sources) rewrite(build api.PluginBuild, reads *readLog, parents []string) {
	build.OnLoad(api.OnLoadOptions{Filter: programScripts, Namespace: "file"}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		return s.load(args.Path, reads)
	})
	s.resolveGlobs(build)
	s.resolveURLs(build, reads, parents)
}

func (s *sources) load(file string, reads *readLog) (api.OnLoadResult, error) {
	if strings.Contains(filepath.ToSlash(file), "/node_modules/") {
		return api.OnLoadResult{}, nil
	}
	now := stampOf(file)
	s.mu.Lock()
	plain := s.plain[file] == now
	s.mu.Unlock()
	text, ofPage := s.layout.pages.inlines[file]
	switch {
	case ofPage:
	case plain:
		return api.OnLoadResult{}, nil
	default:
		contents, err := regular.ReadFile(file)
		if err != nil {
			return api.OnLoadResult{}, nil // esbuild says so, where it is imported
		}
		text = string(contents)
	}
	if !strings.Contains(text, "import.meta.glob") && !strings.Contains(text, "import.meta.url") {
		if ofPage {
			return api.OnLoadResult{Contents: &text, Loader: api.LoaderJS}, nil
		}
		s.mu.Lock()
		s.plain[file] = now
		s.mu.Unlock()
		return api.OnLoadResult{}, nil
	}
	script := script{file: file, text: text, root: s.layout.rootOf(file), aliases: s.layout.aliases, loader: s.layout.loaderOf(file)}
	result := script.rewrite()
	for _, g := range script.globs {
		reads.addGlob(g.globs())
	}
	return result, nil
}

// script is one that names globs or URLs.
type script struct {
	file, text, root string
	aliases          map[string]string
	loader           api.Loader
	globs            []globCall
	urls             []string // what "__devtool_url_0" and so on import
	failed, warned   []api.Message
}

// mention is a place where a script says import.meta.glob or import.meta.url:
// in truth, and not in a comment or a string.
type mention struct {
	at   int    // in the script
	rest string // what follows, as esbuild prints it: without comments and types
}

func (s *script) rewrite() api.OnLoadResult {
	mentions := s.mentions()
	for _, m := range mentions[globName] {
		call, err := parseGlob(m.rest, s.file, s.root, s.aliases)
		if err != nil {
			s.failed = append(s.failed, s.message(m.at, "import.meta.glob", err.Error()))
			continue
		}
		s.globs = append(s.globs, call)
	}
	text, tail := s.text, ""
	for _, m := range mentions[urlName] {
		text = s.replaceURL(text, m.at)
	}
	if len(s.globs) > 0 {
		tail += fmt.Sprintf("\nimport { glob as %s } from %s;", globName, toJSON(globNamespace+":"+s.file))
	}
	for i, path := range s.urls {
		tail += fmt.Sprintf("\nimport %s_%d from %s;", urlName, i, toJSON(path))
	}
	text += tail
	return api.OnLoadResult{Contents: &text, Loader: s.loader, Errors: s.failed, Warnings: s.warned, PluginData: s.globs}
}

// mentions asks esbuild where they are: nothing less than a parser knows.
func (s *script) mentions() map[string][]mention {
	built := api.Transform(s.text, api.TransformOptions{
		Loader: s.loader, JSX: api.JSXPreserve, Target: api.ESNext, Sourcefile: "script",
		Sourcemap: api.SourceMapExternal, LegalComments: api.LegalCommentsNone, LogLevel: api.LogLevelSilent,
		Define: map[string]string{"import.meta.glob": globName, "import.meta.url": urlName},
	})
	found := make(map[string][]mention)
	maps, err := sourcemap.Parse("", built.Map)
	if err != nil || len(built.Errors) > 0 {
		return found // esbuild will say what is wrong with the script
	}
	lines := strings.SplitAfter(s.text, "\n")
	code := string(built.Code)
	for _, name := range []string{globName, urlName} {
		for from := 0; ; {
			i := strings.Index(code[from:], name)
			if i < 0 {
				break
			}
			i += from
			from = i + len(name)
			start := strings.LastIndexByte(code[:i], '\n') + 1
			// Bytes are the columns of a map here: esbuild escapes what is not ASCII.
			_, _, line, column, ok := maps.Source(strings.Count(code[:start], "\n")+1, i-start)
			if !ok || line < 1 || line > len(lines) {
				continue
			}
			at := len(strings.Join(lines[:line-1], "")) + unitOffset(lines[line-1], column)
			found[name] = append(found[name], mention{at: at, rest: code[from:]})
		}
	}
	return found
}

// unitOffset returns where a column counted in UTF-16 units is.
func unitOffset(line string, units int) int {
	for i, r := range line {
		if units <= 0 {
			return i
		}
		units--
		if r > 0xffff {
			units--
		}
	}
	return len(line)
}

// message is about the place in the script that says what.
func (s *script) message(at int, what, text string) api.Message {
	start := strings.LastIndexByte(s.text[:at], '\n') + 1
	line, _, _ := strings.Cut(s.text[start:], "\n")
	return api.Message{Text: text, Location: &api.Location{
		File: s.file, Line: strings.Count(s.text[:start], "\n") + 1, Column: at - start,
		Length: len(what), LineText: line,
	}}
}

var (
	// beforeURL is what comes before import.meta.url where a file is named.
	beforeURL = regexp.MustCompile("(new\\s+(?:[\\w$]+\\.)*(Worker|SharedWorker)\\s*\\(\\s*)?new\\s+URL\\s*\\(\\s*(\"[^\"\\\\\n]*\"|'[^'\\\\\n]*'|`[^`\\\\$]*`)\\s*,\\s*$")
	afterURL  = regexp.MustCompile(`^import\.meta\.url\s*,?\s*\)\s*(?:,\s*\{[^}]*\btype\s*:\s*['"]module['"])?`)
	isScript  = regexp.MustCompile(programScripts)
)

// replaceURL puts an import in place of a file named relative to the script, if
// import.meta.url at that place is part of that. text has the same length.
func (s *script) replaceURL(text string, at int) string {
	before := beforeURL.FindStringSubmatchIndex(s.text[:at])
	after := afterURL.FindString(s.text[at:])
	if before == nil || after == "" {
		return text
	}
	name := s.text[before[6]+1 : before[7]-1]
	if !strings.HasPrefix(name, ".") && (strings.HasPrefix(name, "/") || strings.Contains(name, ":")) {
		return text // a URL of the app, or of another host
	}
	file := filepath.Join(filepath.Dir(s.file), filepath.FromSlash(name))
	worker := before[4] >= 0
	switch {
	case !isFile(file):
		problem := s.message(before[6], name, fmt.Sprintf("there is no file %s beside this script, and the URL stays as it is", name))
		if worker {
			problem.Text = fmt.Sprintf("there is no file %s for this worker: name it relative to the script, with its extension", name)
			s.failed = append(s.failed, problem)
		} else {
			s.warned = append(s.warned, problem)
		}
		return text
	case !worker && isScript.MatchString(name):
		s.warned = append(s.warned, s.message(before[6], name, fmt.Sprintf("%s is not bundled: write new Worker(new URL(...)) in one expression, or make it an entry point and write its URL", name)))
		return text
	}
	kind := "asset"
	if worker {
		kind = "classic"
		if strings.HasSuffix(after, "module'") || strings.HasSuffix(after, `module"`) {
			kind = "module"
		}
	}
	path := hrefNamespace + ":" + kind + ":" + file
	index := slices.Index(s.urls, path)
	if index < 0 {
		index = len(s.urls)
		s.urls = append(s.urls, path)
	}
	start, end := before[6], at+len("import.meta.url")
	return text[:start] + padded(fmt.Sprintf("%s_%d", urlName, index), s.text[start:end]) + text[end:]
}

// padded puts name in place of old, and blanks and line ends for the rest.
func padded(name, old string) string {
	rest := []byte(old[len(name):])
	for i, lost := 0, strings.Count(old[:len(name)], "\n"); i < len(rest); i++ {
		switch {
		case rest[i] == '\n':
		case lost > 0:
			rest[i] = '\n'
			lost--
		default:
			rest[i] = ' '
		}
	}
	return name + string(rest)
}
