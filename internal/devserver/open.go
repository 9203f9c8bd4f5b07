package devserver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/calendsync/devtool/internal/build/bundle"
	"github.com/calendsync/devtool/internal/build/gobuild"
	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/policy"
	"github.com/calendsync/devtool/internal/proxy"
	"github.com/calendsync/devtool/internal/reload"
	"github.com/calendsync/devtool/internal/runner"
	"github.com/calendsync/devtool/internal/templ"
	"github.com/calendsync/devtool/internal/watch"
)

// open completes the settings and makes every part, each after those it needs.
// The caller must call release, even after an error.
func (l *loop) open(ctx context.Context) error {
	assumed, err := l.discover(ctx)
	if err != nil {
		return err
	}
	var own []string
	if socket, ok := l.opts.Control.(interface{ Dir() string }); ok { // a socket in a directory of its own
		own = append(own, socket.Dir())
	}
	if err := l.project.open(l.opts.Self, own...); err != nil {
		return err
	}
	if err := l.openLanes(); err != nil {
		return err
	}
	if l.generators = l.newGenerators(l.cfg, true); l.generators != nil {
		l.files.inputs.Generators, l.files.inputs.Kept = l.generators.Reads, l.generators.Watches
		l.files.inputs.Lacks = l.generators.Lacks
	}
	if err := l.openWatcher(); err != nil {
		return err
	}
	l.follow(time.Time{})
	l.openBrowserSide()
	if err := l.openApp(); err != nil {
		return err
	}
	l.tell(policy.Listening{URLs: append([]string{l.opts.URL}, l.opts.Others...)})
	if l.direct != nil {
		l.tell(policy.Assumed{What: "direct", Value: l.direct.URL, Why: "devtool's side; the app has the public socket", Setting: "server.mode"})
	}
	for _, line := range l.settled(l.cfg, assumed) {
		l.tell(line)
	}
	for _, n := range l.cfg.Notes {
		l.tell(policy.Remark(n))
	}
	return nil
}

// discover completes the settings with what it finds in the project.
func (l *loop) discover(ctx context.Context) ([]config.Assumption, error) {
	cfg, assumed, err := Discover(ctx, l.cfg, l.environ)
	if err != nil {
		return nil, err
	}
	l.adopt(cfg, len(l.cfg.Rules))
	return assumed, nil
}

// Discover completes settings as [Run] does, from the files of the project and
// from what the go command says. It returns the errors of [config.Discover] and
// of package gobuild.
func Discover(ctx context.Context, cfg *config.Config, env []string) (*config.Config, []config.Assumption, error) {
	var mains []config.Main
	if config.NeedsMains(cfg) {
		for _, dir := range cfg.GoDirs() {
			found, err := gobuild.MainPackages(ctx, dir, append(slices.Clone(env), entries(cfg.Go.Env)...))
			if err != nil {
				return nil, nil, err
			}
			for _, m := range found {
				mains = append(mains, config.Main(m))
			}
		}
	}
	done, assumed, err := config.Discover(cfg, mains)
	if err != nil {
		return nil, nil, err
	}
	mode := "development"
	if done.Production {
		mode = "production"
	}
	done.Notes = append(done.Notes, done.PageEnvNotes(env, mode)...)
	return done, assumed, nil
}

// webOptions returns what the settings and the environment say about the web
// lane, in Vite's mode "development" or "production".
func webOptions(cfg *config.Config, env []string, mode string) bundle.Options {
	w := cfg.Web
	pageEnv := func() map[string]string {
		vars, _ := cfg.PageEnv(env, mode)
		return vars
	}
	_, envFiles := cfg.PageEnv(env, mode)
	var rewrites []bundle.Rewrite
	for _, r := range w.Rewrites {
		rewrites = append(rewrites, bundle.Rewrite(r))
	}
	root := ""
	if w.Dir != "" || w.HTML != "" {
		root = sourceRoot(cfg)
	}
	return bundle.Options{
		Env: pageEnv, EnvFiles: envFiles, Root: root, PublicDir: w.PublicDir, Page: cmp.Or(w.HTML, w.Page),
		Base: w.Base, Rewrites: rewrites,
		Dir: cfg.Root, EntryPoints: w.EntryPoints, PublicPath: w.PublicPath,
		Define: w.Define, Loader: w.Loader, Alias: w.Alias, External: w.External,
		Target: w.Target, JSX: w.JSX,
	}
}

func (l *loop) openLanes() error {
	l.golang = gobuild.New(l.goOptions(l.cfg))
	l.texts = templ.New(l.temp)
	l.files.inputs.Text = func(path string) bool { return l.texts.Differs(l.state.App.Binary.Path, path) }
	l.state.Rollback, l.state.Overlap, l.state.Hot = l.cfg.App.Rollback, overlaps(l.cfg), l.hotWanted(l.cfg)
	l.state.Direct = l.opts.Direct != nil
	l.state.Seed = l.opts.Seed
	l.state.Types = l.opts.typesWanted(l.cfg)
	w := l.cfg.Web
	if len(w.EntryPoints) == 0 {
		return nil
	}
	var err error
	if l.web.bundler, err = l.newWeb(l.cfg); err != nil {
		return err
	}
	l.state.HasWeb = true
	if w.WriteDir != "" {
		kept := openOriginals(l.bundleMemory("originals.json"), l.tellReplaced)
		l.web.dir = openBundleDir(w.WriteDir, w.PublicPath, l.bundleMemory("bundles.json"), kept)
		if real := leadsOut(l.root, w.WriteDir); real != "" {
			l.tell(policy.Remark{Text: fmt.Sprintf("web.write_dir %s leads out of the project: bundles are written to %s", l.relative(w.WriteDir), real)})
		}
		if w.Page != "" {
			l.web.dir.embedPage(w.Page, filepath.Join(siteDir(w), filepath.Base(w.Page)), l.bundleMemory("page.sha256"))
			l.files.inputs.Page = w.Page
		}
		l.files.inputs.Written = l.web.dir.Owns
		if site := siteDir(w); w.PublicDir != "" && site != w.WriteDir {
			bundles, public := l.web.dir, openPublicCopies(w.PublicDir, site, l.bundleMemory("public.json"), kept)
			l.web.public = public
			l.files.inputs.Written = func(file string) bool { return bundles.Owns(file) || public.Owns(file) }
		}
		l.state.WebFirst = empty(w.WriteDir)
	}
	if w.HTML != "" {
		l.files.inputs.Pages = sourceRoot(l.cfg)
	}
	l.web.inputs = w.EntryPoints
	l.files.inputs.WebDirs = webDirs(w)
	return nil
}

// newWeb makes the bundler that the settings describe.
func (l *loop) newWeb(cfg *config.Config) (*bundle.Bundler, error) {
	options := webOptions(cfg, l.environ, "development")
	// In direct mode pages do not load bundles through the proxy, so nobody sees
	// how they load them.
	options.SplitPackages = l.opts.Direct == nil
	options.Hot = l.hotWanted(cfg)
	web, err := bundle.New(options)
	if err == nil && l.web.whole != "" {
		web.KeepWhole(l.web.whole)
	}
	return web, err
}

// tellReplaced says that a bundle takes the place of one of the user's files.
func (l *loop) tellReplaced(file string) {
	l.tell(policy.Remark{Text: l.relative(file) + " was there before: it is replaced while devtool runs, and restored when it exits"})
}

// webDirs returns the directories that hold the sources of the web lane.
func webDirs(w config.Web) []string {
	if w.Dir != "" {
		return []string{w.Dir}
	}
	var dirs []string
	for _, entry := range w.EntryPoints {
		dirs = append(dirs, filepath.Dir(entry))
	}
	slices.Sort(dirs)
	return slices.Compact(dirs)
}

func (s *server) openWatcher() error {
	var err error
	s.watcher, err = watch.New(watch.Options{
		Roots: []string{s.root},
		Ignore: func(file string, _ bool) bool { // what builds write that are not this server's, too
			return file == s.temp || strings.HasPrefix(filepath.Base(file), stagePrefix)
		},
		Quiet:  s.quiet,
		Notice: func(n watch.Notice) { s.tell(policy.Remark(n)) },
	})
	return err
}

// openBrowserSide makes the hub and the proxy.
func (l *loop) openBrowserSide() {
	l.hub = reload.New(reload.Options{
		Token:       l.opts.Token,
		AllowOrigin: func(string) bool { return true }, // the proxy's guard has checked it
		OnAck:       l.acknowledged,
		OnPage:      l.pageConnected,
		OnRuntime:   l.pageFailed,
		OnDoubt:     l.pageDoubted,
		OnOpen:      l.openLocation,
		Status:      func() any { return l.currentStatus() },
		Features:    l.pageFeatures(),
		HotRuntime:  reactRefresh(l.cfg.Web.EntryPoints),
	})
	l.direct = newDirect(l.opts, l.hub.Tag)
	l.files.inputs.Statics = statics(l.cfg.Web)
	l.proxy = proxy.New(proxy.Options{
		AllowedHosts: l.cfg.Server.AllowedHosts,
		Reserved:     l.direct.reserved(l.hub.Handler()),
		Tag:          l.hub.Tag,
		Mounts:       l.cfg.Web.Mounts,
		PublicDir:    l.cfg.Web.PublicDir,
		Project:      l.cfg.Root,
		HTML:         l.cfg.Web.HTML,
		FromApp:      l.fromApp,
		Classic:      l.loadedClassic,
		Log:          l.proxyEvent,
	})
}

func (l *loop) openApp() error {
	o := runner.Options{Gate: appGate{l.proxy}}
	if l.cfg.App.Stdin || l.cfg.App.Pty {
		o.Stdin = l.opts.Stdin
	}
	var err error
	l.app, err = runner.New(o)
	return err
}

func (l *loop) pageFeatures() reload.Features {
	o := l.cfg.Overlay
	return reload.Features{Overlay: o.Enabled, Indicator: o.Indicator, Runtime: o.RuntimeErrors, Refresh: !l.opts.NoRefresh}
}

func statics(w config.Web) []static {
	var out []static
	for _, prefix := range slices.Sorted(maps.Keys(w.Mounts)) {
		out = append(out, static{Dir: w.Mounts[prefix], Prefix: strings.TrimSuffix(prefix, "/") + "/"})
	}
	if w.PublicDir != "" {
		out = append(out, static{Dir: w.PublicDir, Prefix: "/"})
	}
	return out
}

// fromApp reports whether the app itself opened a connection. Its requests pass a
// closed gate: otherwise a handler that calls its own public URL would wait for a
// drain that waits for the handler. A connection to an address of this machine
// comes from the same address.
func (s *server) fromApp(client netip.AddrPort) bool {
	return s.app.Owns(client, netip.AddrPortFrom(client.Addr(), s.opts.Port))
}

// proxyEvent reports an event of the proxy to people.
func (s *server) proxyEvent(e proxy.Event) {
	text := fmt.Sprintf("%s: %s: %s", e.Request, e.Kind, e.Reason)
	if e.Kind == proxy.Unreachable {
		s.tell(policy.Verbose{Text: text})
		return
	}
	s.remark("%s", text)
}

// Hint returns what to do about an error of [Run], or "".
func Hint(err error) string {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		return hinted.Hint()
	}
	return ""
}
