package devserver

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/calendsync/devtool/internal/build/bundle"
	"github.com/calendsync/devtool/internal/build/gobuild"
	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/policy"
	"github.com/calendsync/devtool/internal/process"
	"github.com/calendsync/devtool/internal/proxy"
	"github.com/calendsync/devtool/internal/reload"
	"github.com/calendsync/devtool/internal/runner"
	"github.com/calendsync/devtool/internal/watch"
)

// open completes the settings and makes every part, in the order in which they
// need one another. What it took is given back by release, also after an error.
func (s *server) open(ctx context.Context) error {
	assumed, err := s.discover(ctx)
	if err != nil {
		return err
	}
	if err := s.openTools(); err != nil {
		return err
	}
	if err := s.openLanes(); err != nil {
		return err
	}
	s.openGenerators()
	if err := s.openWatcher(); err != nil {
		return err
	}
	s.openBrowserSide()
	if err := s.openApp(); err != nil {
		return err
	}
	s.tell(policy.Listening{URLs: append([]string{s.opts.URL}, s.opts.Others...)})
	if s.direct != nil {
		s.tell(policy.Assumed{What: "direct", Value: s.direct.URL, Why: "devtool's side; the app has the public socket", Setting: "server.mode"})
	}
	for _, line := range s.settled(assumed) {
		s.tell(line)
	}
	for _, n := range s.cfg.Notes {
		s.tell(policy.Remark(n))
	}
	return nil
}

// openTools makes what every build needs: a place for its files, and somebody
// who ends what we started when we cannot.
func (s *server) openTools() (err error) {
	if s.temp, err = os.MkdirTemp("", "devtool-"); err != nil {
		return fmt.Errorf("make a directory for the binaries: %w", err)
	}
	if s.guardian, err = process.StartGuardian(s.opts.Self, s.tellGuardian); err != nil {
		return err
	}
	if own, ok := s.opts.Control.(interface{ Dir() string }); ok { // a directory of its own
		if _, err = s.guardian.Remove(own.Dir()); err != nil {
			return err
		}
	}
	_, err = s.guardian.Remove(s.temp)
	return err
}

// tellGuardian tells that no guardian process guards us any more, or that one
// does again.
func (s *server) tellGuardian(err error) {
	if err == nil {
		s.remark("the guardian process is back")
		return
	}
	s.tell(policy.Remark{Text: err.Error(), Hint: Hint(err)})
}

// discover fills in what nobody wrote.
func (s *server) discover(ctx context.Context) ([]config.Assumption, error) {
	cfg, assumed, err := Discover(ctx, s.cfg, s.opts.Env)
	if err != nil {
		return nil, err
	}
	s.hold(cfg, len(s.cfg.Rules))
	return assumed, nil
}

// Discover completes settings as [Run] does, from the files of the project and
// what the go command knows of it. Errors are those of [config.Discover] and of
// package build.
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
	return config.Discover(cfg, mains)
}

// goEnv is the environment of the go command.
func (s *server) goEnv() []string {
	return append(slices.Clone(s.opts.Env), entries(s.cfg.Go.Env)...)
}

// goOptions are what the settings say of the Go lane.
func (s *server) goOptions() gobuild.Options {
	c := s.cfg.Go
	return gobuild.Options{
		Dir: s.cfg.GoDir(), Package: s.cfg.GoPackage(), Tags: c.Tags, Race: c.Race, Debug: c.Debug,
		LDFlags: c.LDFlags, GCFlags: c.GCFlags, Flags: c.GOFlags, Env: s.goEnv(),
		Command: c.Command, Output: c.Output,
		TempDir: s.temp, Spawn: s.guardian.Start,
	}
}

// webOptions are what they say of the web lane.
func webOptions(cfg *config.Config) bundle.Options {
	w := cfg.Web
	return bundle.Options{
		Dir: cfg.Root, EntryPoints: w.EntryPoints, PublicPath: w.PublicPath,
		Define: w.Define, Loader: w.Loader, Alias: w.Alias, External: w.External,
		Target: w.Target, JSX: w.JSX,
	}
}

func (s *server) openLanes() error {
	s.golang = gobuild.New(s.goOptions())
	s.state.Rollback, s.state.Overlap = s.cfg.App.Rollback, overlaps(s.cfg)
	s.state.Direct = s.opts.Direct != nil
	s.state.Seed = s.opts.Seed
	s.state.Types = s.opts.typesWanted(s.cfg)
	w := s.cfg.Web
	if len(w.EntryPoints) == 0 {
		return nil
	}
	var err error
	if s.web, err = s.newWeb(s.cfg); err != nil {
		return err
	}
	s.state.HasWeb = true
	if w.WriteDir != "" {
		s.bundles = openBundleDir(w.WriteDir, w.PublicPath, s.bundleMemory())
		if w.Page != "" {
			s.bundles.page, s.bundles.pageCopy = w.Page, filepath.Join(siteDir(w), filepath.Base(w.Page))
			s.inputs.Page = w.Page
		}
		s.inputs.Written = s.bundles.Owns
		s.state.WebFirst = empty(w.WriteDir)
	}
	s.webInputs = w.EntryPoints
	s.inputs.WebDirs = webDirs(w)
	return nil
}

// newWeb makes the web lane that settings describe.
func (s *server) newWeb(cfg *config.Config) (*bundle.Bundler, error) {
	options := webOptions(cfg)
	// Where somebody else serves the bundles, nobody sees how pages load them.
	options.SplitPackages = cfg.Web.WriteDir == "" && s.opts.Direct == nil
	web, err := bundle.New(options)
	if err == nil && s.joined != "" {
		web.KeepWhole(s.joined)
	}
	return web, err
}

// bundleMemory is the file that names what we wrote to web.write_dir.
func (s *server) bundleMemory() string {
	if s.opts.Cache == "" {
		return ""
	}
	return filepath.Join(s.opts.Cache, "bundles.json")
}

// webDirs are the directories in which the sources of the web lane live.
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
		Roots:  []string{s.root},
		Quiet:  s.quiet,
		Notice: func(n watch.Notice) { s.tell(policy.Remark(n)) },
	})
	return err
}

// openBrowserSide makes the hub and the proxy.
func (s *server) openBrowserSide() {
	s.hub = reload.New(reload.Options{
		Token:       s.opts.Token,
		AllowOrigin: func(string) bool { return true }, // the proxy's guard has judged it
		OnAck:       s.acknowledged,
		OnPage:      s.pageConnected,
		OnRuntime:   s.pageFailed,
		OnOpen:      s.openLocation,
		Status:      func() any { return s.currentStatus() },
		Features:    s.pageFeatures(),
	})
	s.direct = newDirect(s.opts, s.hub.Tag)
	s.inputs.Statics = statics(s.cfg.Web)
	s.proxy = proxy.New(proxy.Options{
		AllowedHosts: s.cfg.Server.AllowedHosts,
		Reserved:     s.hub.Handler(),
		Tag:          s.hub.Tag,
		Mounts:       s.cfg.Web.Mounts,
		PublicDir:    s.cfg.Web.PublicDir,
		HTML:         s.cfg.Web.HTML,
		FromApp:      s.fromApp,
		Classic:      s.loadedClassic,
		Log:          s.proxyEvent,
	})
}

func (s *server) openApp() error {
	o := runner.Options{Gate: appGate{s.proxy}}
	if s.cfg.App.Stdin || s.cfg.App.Pty {
		o.Stdin = s.opts.Stdin
	}
	var err error
	s.app, err = runner.New(o)
	return err
}

func (s *server) pageFeatures() reload.Features {
	o := s.cfg.Overlay
	return reload.Features{Overlay: o.Enabled, Indicator: o.Indicator, Runtime: o.RuntimeErrors, Refresh: !s.opts.NoRefresh}
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

// fromApp tells whether a connection was opened by the app itself: such
// requests pass the closed gate, because a handler that calls its own public
// URL would else hang the drain. Who connects to an address of this machine
// comes from that address, too.
func (s *server) fromApp(client netip.AddrPort) bool {
	return s.app.Owns(client, netip.AddrPortFrom(client.Addr(), s.opts.Port))
}

// proxyEvent passes on what the proxy finds worth a line.
func (s *server) proxyEvent(e proxy.Event) {
	text := fmt.Sprintf("%s: %s: %s", e.Request, e.Kind, e.Reason)
	if e.Kind == proxy.Unreachable {
		s.tell(policy.Verbose{Text: text})
		return
	}
	s.remark("%s", text)
}

// Hint returns the advice that an error of [Run] carries, or "".
func Hint(err error) string {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		return hinted.Hint()
	}
	return ""
}
