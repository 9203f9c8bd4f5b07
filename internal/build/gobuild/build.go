package gobuild

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/calendsync/devtool/internal/build/group"
	"github.com/calendsync/devtool/internal/problem"
)

// Options says what to build and how. It must not change after [New].
type Options struct {
	Dir     string // where the go command runs: the project's root, absolute
	Package string // the main package: an import path or ./relative; empty means Dir
	Tags    []string
	Race    bool
	LDFlags string   // added to ours
	GCFlags string   // as -gcflags
	Flags   []string // further flags of go build; they win over ours
	Env     []string // the full environment of the commands; nil means our own
	Debug   bool     // for a debugger: not optimised unless GCFlags say so, DWARF kept
	Release bool     // build for production: no symbols, no paths of this machine, stamped with the commit
	Fast    bool     // rebuild without the go command where that leads to the same program

	// Overlay is a file for the -overlay flag of the go command. It names files
	// that replace those of the project or are added to them.
	Overlay string

	// Command, such as a call of make or mage, builds instead of go build and
	// writes the binary Output. Neither is interpreted by a shell.
	Command []string
	Output  string // relative to Dir

	// TempDir receives the binaries. The caller creates and removes it.
	TempDir string

	// Spawn starts a command in a process group of its own, so that whoever kills
	// leftovers can register it. wait must be the command's Wait. The Builder
	// kills the group when a build is cancelled. Nil: start it plainly.
	Spawn func(*exec.Cmd) (wait func() error, err error)
}

// Builder is the Go lane: it builds one main package, one build at a time.
type Builder struct {
	options Options
	fast    fast
	known   knownGraph
}

// New returns a Builder for one main package. It starts nothing.
func New(options Options) *Builder {
	if options.Env == nil {
		options.Env = os.Environ()
	}
	if options.Spawn == nil {
		options.Spawn = group.Start
	}
	if options.Package == "" {
		options.Package = "."
	}
	return &Builder{options: options}
}

// Result is the outcome of one build.
type Result struct {
	Binary  string // absolute, in TempDir; empty unless the build succeeded
	BuildID string // equal for binaries that behave the same; empty without Binary
	// Diagnostics say what is wrong with the user's code: errors if the build
	// failed, warnings if it succeeded.
	Diagnostics []problem.Problem
	Took        time.Duration
	Fast        bool   // the go command was not needed
	Slow        string // why it was, if it was and a fast build was thinkable
	Canceled    bool   // ctx ended first; nothing else but Took is set
	Err         error  // not the fault of the code; often an [*Error], which has a hint
}

// Build compiles and links the package into TempDir as app-<number>, never over
// another binary. When ctx ends, the whole process group is killed and gone
// before Build returns.
func (g *Builder) Build(ctx context.Context, number int) Result {
	start := time.Now()
	defer g.fast.work.hold()()
	result := g.build(ctx, filepath.Join(g.options.TempDir, binaryName(number)))
	if ctx.Err() != nil {
		result = Result{Canceled: true}
	}
	result.Took = time.Since(start)
	if result.Binary == "" {
		os.Remove(filepath.Join(g.options.TempDir, binaryName(number)))
	}
	return result
}

func (g *Builder) build(ctx context.Context, binary string) Result {
	slow, ok := g.buildFast(ctx, binary)
	if ok {
		id, err := buildID(binary)
		return Result{Binary: binary, BuildID: id, Diagnostics: g.fast.warnings, Err: err, Fast: true}
	}
	result := g.buildSlowly(ctx, binary)
	result.Slow = slow
	return result
}

// buildSlowly builds with the go command or the project's own.
func (g *Builder) buildSlowly(ctx context.Context, binary string) Result {
	g.known.forget()
	compile := g.goBuild
	if len(g.options.Command) > 0 {
		compile = g.ownCommand
	}
	diagnostics, ok, err := compile(ctx, binary)
	if err != nil {
		return Result{Err: err}
	}
	if !ok {
		return Result{Diagnostics: diagnostics}
	}
	diagnostics = slices.DeleteFunc(diagnostics, chatter)
	for i := range diagnostics {
		diagnostics[i].Severity = problem.Warning // what does not stop the build is not an error
	}
	id, err := buildID(binary)
	if err != nil {
		return Result{Diagnostics: diagnostics, Err: err}
	}
	g.fast.built(binary, diagnostics)
	return Result{Binary: binary, BuildID: id, Diagnostics: diagnostics}
}

// goBuild runs go build. ok reports whether the binary was written.
func (g *Builder) goBuild(ctx context.Context, binary string) (_ []problem.Problem, ok bool, _ error) {
	work, err := g.workDir()
	if err != nil {
		return nil, false, err
	}
	defer os.RemoveAll(work)
	scratch := []string{"GOTMPDIR=" + work, "TMPDIR=" + work, "TMP=" + work, "TEMP=" + work}
	cmd, err := g.command(ctx, scratch, "go", g.buildArgs(binary)...)
	if err != nil {
		return nil, false, err
	}
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	ok, err = g.run(ctx, cmd)
	if err != nil {
		return nil, false, err
	}
	diagnostics := goDiagnostics(g.options.Dir, stdout.String(), stderr.String())
	if ok {
		return diagnostics, true, nil
	}
	if err := goFailure(diagnostics); err != nil {
		return nil, false, err
	}
	return ensureError(diagnostics, "go build failed", stderr.String()), false, nil
}

// ownCommand runs the user's build command and copies its output, because the
// command may overwrite that while the app runs.
func (g *Builder) ownCommand(ctx context.Context, binary string) (_ []problem.Problem, ok bool, _ error) {
	argv := g.options.Command
	var env []string
	if g.options.Overlay != "" { // reaches the go command below make and mage
		flags := getenv(g.options.Env, "GOFLAGS") + " '-overlay=" + g.options.Overlay + "'"
		env = []string{"GOFLAGS=" + strings.TrimSpace(flags)}
	}
	cmd, err := g.command(ctx, env, argv[0], argv[1:]...)
	if err != nil {
		return nil, false, err
	}
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	ok, err = g.run(ctx, cmd)
	if err != nil {
		return nil, false, err
	}
	diagnostics := locateAll(g.options.Dir, located(parseGoOutput(output.String())))
	if !ok {
		return ensureError(diagnostics, strings.Join(argv, " ")+" failed", output.String()), false, nil
	}
	if err := copyExecutable(g.path(g.options.Output), binary); err != nil {
		return nil, false, fmt.Errorf("take over the output of %s: %w", argv[0], err)
	}
	return diagnostics, true, nil
}

func (g *Builder) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(g.options.Dir, name)
}

// buildArgs returns the arguments of go build.
func (g *Builder) buildArgs(binary string) []string {
	return slices.Concat([]string{"build", "-json", "-o", binary}, g.buildFlags(), []string{g.options.Package})
}

// buildFlags returns the flags of go build that say what is built and how. The
// user's own come last, because the last of equal flags wins.
func (g *Builder) buildFlags() []string {
	o := g.options
	var args []string
	ours := "-w"
	switch {
	case o.Release:
		ours = "-s"
		args = append(args, "-trimpath")
	case o.forDebugger():
		ours = ""
		fallthrough
	default:
		args = append(args, "-buildvcs=false")
	}
	if o.Overlay != "" {
		args = append(args, "-overlay="+o.Overlay)
	}
	if flags := linkFlags(ours, o.LDFlags, getenv(o.Env, "GOFLAGS")); flags != "" {
		args = append(args, "-ldflags="+flags)
	}
	switch {
	case o.GCFlags != "":
		args = append(args, "-gcflags="+o.GCFlags)
	case o.Debug && !o.Release:
		args = append(args, "-gcflags=all=-N -l")
	}
	return append(args, g.selection()...)
}

// selection returns the flags that decide which files take part. The graph needs
// them too, so that it describes what is built.
func (g *Builder) selection() []string {
	var args []string
	if len(g.options.Tags) > 0 {
		args = append(args, "-tags="+strings.Join(g.options.Tags, ","))
	}
	if g.options.Race {
		args = append(args, "-race")
	}
	args = append(args, g.options.Flags...)
	// Turn off output about progress: every line of output is read as a problem.
	return append(args, "-v=false", "-x=false", "-work=false")
}

// notOptimised matches the compiler flag that is useful only for a debugger.
var notOptimised = regexp.MustCompile(`(^|[\s='"])-N([\s'"]|$)`)

// forDebugger reports whether the binary is for a debugger. A debugger needs
// DWARF, which makes linking take half as long again.
func (o *Options) forDebugger() bool {
	flags := append([]string{"-gcflags=" + o.GCFlags, getenv(o.Env, "GOFLAGS")}, o.Flags...)
	return o.Debug || slices.ContainsFunc(flags, func(flag string) bool {
		_, compiler, found := strings.Cut(flag, "-gcflags=")
		return found && notOptimised.MatchString(compiler)
	})
}

// linkFlags adds our flags, which leave out debugging information, to the user's.
// Those may start with a package pattern ("all=-s"), which must stay first. It
// drops ours if GOFLAGS has -ldflags, which they would silently replace.
func linkFlags(ours, users, goflags string) string {
	if ours == "" || users == "" && strings.Contains(goflags, "-ldflags") {
		return users
	}
	pattern := ""
	if p, rest, ok := strings.Cut(users, "="); ok && !strings.HasPrefix(users, "-") && !strings.ContainsAny(p, " \t") {
		pattern, users = p+"=", rest
	}
	return pattern + strings.TrimSpace(ours+" "+users)
}

// located keeps the diagnostics that name a file. Other lines of the user's own
// command may mean anything.
func located(diagnostics []problem.Problem) []problem.Problem {
	var kept []problem.Problem
	for _, d := range diagnostics {
		if d.File != "" {
			kept = append(kept, d)
		}
	}
	return kept
}

// ensureError adds the end of the output as a diagnostic if a failed build named
// no error, because something must be shown.
func ensureError(diagnostics []problem.Problem, text, output string) []problem.Problem {
	const tail = 20
	for _, d := range diagnostics {
		if d.Severity == problem.Error {
			return diagnostics
		}
	}
	lines := strings.FieldsFunc(output, func(r rune) bool { return r == '\n' || r == '\r' })
	lines = lines[max(0, len(lines)-tail):]
	return append(diagnostics, problem.Problem{Source: problem.Go, Severity: problem.Error, Text: text, Notes: lines})
}
