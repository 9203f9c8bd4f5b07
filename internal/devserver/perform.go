package devserver

import (
	"os"
	"path"
	"path/filepath"
	"time"

	"github.com/calendsync/devtool/internal/build/bundle"
	"github.com/calendsync/devtool/internal/policy"
	"github.com/calendsync/devtool/internal/proxy"
	"github.com/calendsync/devtool/internal/reload"
)

// inlineSheet is the size in bytes up to which a changed style sheet travels
// within the message that announces it.
const inlineSheet = 64 << 10

// StartGenerate implements policy.Performer, as do the methods of its names here
// and elsewhere.
func (s *server) StartGenerate(a policy.StartGenerate) { s.startGenerate(a) }

// StartGo implements policy.Performer.
func (s *server) StartGo(a policy.StartGo) { s.startGo(a) }

// StartWeb implements policy.Performer.
func (s *server) StartWeb(a policy.StartWeb) { s.startWeb(a) }

// CancelLane implements policy.Performer.
func (s *server) CancelLane(a policy.CancelLane) { s.cancelLane[a.Lane]() }

// LoadGraph implements policy.Performer.
func (s *server) LoadGraph(policy.LoadGraph) { s.loadGraph() }

// Publish implements policy.Performer.
func (s *server) Publish(policy.Publish) { s.publish() }

// ReplaceApp implements policy.Performer.
func (s *server) ReplaceApp(a policy.ReplaceApp) { s.startReplacement(a) }

// AbandonReplace implements policy.Performer.
func (s *server) AbandonReplace(policy.AbandonReplace) { s.app.Abandon() }

// RestartLater implements policy.Performer.
func (s *server) RestartLater(a policy.RestartLater) {
	s.after(a.After, func(at time.Time) policy.Event { return policy.RestartDue{At: at, Generation: a.Generation} })
}

// ReleaseLater implements policy.Performer.
func (s *server) ReleaseLater(a policy.ReleaseLater) {
	s.after(a.After, func(at time.Time) policy.Event { return policy.Released{At: at} })
}

// ExpectApp implements policy.Performer.
func (s *server) ExpectApp(policy.ExpectApp) {
	s.proxy.SetPage(s.page())
	s.proxy.Shut()
}

// GiveUp implements policy.Performer.
func (s *server) GiveUp(policy.GiveUp) { s.proxy.Fail(s.page()) }

// ShowPhase implements policy.Performer.
func (s *server) ShowPhase(a policy.ShowPhase) {
	s.phaseSince = time.Now()
	s.proxy.SetPage(s.page())
	if a.Down {
		s.hub.Down(string(a.Phase), a.Build)
	} else {
		s.hub.Phase(string(a.Phase), a.Build)
	}
}

// ShowProblems implements policy.Performer.
func (s *server) ShowProblems(a policy.ShowProblems) {
	s.proxy.SetPage(s.page())
	s.hub.Errors(a.Problems)
}

// Tell implements policy.Performer.
func (s *server) Tell(a policy.Tell) { s.tell(a.Message) }

// after sends an event later, unless the server stops first.
func (s *server) after(d time.Duration, event func(time.Time) policy.Event) {
	s.work.Go(func() {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case at := <-timer.C:
			s.report(event(at))
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

// UpdateTabs implements policy.Performer.
func (s *server) UpdateTabs(a policy.UpdateTabs) {
	u := reload.Update{
		Build: a.Build, Reload: a.Reload, Reason: a.Reason, App: a.App, Phase: string(a.Phase), Down: a.Down,
		CSSHashes: map[string]string{}, JSHashes: map[string]string{},
	}
	for url, o := range s.served {
		switch path.Ext(url) {
		case ".css":
			u.CSSHashes[url] = o.Hash
		case ".js":
			u.JSHashes[url] = o.Hash
		}
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

// Report implements policy.Performer.
func (s *server) Report(a policy.Report) {
	o := a.Outcome
	s.last = &o
	s.trimLater()
	s.tell(finished(o, s.hub.Clients(), s.opts.Once))
}

func finished(o policy.Outcome, tabs int, last bool) policy.BuildFinished {
	m := policy.BuildFinished{Outcome: o, At: time.Now(), Tabs: tabs, Last: last}
	if !o.First.IsZero() {
		m.Took = policy.Millis(m.At.Sub(o.First))
	}
	return m
}

// PruneBinaries implements policy.Performer.
func (s *server) PruneBinaries(a policy.PruneBinaries) {
	if err := s.golang.Prune(a.Keep...); err != nil {
		s.tell(policy.Verbose{Text: err.Error()})
	}
}

// acknowledged hears that a tab has painted a build; the first one counts.
func (s *server) acknowledged(ack reload.Ack) {
	for newest := s.painted.Load(); int64(ack.Build) > newest; newest = s.painted.Load() {
		if s.painted.CompareAndSwap(newest, int64(ack.Build)) {
			s.tell(policy.Painted{Build: ack.Build, Took: policy.Millis(ack.Took)})
		}
	}
}
