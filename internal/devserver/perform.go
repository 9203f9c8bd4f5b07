package devserver

import (
	"os"
	"path"
	"path/filepath"
	"strconv"
	"time"

	"github.com/calendsync/devtool/internal/build/bundle"
	"github.com/calendsync/devtool/internal/policy"
	"github.com/calendsync/devtool/internal/proxy"
	"github.com/calendsync/devtool/internal/reload"
)

// inlineSheet is the size, in bytes, up to which the message that announces a
// changed style sheet contains it.
const inlineSheet = 64 << 10

// CancelLane implements policy.Performer.
func (l *loop) CancelLane(a policy.CancelLane) { l.cancelLane[a.Lane]() }

// AbandonReplace implements policy.Performer.
func (l *loop) AbandonReplace(policy.AbandonReplace) { l.app.Abandon() }

// RestartLater implements policy.Performer.
func (l *loop) RestartLater(a policy.RestartLater) {
	l.after(a.After, func(at time.Time) policy.Event { return policy.RestartDue{At: at, Generation: a.Generation} })
}

// ReleaseLater implements policy.Performer.
func (l *loop) ReleaseLater(a policy.ReleaseLater) {
	l.after(a.After, func(at time.Time) policy.Event { return policy.Released{At: at} })
}

// ExpectApp implements policy.Performer.
func (l *loop) ExpectApp(policy.ExpectApp) {
	l.proxy.SetPage(l.page())
	l.proxy.Shut()
}

// GiveUp implements policy.Performer.
func (l *loop) GiveUp(policy.GiveUp) { l.proxy.Fail(l.page()) }

// ShowPhase implements policy.Performer.
func (l *loop) ShowPhase(a policy.ShowPhase) {
	l.phaseSince = time.Now()
	l.proxy.SetPage(l.page())
	if a.Down {
		l.hub.Down(string(a.Phase), a.Build)
	} else {
		l.hub.Phase(string(a.Phase), a.Build)
	}
}

// ShowProblems implements policy.Performer.
func (l *loop) ShowProblems(a policy.ShowProblems) {
	l.proxy.SetPage(l.page())
	l.hub.Errors(a.Problems)
}

// Tell implements policy.Performer.
func (l *loop) Tell(a policy.Tell) { l.tell(a.Message) }

// after sends an event after d, unless the server stops first.
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

// Publish implements policy.Performer. It serves the outputs of the last good web
// run.
func (l *loop) Publish(policy.Publish) {
	assets := make(map[string]proxy.Asset, len(l.web.outputs))
	for url, o := range l.web.outputs {
		assets[url] = proxy.Asset{Contents: o.Contents, Type: o.Type, Hash: o.Hash}
	}
	l.proxy.SetAssets(assets)
	if l.cfg.Web.HTML != "" && l.web.pages != nil {
		l.proxy.SetDocuments(documentsOf(l.web.pages, sourceRoot(l.cfg), l.cfg.Web))
	}
	served := l.web.outputs
	l.web.served, l.web.built = served, l.web.run
	l.hub.SetHot(l.web.hot)
	l.views.published.Store(&served)
	l.writeManifest()
}

func (l *loop) manifestPath() string {
	if l.web.bundler == nil {
		return ""
	}
	return filepath.Join(l.temp, "manifest.json")
}

// writeManifest writes the file with which the app finds the bundles. A reader
// sees the old file or the new one, never a part.
func (l *loop) writeManifest() {
	data, err := bundle.Manifest(l.web.entries)
	if err == nil {
		err = os.WriteFile(l.manifestPath()+".new", data, 0o600)
	}
	if err == nil {
		err = os.Rename(l.manifestPath()+".new", l.manifestPath())
	}
	if err != nil {
		l.remark("the asset manifest could not be written: %v", err)
	}
}

// UpdateTabs implements policy.Performer.
func (l *loop) UpdateTabs(a policy.UpdateTabs) {
	u := reload.Update{
		Build: a.Build, Reload: a.Reload, Reason: a.Reason, App: a.App, Phase: string(a.Phase), Down: a.Down, Built: l.web.built,
		CSSHashes: map[string]string{}, JSHashes: map[string]string{},
	}
	for url, o := range l.web.served {
		switch path.Ext(url) {
		case ".css":
			u.CSSHashes[url] = o.Hash
		case ".js":
			u.JSHashes[url] = o.Hash
		}
	}
	for url, build := range l.web.swapped {
		u.CSSHashes[url] = build
	}
	for _, url := range a.CSS {
		hash := l.web.served[url].Hash
		if hash == "" { // a sheet of the app or a mount: the build number identifies its content
			hash = strconv.Itoa(a.Build)
			if l.web.swapped == nil {
				l.web.swapped = make(map[string]string)
			}
			l.web.swapped[url] = hash
		}
		sheet := reload.Sheet{URL: url, Hash: hash}
		if contents := l.web.served[url].Contents; len(contents) <= inlineSheet {
			sheet.Source = string(contents)
		}
		u.CSS = append(u.CSS, sheet)
	}
	l.hub.Update(u)
}

// Report implements policy.Performer.
func (l *loop) Report(a policy.Report) {
	o := a.Outcome
	l.last = &o
	l.trimLater()
	l.tell(finished(o, l.hub.Clients(), l.opts.Once))
}

func finished(o policy.Outcome, tabs int, last bool) policy.BuildFinished {
	m := policy.BuildFinished{Outcome: o, At: time.Now(), Tabs: tabs, Last: last}
	if !o.First.IsZero() {
		m.Took = policy.Millis(m.At.Sub(o.First))
	}
	return m
}

// PruneBinaries implements policy.Performer.
func (l *loop) PruneBinaries(a policy.PruneBinaries) {
	l.texts.Prune(a.Keep...)
	if err := l.golang.Prune(a.Keep...); err != nil {
		l.tell(policy.Verbose{Text: err.Error()})
	}
}

// acknowledged is called when a tab has painted a build. Only the first tab
// counts.
func (s *server) acknowledged(ack reload.Ack) {
	if s.views.painted.reach(ack.Build) {
		s.tell(policy.Painted{Build: ack.Build, Took: policy.Millis(ack.Took)})
	}
}
