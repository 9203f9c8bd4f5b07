package policy

import (
	"time"

	"github.com/calendsync/devtool/internal/problem"
)

// Action is something to do. Like events, actions are plain data.
type Action interface{ Do(Performer) }

// Performer performs actions. Its methods start work that takes time and return
// without waiting for it.
type Performer interface {
	// StartGenerate, StartGo, StartWeb and StartText begin a run of a lane. An
	// event reports its end.
	StartGenerate(StartGenerate)
	StartGo(StartGo)
	StartWeb(StartWeb)
	StartText(StartText)
	CancelLane(CancelLane)

	// LoadGraph lists again what the Go build reads. PruneBinaries deletes the
	// binaries that nothing runs. CheckTypes starts the type checker. SeedApp
	// runs the command that fills the app with data.
	LoadGraph(LoadGraph)
	PruneBinaries(PruneBinaries)
	CheckTypes(CheckTypes)
	SeedApp(SeedApp)

	Publish(Publish)
	ReplaceApp(ReplaceApp)
	AbandonReplace(AbandonReplace)
	RestartLater(RestartLater)
	ReleaseLater(ReleaseLater)
	ExpectApp(ExpectApp)
	GiveUp(GiveUp)

	PatchTabs(PatchTabs)
	UpdateTabs(UpdateTabs)
	ShowPhase(ShowPhase)
	ShowProblems(ShowProblems)
	Report(Report)
	Tell(Tell)
}

type (
	// StartGenerate begins a run of the generators.
	StartGenerate struct{ Run int }

	// StartGo begins a Go build.
	StartGo struct{ Run int }

	// StartWeb begins a run of the web lane.
	StartWeb struct {
		Run   int
		Files []string // changed since the lane last succeeded; nil: all
		Hot   bool     // patch open pages first, if possible; an event reports that
	}

	// StartText shows edited template text in the running app.
	StartText struct {
		Run    int
		Binary Binary // of the running app
	}

	// CancelLane stops the run under way. Its event still follows.
	CancelLane struct{ Lane Lane }

	// LoadGraph follows every run of the Go lane.
	LoadGraph struct{}

	// PruneBinaries deletes all binaries except those to keep.
	PruneBinaries struct{ Keep []string }

	// CheckTypes follows the first outcome, so that nobody waits for types.
	CheckTypes struct{}

	// SeedApp follows the first replacement that succeeds.
	SeedApp struct{}

	// Publish makes the outputs of the last good web run the ones that are
	// served.
	Publish struct{}

	// ReplaceApp stops the running generation, if any, and starts another.
	ReplaceApp struct {
		Generation int
		Build      int
		Binary     Binary
		Overlap    bool // start the new one before the running one is stopped
	}

	// AbandonReplace makes the replacement under way fail.
	AbandonReplace struct{}

	// RestartLater asks for a RestartDue event.
	RestartLater struct {
		Generation int
		After      time.Duration
	}

	// ReleaseLater asks for a Released event.
	ReleaseLater struct{ After time.Duration }

	// ExpectApp makes requests wait: there is no app yet, but one is being built.
	ExpectApp struct{}

	// GiveUp turns requests away: nothing runs, and nothing will until a file
	// changes.
	GiveUp struct{}

	// PatchTabs tells every tab of the patches that a run of the web lane made.
	PatchTabs struct{ Run int }

	// UpdateTabs tells every tab what to do about a build.
	UpdateTabs struct {
		Build  int
		CSS    []string // URL paths to swap
		Reload bool
		Hot    bool // the scripts that are served now hold the patches
		Reason string
		App    string // the ID of the running binary
		Phase  Phase  // empty: unchanged
		Down   bool   // no generation takes requests
	}

	// ShowPhase tells every tab what the server is doing.
	ShowPhase struct {
		Phase Phase
		Build int
		Down  bool // no generation takes requests
	}

	// ShowProblems tells every tab what is wrong.
	ShowProblems struct{ Problems []problem.Problem }

	// Report shows people and scripts the outcome of a batch.
	Report struct{ Outcome Outcome }

	// Tell gives people and scripts a message.
	Tell struct{ Message Message }
)

// Do implements Action.
func (a StartGenerate) Do(p Performer)  { p.StartGenerate(a) }
func (a StartGo) Do(p Performer)        { p.StartGo(a) }
func (a StartWeb) Do(p Performer)       { p.StartWeb(a) }
func (a StartText) Do(p Performer)      { p.StartText(a) }
func (a CancelLane) Do(p Performer)     { p.CancelLane(a) }
func (a LoadGraph) Do(p Performer)      { p.LoadGraph(a) }
func (a PruneBinaries) Do(p Performer)  { p.PruneBinaries(a) }
func (a CheckTypes) Do(p Performer)     { p.CheckTypes(a) }
func (a SeedApp) Do(p Performer)        { p.SeedApp(a) }
func (a Publish) Do(p Performer)        { p.Publish(a) }
func (a ReplaceApp) Do(p Performer)     { p.ReplaceApp(a) }
func (a AbandonReplace) Do(p Performer) { p.AbandonReplace(a) }
func (a RestartLater) Do(p Performer)   { p.RestartLater(a) }
func (a ReleaseLater) Do(p Performer)   { p.ReleaseLater(a) }
func (a ExpectApp) Do(p Performer)      { p.ExpectApp(a) }
func (a GiveUp) Do(p Performer)         { p.GiveUp(a) }
func (a PatchTabs) Do(p Performer)      { p.PatchTabs(a) }
func (a UpdateTabs) Do(p Performer)     { p.UpdateTabs(a) }
func (a ShowPhase) Do(p Performer)      { p.ShowPhase(a) }
func (a ShowProblems) Do(p Performer)   { p.ShowProblems(a) }
func (a Report) Do(p Performer)         { p.Report(a) }
func (a Tell) Do(p Performer)           { p.Tell(a) }
