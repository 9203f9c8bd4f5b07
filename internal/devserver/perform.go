package devserver

import (
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"github.com/calendsync/devtool/internal/build/bundle"
	"github.com/calendsync/devtool/internal/proxy"
	"github.com/calendsync/devtool/internal/reload"
)

// inlineSheet is the size in bytes up to which a changed style sheet travels
// within the message that announces it.
const inlineSheet = 64 << 10

// perform starts or does what an action says. It never blocks.
func (s *server) perform(a action) {
	switch a := a.(type) {
	case startGenerate:
		s.buildStarted()
		s.startGenerate(a)
	case startGo:
		s.buildStarted()
		s.startGo(a)
	case startWeb:
		s.buildStarted()
		s.startWeb(a)
	case cancelLane:
		s.cancelLane[a.Lane]()
	case publish:
		s.publish()
	case replaceApp:
		s.startReplacement(a)
	case cancelReplace:
		s.app.Abandon()
	case restartLater:
		s.after(a.After, restartDue{Generation: a.Generation})
	case expectApp:
		s.proxy.SetPage(s.page())
		s.proxy.Shut()
	case giveUp:
		s.proxy.Fail(s.page())
	case tellUpdate:
		s.update(a)
	case tellPhase:
		s.phaseSince = time.Now()
		s.proxy.SetPage(s.page())
		if a.Down {
			s.hub.Down(string(a.Phase), a.Build)
		} else {
			s.hub.Phase(string(a.Phase), a.Build)
		}
	case tellProblems:
		s.proxy.SetPage(s.page())
		s.hub.Errors(a.Problems)
	case tellCrash:
		s.tell(AppCrashed(a))
	case tellThrown:
		s.tell(PageThrew(a))
	case tellTypes:
		s.tell(TypesChecked(a))
	case tellSettings:
		s.tell(SettingsRead(a))
	case tellPaused:
		s.tell(Paused(a))
	case tellStanding:
		s.tell(Standing(a))
	case report:
		s.report(a.Outcome)
	}
}

// buildStarted tells of the newest attempt, once.
func (s *server) buildStarted() {
	for _, a := range s.state.Attempts {
		if a.Build > s.told {
			s.told = a.Build
			s.begun = append(s.begun, a.Build)
			s.tell(BuildStarted{Build: a.Build, Files: append([]string{}, a.Files...)})
		}
	}
}

// buildsSuperseded tells of builds that were begun and will have no outcome of
// their own.
func (s *server) buildsSuperseded() {
	left := s.state.builds()
	s.begun = slices.DeleteFunc(s.begun, func(build int) bool {
		if slices.Contains(left, build) {
			return false
		}
		s.tell(BuildSuperseded{Build: build})
		return true
	})
}

// after sends an event later, unless the server stops first.
func (s *server) after(d time.Duration, ev event) {
	s.work.Go(func() {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			s.send(ev)
		case <-s.stop.Done():
		}
	})
}

// publish serves the outputs of the last good web run.
func (s *server) publish() {
	assets := make(map[string]proxy.Asset, len(s.outputs))
	for url, o := range s.outputs {
		assets[url] = proxy.Asset{Contents: o.Contents, Type: o.Type, Hash: o.Hash}
	}
	s.proxy.SetAssets(assets)
	served := s.outputs
	s.served = served
	s.published.Store(&served)
	s.writeManifest()
}

func (s *server) manifestPath() string {
	if s.web == nil {
		return ""
	}
	return filepath.Join(s.temp, "manifest.json")
}

// writeManifest lets the app find the bundles. A reader sees the old file or
// the new one, never half of it.
func (s *server) writeManifest() {
	data, err := bundle.Manifest(s.entries)
	if err == nil {
		err = os.WriteFile(s.manifestPath()+".new", data, 0o600)
	}
	if err == nil {
		err = os.Rename(s.manifestPath()+".new", s.manifestPath())
	}
	if err != nil {
		s.remark("the asset manifest could not be written: %v", err)
	}
}

// update tells every tab what a build changed.
func (s *server) update(a tellUpdate) {
	u := reload.Update{
		Build: a.Build, Reload: a.Reload, Reason: a.Reason, App: s.state.App.Binary.ID,
		CSSHashes: map[string]string{}, JSHashes: map[string]string{},
	}
	if phase := s.state.phase(); phase == Ready || phase == Failed {
		u.Down = s.state.down()
		u.Phase = string(phase) // in one message, or pages that wait for it reload twice
	}
	for url, o := range s.served {
		switch path.Ext(url) {
		case ".css":
			u.CSSHashes[url] = o.Hash
		case ".js":
			u.JSHashes[url] = o.Hash
		}
	}
	if s.direct != nil && len(a.CSS) > 0 {
		u.Reload = true // only sheets of the page's own origin can be swapped
	}
	for _, url := range a.CSS {
		sheet := reload.Sheet{URL: url, Hash: s.served[url].Hash}
		if contents := s.served[url].Contents; len(contents) <= inlineSheet {
			sheet.Source = string(contents)
		}
		u.CSS = append(u.CSS, sheet)
	}
	s.hub.Update(u)
}

// report shows an outcome, and has the graph of a Go build looked at anew.
func (s *server) report(o Outcome) {
	if s.last == nil {
		defer s.checkTypes()
	}
	s.last = &o
	s.begun = slices.DeleteFunc(s.begun, func(build int) bool { return build == o.Build })
	s.trimLater()
	s.tell(BuildFinished{Outcome: o, At: time.Now(), Tabs: s.hub.Clients(), Last: s.opts.Once})
	if slices.ContainsFunc(o.Stages, func(st Stage) bool { return st.Name == "go" }) {
		s.loadGraph()
		s.pruneBinaries()
	}
}

// pruneBinaries deletes the binaries that nothing runs, or will run again. A
// build under way writes one that is not known yet.
func (s *server) pruneBinaries() {
	if s.state.Lanes[goLane].Run != 0 {
		return
	}
	keep := []string{s.state.App.Binary.Path, s.state.App.Good.Path, s.state.App.Newest.Path}
	for _, r := range []*replacement{s.state.App.Replacing, s.state.App.Next} {
		if r != nil {
			keep = append(keep, r.Binary.Path)
		}
	}
	for _, a := range s.state.Attempts {
		keep = append(keep, a.Binary.Path)
	}
	if err := s.golang.Prune(keep...); err != nil {
		s.tell(Verbose{Text: err.Error()})
	}
}

// acknowledged hears that a tab has painted a build; the first one counts.
func (s *server) acknowledged(ack reload.Ack) {
	for newest := s.painted.Load(); int64(ack.Build) > newest; newest = s.painted.Load() {
		if s.painted.CompareAndSwap(newest, int64(ack.Build)) {
			s.tell(Painted{Build: ack.Build, Took: ack.Took})
		}
	}
}
