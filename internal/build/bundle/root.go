package bundle

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// publicNamespace holds the files of the public directory that scripts import:
// modules that give their URLs.
const publicNamespace = "devtool-public"

// rootOf is what "/" means in the imports and globs of a script or a sheet, as
// with Vite: the directory of the front end or, where nobody said so, that of the
// nearest package.json above the file, or the project's.
func (l layout) rootOf(file string) string {
	root := l.root()
	if l.frontEnd != "" && inside(l.frontEnd, file) {
		return l.frontEnd
	}
	for dir := filepath.Dir(file); strings.HasPrefix(dir, root+string(filepath.Separator)); dir = filepath.Dir(dir) {
		if isFile(filepath.Join(dir, "package.json")) {
			return dir
		}
	}
	return root
}

// inside reports whether file lies below dir.
func inside(dir, file string) bool {
	rel, err := filepath.Rel(dir, file)
	return err == nil && filepath.IsLocal(rel)
}

// publicFile returns the file of the public directory that a URL path names.
func (l layout) publicFile(url string) (file string, ok bool) {
	name, err := filepath.Localize(strings.TrimPrefix(url, "/"))
	if l.publicDir == "" || err != nil {
		return "", false
	}
	file = filepath.Join(l.publicDir, name)
	return file, isFile(file)
}

// publicURL returns the URL path of a file of the public directory.
func (l layout) publicURL(file string) (url string, ok bool) {
	rel, err := filepath.Rel(l.publicDir, file)
	if l.publicDir == "" || err != nil || !filepath.IsLocal(rel) {
		return "", false
	}
	return l.base + filepath.ToSlash(rel), true
}

// rewrite is an alias that a pattern tells.
type rewrite struct {
	pattern     *regexp.Regexp
	replacement string
}

// resolveRewrites follows the aliases that patterns tell.
func (l layout) resolveRewrites(build api.PluginBuild) {
	type rewritten struct{}
	for _, r := range l.rewrites {
		build.OnResolve(api.OnResolveOptions{Filter: r.pattern.String()}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
			if _, again := args.PluginData.(rewritten); again || args.Kind == api.ResolveEntryPoint {
				return api.OnResolveResult{}, nil
			}
			name := r.pattern.ReplaceAllString(args.Path, r.replacement)
			if filepath.IsAbs(name) && inside(args.ResolveDir, name) {
				name = importPath(args.ResolveDir, name)
			}
			found := build.Resolve(name, api.ResolveOptions{
				Importer: args.Importer, Namespace: args.Namespace, ResolveDir: args.ResolveDir, Kind: args.Kind, PluginData: rewritten{},
			})
			return api.OnResolveResult{
				Errors: found.Errors, Warnings: found.Warnings, Path: found.Path, Namespace: found.Namespace, Suffix: found.Suffix, External: found.External,
			}, nil
		})
	}
}

// resolveRoot understands imports of "/x" as Vite does: a file below the root of
// the front end, else one of the public directory, whose URL is given. A url() in
// a sheet that names neither is left as it is: the app may serve it.
func (l layout) resolveRoot(build api.PluginBuild) {
	build.OnResolve(api.OnResolveOptions{Filter: `^/`}, func(args api.OnResolveArgs) (api.OnResolveResult, error) {
		token := args.Kind == api.ResolveCSSURLToken
		if args.Kind == api.ResolveEntryPoint || strings.HasPrefix(args.Path, "//") {
			return api.OnResolveResult{}, nil
		}
		name, suffix := args.Path, ""
		if at := strings.IndexAny(name, "?#"); token && at >= 0 {
			name, suffix = name[:at], name[at:]
		}
		root := l.rootOf(filepath.Join(args.ResolveDir, "file"))
		if target := filepath.Join(root, filepath.FromSlash(name)); !token || isFile(target) {
			found := build.Resolve(importPath(root, target)+suffix, api.ResolveOptions{
				Importer: args.Importer, Namespace: args.Namespace, ResolveDir: root, Kind: args.Kind,
			})
			if len(found.Errors) == 0 {
				return api.OnResolveResult{Path: found.Path, Namespace: found.Namespace, Suffix: found.Suffix, External: found.External}, nil
			}
		}
		file, ok := l.publicFile(name)
		if token && ok {
			return api.OnResolveResult{Path: l.base + args.Path[1:], External: true}, nil
		}
		if token {
			return api.OnResolveResult{Path: args.Path, External: true}, nil
		}
		if !ok {
			return api.OnResolveResult{}, nil
		}
		if _, asked := args.PluginData.(queried); !asked && (isScript.MatchString(file) || strings.EqualFold(filepath.Ext(file), ".css")) {
			return api.OnResolveResult{Errors: []api.Message{{Text: fmt.Sprintf(
				"%s is a file of %s, which is served as it is: move it to the sources, or write %[1]s?url for its URL", name, l.shown(l.publicDir))}}}, nil
		}
		return api.OnResolveResult{Path: file, Namespace: publicNamespace}, nil
	})
	build.OnLoad(api.OnLoadOptions{Filter: ".*", Namespace: publicNamespace}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
		url, _ := l.publicURL(args.Path)
		text := "export default " + toJSON(url) + "\n"
		return api.OnLoadResult{Contents: &text, Loader: api.LoaderJS}, nil
	})
}
