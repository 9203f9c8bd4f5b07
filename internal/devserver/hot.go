package devserver

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/calendsync/devtool/internal/build/bundle"
	"github.com/calendsync/devtool/internal/config"
	"github.com/calendsync/devtool/internal/policy"
	"github.com/calendsync/devtool/internal/reload"
)

// hotWanted reports whether open pages may take updates of single modules. In
// direct mode the runtime, which must be there before the bundles, comes after
// them.
func (l *loop) hotWanted(cfg *config.Config) bool { return cfg.Web.Hot && l.opts.Direct == nil }

// reactRefresh returns the runtime of react-refresh that Node would find from the
// first entry point; empty if the project has none.
func reactRefresh(entries []string) string {
	if len(entries) == 0 {
		return ""
	}
	for dir := filepath.Dir(entries[0]); ; dir = filepath.Dir(dir) {
		file := filepath.Join(dir, "node_modules", "react-refresh", "runtime.js")
		if _, err := os.Stat(file); err == nil {
			return file
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// patch makes patches of what a run of the web lane was told and has tabs take
// them at once. It reports whether tabs have got all that changed by this patch or
// earlier ones, or what prevented it. The bundles follow, for documents to come.
func (s *server) patch(ctx context.Context, bundler *bundle.Bundler, a policy.StartWeb) (patched bool, obstacle string) {
	if !a.Hot {
		return false, ""
	}
	began := time.Now()
	patches, obstacle := bundler.Patch(ctx, a.Files)
	if len(patches) == 0 {
		return obstacle == "", obstacle
	}
	now := time.Now()
	s.send(webPatched{policy.WebPatched{At: now, Run: a.Run, Took: now.Sub(began)}, patches})
	if s.hub.Clients() > 0 { // they need the processors more than the bundles do
		ctx, cancel := context.WithTimeout(ctx, paintWait)
		defer cancel()
		s.views.painted.await(ctx, a.Run)
	}
	return true, ""
}

// paintWait is how long the bundles wait until the first tab shows a patch.
const paintWait = 150 * time.Millisecond

// webPatched reports the patches of a run of the web lane.
type webPatched struct {
	policy.WebPatched
	patches []bundle.Patch
}

func (ev webPatched) open(l *loop) {
	l.web.patches = ev.patches
	l.happen(ev.WebPatched)
	l.web.patches = nil
}

// PatchTabs implements policy.Performer.
func (l *loop) PatchTabs(a policy.PatchTabs) {
	u := reload.Update{Build: a.Run, Built: l.web.built}
	for _, p := range l.web.patches {
		patch := reload.Patch{Build: a.Run, Script: p.Contents, Map: p.Map}
		for _, m := range p.Modules {
			patch.Modules = append(patch.Modules, reload.Module(m))
		}
		for _, accept := range p.Accepts {
			patch.Accepts = append(patch.Accepts, reload.Acceptance(accept))
		}
		u.Patches = append(u.Patches, patch)
	}
	l.hub.Update(u)
}
